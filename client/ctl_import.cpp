#include "client/ctl_import.hpp"

#include <ifaddrs.h>
#include <netdb.h>
#include <sys/socket.h>

#include <array>
#include <filesystem>

#include "client/import/address.hpp"
#include "client/import/files/tree.hpp"
#include "client/import/texts.hpp"
#include "client/oneshot.hpp"
#include "client/render.hpp"
#include "client/say.hpp"

namespace vmha::client {
namespace {

using migration::NewFile;
using migration::Plan;

void print_understood(const Plan& plan, const migration::Tree& tree) {
    if (!plan.nodes.empty()) print(render_table(migration::node_rows(plan)) + "\n");
    if (!plan.vms.empty()) print(render_table(migration::vm_rows(plan)) + "\n");
    for (const auto& skipped : tree.skipped)
        print("skipped: " + printable(skipped.file) + ": " + skipped.why + "\n");
    for (const auto& note : plan.remarks.notes) print("note: " + printable(note.text()) + "\n");
}

ExitCode complain_problems(const Plan& plan) {
    const auto& problems = plan.remarks.problems;
    for (const auto& problem : problems) complain(printable(problem.text()) + "\n");
    complain("vmhactl: " + std::to_string(problems.size()) + " problem" + (problems.size() == 1 ? "" : "s") +
             ", nothing was written\n");
    return ExitCode::usage;
}

// The files to write; problems and notes go to the plan.
std::vector<NewFile> prepare(Plan& plan, const ImportOptions& options) {
    bool keep_main = false;
    const auto existing = migration::read_existing(options.output, plan.remarks);
    if (existing && !plan.nodes.empty()) keep_main = join(plan, options.names, *existing, options.force);
    std::vector<NewFile> files;
    if (!existing && !plan.nodes.empty() && (options.names.nodes.empty() || options.names.hosts.empty()))
        plan.remarks.note(
            "", 0,
            "the scripts do not tell the names of nodes and hosts: nodes are called ec1 and ec2, hosts by "
            "their addresses, where --node and --host, given twice each, do not say otherwise");
    if (!existing || !keep_main) {
        if (plan.nodes.size() == 2 && (!existing || options.force))
            files = migration::main_files(plan, options.output, options.keys);
    } else {
        plan.remarks.note(existing->file, 0,
                          "is there already with these nodes and stays as it is, and so do its keys");
    }
    for (NewFile& file : migration::vm_files(plan, options.output)) files.push_back(std::move(file));
    migration::leave_unchanged(files, options.force, plan.remarks);
    return files;
}

void print_files(const std::vector<NewFile>& files) {
    for (const NewFile& file : files) {
        print("--- " + printable(file.file) + (file.secret ? " (0600): the private key, not shown\n" : "\n"));
        if (!file.secret) print(file.text);
    }
    print("dry run: nothing was written\n");
}

bool write_files(const std::vector<NewFile>& files, const ImportOptions& options) {
    if (const auto made = migration::make_directory(options.output + "/conf.d"); made.has_error()) {
        complain("vmhactl: " + made.error().message + "\n");
        return false;
    }
    for (const NewFile& file : files) {
        if (const auto placed = migration::place_file(file, options.force || file.over_sample);
            placed.has_error()) {
            complain("vmhactl: " + placed.error().message + "\n");
            return false;
        }
        print("wrote " + printable(file.file) + "\n");
    }
    if (files.empty()) print("nothing to write: everything is there already\n");
    return true;
}

bool is_of_this_machine(const std::string& address) {
    ifaddrs* all = nullptr;
    if (::getifaddrs(&all) != 0) return false;
    bool found = false;
    for (const ifaddrs* one = all; one && !found; one = one->ifa_next) {
        if (!one->ifa_addr) continue;
        const int family = one->ifa_addr->sa_family;
        if (family != AF_INET && family != AF_INET6) continue;
        std::array<char, NI_MAXHOST> text{};
        const socklen_t length = family == AF_INET ? sizeof(sockaddr_in) : sizeof(sockaddr_in6);
        if (::getnameinfo(one->ifa_addr, length, text.data(), text.size(), nullptr, 0, NI_NUMERICHOST) == 0)
            found = migration::same_address(text.data(), address);
    }
    ::freeifaddrs(all);
    return found;
}

// As vmhad itself judges it. Elsewhere than on a node it has to be told to be one.
ExitCode check_result(const Plan& plan, const std::string& main_file) {
    const std::string vmhad = find_vmhad();
    if (vmhad.empty()) {
        print(
            "note: vmhad lies neither beside vmhactl nor in /usr/sbin; check the result by: vmhad "
            "--check-config "
            "--config " +
            printable(main_file) + "\n");
        return ExitCode::ok;
    }
    std::vector<std::string> words{vmhad, "--check-config", "--config", main_file};
    bool here = false;
    for (const auto& node : plan.nodes) here = here || is_of_this_machine(node.address);
    if (!here) {
        words.insert(words.end(), {"--node", plan.nodes.front().name});
        print("note: this machine has the address of no node; checked as if it were " +
              plan.nodes.front().name + "\n");
    }
    if (run_and_wait(words) == 0) return ExitCode::ok;
    complain("vmhactl: vmhad refuses " + printable(main_file) + ", see above\n");
    return ExitCode::usage;
}

void print_next_steps(const ImportOptions& options) {
    print(
        "next:\n"
        "  1. the same on the other node, so that it has its own key; vmhad.json has to be the same on both\n"
        "     (where root has one key on both nodes, copying " +
        printable(options.output) +
        " will do)\n"
        "  2. start vmhad on both nodes; vmhactl hosts has to show both hosts as up on each\n"
        "  3. replace each VM's start.sh, stop.sh and genw.sh by those of vmhad, and apply the cluster's "
        "configuration;\n"
        "     until then the old scripts go on as before\n");
}

std::string without_trailing_slash(std::string path) {
    while (path.size() > 1 && path.ends_with('/')) path.pop_back();
    return path;
}

}  // namespace

ExitCode ctl_import(const ImportOptions& given) {
    ImportOptions options = given;
    std::error_code ignored;
    options.output =
        without_trailing_slash(std::filesystem::absolute(given.output, ignored).lexically_normal());
    migration::Remarks remarks;
    migration::Tree tree = migration::read_tree(options.paths, remarks);
    const auto scripts = migration::read_scripts(tree, remarks);
    Plan plan = migration::make_plan(scripts, options.names, std::move(remarks));
    const std::vector<NewFile> files = prepare(plan, options);
    print_understood(plan, tree);
    if (!plan.good()) return complain_problems(plan);
    if (options.dry_run) {
        print_files(files);
        return ExitCode::ok;
    }
    if (!write_files(files, options)) return ExitCode::failed;
    const ExitCode code = check_result(plan, options.output + "/vmhad.json");
    if (code == ExitCode::ok) print_next_steps(options);
    return code;
}

}  // namespace vmha::client
