#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/signal_set.hpp>
#include <csignal>
#include <map>

#include "common/exit_codes.hpp"
#include "daemon/app.hpp"
#include "daemon/core/health.hpp"
#include "daemon/net/wakeup.hpp"

namespace vmha {
namespace {

// A check waits that long for the first view, then it does not know (vmha-genw allows 20 s in all).
constexpr auto view_limit = core::seconds(10);

// Waits for the answers of the operations, or for a view to judge the VMs by.
class Once : public Listener {
public:
    Once(boost::asio::io_context& io, Engine& engine, run::Log& log, OneshotVerb verb)
        : engine_(engine), log_(log), verb_(verb), bell_(io.get_executor()) {}

    void say(const core::Say&) override {}
    // A check gives each verdict once, when it is over.
    bool for_log(const core::Say& say) const override {
        return verb_ != OneshotVerb::check || say.topic != core::Topic::health;
    }
    void answer(const core::Answer& answer) override {
        answers_[answer.caller] = answer;
        bell_.ring();
    }
    void state_changed() override { bell_.ring(); }

    net::Task<ExitCode> operate(const Options& options) {
        core::CallerId last = 0;
        const auto vms = named(options);
        for (const auto& vm : vms)
            engine_.submit(core::Ask{
                ++last, vm, options.verb == OneshotVerb::start ? core::Kind::start : core::Kind::stop,
                options.timeout, context()});
        while (answers_.size() < last) co_await bell_.wait(net::Deadline::max());
        ExitCode code = ExitCode::ok;
        for (const auto& [caller, answer] : answers_) code = worse(code, report(vms[caller - 1], answer));
        co_return code;
    }

    net::Task<ExitCode> check(const Options& options) {
        const auto limit =
            net::deadline_in(options.timeout ? std::min<core::Duration>(*options.timeout, view_limit)
                                             : core::Duration(view_limit));
        while (!host().complete && !hopeless() && net::BootClock::now() < limit) co_await bell_.wait(limit);
        std::vector<VmName> vms = named(options);
        if (vms.empty())
            for (const auto& [name, vm] : engine_.state().vms)
                if (vm.active) vms.push_back(name);
        if (vms.empty()) log_.info("no VM is active here");
        ExitCode code = ExitCode::ok;
        for (const auto& name : vms) code = worse(code, judge(name));
        co_return code;
    }

private:
    std::vector<VmName> named(const Options& options) const {
        std::vector<VmName> vms = options.vms;
        if (options.all_vms)
            for (const auto& [name, vm] : engine_.state().vms) vms.push_back(name);
        return vms;
    }

    const core::HostView& host() const { return engine_.state().hosts.at(engine_.state().local); }
    bool hopeless() const {
        return host().link != core::Link::connecting && host().link != core::Link::up &&
               host().link != core::Link::down;
    }

    static std::map<std::string, std::string> context() {
        std::map<std::string, std::string> variables;
        for (char** item = environ; *item; ++item) {
            const std::string_view text = *item;
            const size_t equals = text.find('=');
            if (text.starts_with("CLP_") && equals != std::string_view::npos)
                variables.emplace(text.substr(0, equals), text.substr(equals + 1));
        }
        return variables;
    }

    ExitCode report(const VmName& vm, const core::Answer& answer) {
        const std::string after = " (after " + std::to_string(answer.elapsed_ms) + " ms)";
        if (answer.ending == core::Ending::ok) {
            log_.info("done: " + answer.detail + after);
            return ExitCode::ok;
        }
        log_.error(vm.str() + ": " + std::string(word(answer.reason)) + ": " + answer.detail + after);
        if (answer.reason == Reason::unknown_vm) return ExitCode::usage;
        return answer.ending == core::Ending::timeout ? ExitCode::deadline : ExitCode::failed;
    }

    // One look without a history confirms nothing: only what needs no confirmation counts.
    ExitCode judge(const VmName& name) {
        const auto found = engine_.state().vms.find(name);
        if (found == engine_.state().vms.end()) {
            log_.error("no VM '" + name.str() + "' is configured");
            return ExitCode::usage;
        }
        const core::VmState& vm = found->second;
        const auto level = vm.health.verdict == core::Verdict::healthy     ? Level::info
                           : vm.health.verdict == core::Verdict::unhealthy ? Level::error
                           : host().complete                               ? Level::warning
                                                                           : Level::error;
        log_.write(level, core::health_line(vm));
        return vm.health.exit_code;
    }

    Engine& engine_;
    run::Log& log_;
    OneshotVerb verb_;
    net::Wakeup bell_;
    std::map<core::CallerId, core::Answer> answers_;
};

net::Task<> live(boost::asio::io_context& io, const Options& options, Engine& engine, Once& once,
                 ExitCode& code) {
    engine.start();
    if (options.verb == OneshotVerb::check)
        code = co_await once.check(options);
    else
        code = co_await once.operate(options);
    co_await engine.stop();
    io.stop();
}

}  // namespace

int run_oneshot(const Options& options, const Setup& setup, run::Log& log, run::Scrubber& scrubber) {
    boost::asio::io_context io{1};
    Engine engine(io, setup.config, setup.node, options.paths, log, scrubber);
    Once once(io, engine, log, options.verb);
    engine.listen(&once);
    ExitCode code = ExitCode::failed;
    boost::asio::signal_set signals(io, SIGTERM, SIGINT);
    signals.async_wait([&](boost::system::error_code error, int) {
        if (error) return;
        log.error("ends by a signal, before the work is done");
        io.stop();
    });
    boost::asio::co_spawn(io, live(io, options, engine, once, code), boost::asio::detached);
    io.run();
    engine.listen(nullptr);
    return static_cast<int>(code);
}

}  // namespace vmha
