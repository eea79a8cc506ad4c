#include "client/ctl_ec_config.hpp"

#include <cerrno>
#include <cstring>
#include <fstream>
#include <iterator>

#include "client/capture.hpp"
#include "client/ec/conf/clp_conf.hpp"
#include "client/ec/script.hpp"
#include "client/oneshot.hpp"
#include "client/say.hpp"
#include "common/json.hpp"

namespace vmha::client {
namespace {

constexpr JsonLimits answer_limits{.bytes = 16 << 20};

Result<std::vector<ec::VmTimes>> read_times(const std::string& text) {
    const auto answer = parse_json(text, answer_limits);
    if (answer.has_error()) return answer.error();
    const auto vms = answer->find("vms");
    if (vms == answer->end() || !vms->is_object())
        return Error{Errc::bad_reply, "there is no object 'vms' in it"};
    std::vector<ec::VmTimes> times;
    for (const auto& [name, settings] : vms->items()) {
        const auto start = get_integer(settings, "start_timeout_s");
        const auto stop = get_integer(settings, "stop_timeout_s");
        if (!start || !stop) return Error{Errc::bad_reply, "the times of " + name + " are missing in it"};
        times.push_back({name, *start, *stop});
    }
    return times;
}

// vmhad's own words about a bad configuration have gone to stderr already.
Result<std::vector<ec::VmTimes>> ask_vmhad(const EcConfigOptions& options) {
    const std::string program = find_vmhad();
    if (program.empty())
        return Error{Errc::io,
                     "there is no vmhad beside this program or in /usr/sbin to read " + options.config};
    const auto answer =
        capture({program, "--check-config", "--json", "--config", options.config}, answer_limits.bytes);
    if (answer.has_error()) return answer.error();
    if (answer->exit_code != 0) return Error{Errc::invalid_input, "vmhad refuses " + options.config};
    const auto times = read_times(answer->text);
    if (times.has_error())
        return Error{Errc::bad_reply, "cannot read the answer of " + program + ": " + times.error().message};
    return *times;
}

Result<> compare_with(const std::string& file, ec::Plan& plan) {
    std::ifstream in(file, std::ios::binary);
    const std::string text{std::istreambuf_iterator<char>(in), {}};
    if (!in) return Error{Errc::invalid_input, "cannot read " + file + ": " + std::strerror(errno)};
    const auto found = ec::read_clp_conf(text);
    if (found.has_error())
        return Error{Errc::invalid_input, "cannot read " + file + ": " + found.error().message};
    ec::compare(plan, *found);
    return {};
}

ExitCode complain_of(const Error& error) {
    complain("vmhactl: " + printable(error.message) + "\n");
    return error.code == Errc::invalid_input ? ExitCode::usage : ExitCode::failed;
}

}  // namespace

ExitCode ctl_ec_config(const EcConfigOptions& options) {
    const auto times = ask_vmhad(options);
    if (times.has_error()) return complain_of(times.error());
    ec::Plan plan = ec::make_plan(*times, options.vms, options.wish);
    if (!options.check.empty())
        if (const auto compared = compare_with(options.check, plan); compared.has_error())
            return complain_of(compared.error());
    for (const std::string& warning : plan.warnings) complain("warning: " + printable(warning) + "\n");
    if (plan.problems.empty()) {
        print(ec::script(plan, printable(options.config)));
        return ExitCode::ok;
    }
    for (const std::string& problem : plan.problems) complain(printable(problem) + "\n");
    complain("vmhactl: " + std::to_string(plan.problems.size()) + " problem" +
             (plan.problems.size() == 1 ? "" : "s") + ", no commands are printed\n");
    return ExitCode::usage;
}

}  // namespace vmha::client
