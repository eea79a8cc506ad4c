#include "client/ec/script.hpp"

#include <algorithm>

namespace vmha::ec {
namespace {

// One clpcfset command of a resource or monitor; `why` becomes a comment above it where there is one.
struct Setting {
    std::string_view key;
    std::string value;
    std::string_view why = {};
};

std::string seconds(int64_t value) {
    return std::to_string(value);
}

// `text` as comment lines of at most 100 columns.
std::string comment(std::string_view text) {
    constexpr size_t width = 98;
    std::string out;
    while (!text.empty()) {
        size_t length = text.size() <= width ? text.size() : text.rfind(' ', width);
        if (length == std::string_view::npos || length == 0) length = std::min(text.find(' '), text.size());
        out += "# " + std::string(text.substr(0, length)) + "\n";
        text.remove_prefix(std::min(length + 1, text.size()));
    }
    return out;
}

std::string settings(std::string_view command, const std::vector<Setting>& list) {
    size_t width = 0;
    for (const Setting& one : list) width = std::max(width, one.key.size());
    std::string out;
    for (const Setting& one : list) {
        if (!one.why.empty()) out += comment(one.why);
        out += std::string(command) + ' ' + std::string(one.key) +
               std::string(width - one.key.size() + 1, ' ') + shell_word(one.value) + "\n";
    }
    return out;
}

// A script of the cluster, written by a here-document; 'EOF' in quotes: nothing in it is expanded.
std::string file(const std::string& path, std::string_view about, const std::string& command) {
    return "cat >" + path + " <<'EOF'\n#!/bin/sh\n" + comment(about) + "exec " + command +
           "\nEOF\nchmod 755 " + path + "\n";
}

// vmha-exec ends after 1770 s unless it is told otherwise.
std::string exec_command(const char* action, const VmGlue& vm, int64_t timeout_s) {
    constexpr int64_t exec_limit_s = 1770;
    std::string command = std::string("/usr/bin/vmha-exec ") + action + " " + vm.vm.name;
    if (timeout_s > exec_limit_s) command += " --timeout " + std::to_string(timeout_s);
    return command;
}

std::string scripts(const Plan& plan, const VmGlue& vm) {
    const std::string resource = "scripts/" + plan.wish.group + "/" + vm.resource;
    const std::string monitor = "scripts/monitor.s/" + vm.monitor;
    return "mkdir -p " + resource + " " + monitor + "\n" +
           file(resource + "/start.sh", "start.sh of the EXEC resource " + vm.resource,
                exec_command("start", vm, vm.vm.start_timeout_s)) +
           file(resource + "/stop.sh", "stop.sh of the EXEC resource " + vm.resource,
                exec_command("stop", vm, vm.vm.stop_timeout_s)) +
           file(monitor + "/genw.sh", "genw.sh of the custom monitor " + vm.monitor,
                "/usr/bin/vmha-genw " + vm.vm.name + " --timeout " + seconds(plan.wish.genw_timeout_s));
}

std::string resource(const Plan& plan, const VmGlue& vm) {
    const std::string what = "exec " + vm.resource;
    const std::string times =
        "vmhad gives a start up after " + seconds(vm.vm.start_timeout_s) + " s and a stop after " +
        seconds(vm.vm.stop_timeout_s) +
        " s; the script gets 60 s more, and activation and deactivation 180 s more than that.";
    return "clpcfset add rsc      " + plan.wish.group + " " + what + "\n" +
           settings("clpcfset add rscparam " + what,
                    {{"parameters/act/path", "start.sh"},
                     {"parameters/deact/path", "stop.sh"},
                     {"parameters/timeout/start", seconds(vm.start_script_s), times},
                     {"parameters/timeout/stop", seconds(vm.stop_script_s)},
                     {"act/timeout", seconds(vm.activation_s)},
                     {"deact/timeout", seconds(vm.deactivation_s)},
                     {"act/retry", "1",
                      "A failed start is tried once more here, then once on the other node; then it "
                      "stays down."},
                     {"act/fo", "1"},
                     {"act/action", "1"},
                     {"deact/retry", "1",
                      "A failed stop is tried once more; then 4, the default: the node shuts down. "
                      "That does not stop the VM on the host: look there first."},
                     {"deact/action", "4"},
                     {"parameters/userlog", plan.wish.log_dir + "/" + vm.resource + ".log"},
                     {"parameters/logrotate/use", "1"},
                     {"parameters/logrotate/size", "1000000"}}) +
           comment(
               "After what exports the datastore. NEC's VM-add.md says exec-target here, but the page that "
               "makes that resource names it exec-iscsi; --depends names another one.") +
           "clpcfset add rscdep   " + what + " " + plan.wish.depends + "\n";
}

std::vector<Setting> recovery(const Plan& plan, const VmGlue& vm) {
    if (plan.wish.recovery == Recovery::restart_first)
        return {{"relation/type", "rsc", "Recovery: restart the resource once, then move the group."},
                {"relation/name", vm.resource},
                {"emergency/threshold/restart", "1"},
                {"emergency/threshold/fo", "1"},
                {"emergency/action", "1"}};
    return {{"relation/type", "grp", "Recovery: move the group, once; then nothing more."},
            {"relation/name", plan.wish.group},
            {"emergency/threshold/restart", "0"},
            {"emergency/threshold/fo", "1"},
            {"emergency/action", "1"}};
}

std::string monitor(const Plan& plan, const VmGlue& vm) {
    const std::string what = "genw " + vm.monitor;
    const std::string timeout = "vmha-genw answers within " + seconds(plan.wish.genw_timeout_s) +
                                " s, whatever happens; the cluster manager waits at least twice as long.";
    std::vector<Setting> list{
        {"parameters/path", "genw.sh"},
        {"parameters/sync", "1"},
        {"parameters/normalval", "0"},
        {"parameters/userlog", plan.wish.log_dir + "/" + vm.monitor + ".log"},
        {"parameters/logrotate/use", "1"},
        {"parameters/logrotate/size", "1000000"},
        {"polling/timing", "1", "Only while the resource is active."},
        {"target", vm.resource},
        {"polling/interval", seconds(plan.wish.interval_s)},
        {"polling/timeout", seconds(plan.polling_timeout_s), timeout},
        {"polling/reconfirmation", "1"},
        {"firstmonwait", "0"},
        {"emergency/timeout/notreconfirmation/use", "0",
         "The documents disagree on the defaults of these two, so both are set. A monitor that ran out of "
         "time has seen nothing of the VM: it is asked again, and no failover is made of it."},
        {"emergency/timeout/notrecovery/use", "1"}};
    for (Setting& one : recovery(plan, vm)) list.push_back(std::move(one));
    return "clpcfset add mon      " + what + "\n" + settings("clpcfset add monparam " + what, list);
}

std::string vm_names(const Plan& plan) {
    std::string out;
    for (const VmGlue& vm : plan.vms) out += (out.empty() ? "" : ", ") + vm.vm.name;
    return out;
}

std::string head(const Plan& plan, std::string_view config) {
    std::string out = "#!/bin/sh\n";
    out += comment("EXPRESSCLUSTER X: an EXEC resource and a custom monitor in the group " + plan.wish.group +
                   " for " + vm_names(plan) + ".");
    out += comment("Printed by vmhactl ec-config " VMHA_VERSION " with the times of " + std::string(config) +
                   ".");
    out += "#\n";
    out += comment(
        "Read it, then run it as root on ONE node, with the cluster running. It may be run again: it sets "
        "the same values. clpcfset itself checks nothing; 'vmhactl ec-config --check clp.conf' compares "
        "with the file that the first command below fetches.");
    if (!plan.compared) {
        out += "#\n";
        out += comment(
            "WARNING: does this cluster have network partition resolution or forced stop? Without either, "
            "both nodes start the group when they lose sight of each other, and two copies of a VM write "
            "to two copies of its disk. vmhad cannot prevent that.");
    }
    for (const std::string& warning : plan.warnings) out += "#\n" + comment("WARNING: " + warning);
    return out;
}

std::string tail(const Plan& plan) {
    return "\n" +
           comment(
               "To the nodes. Monitoring and failover rest meanwhile, and go on whether or not that worked, "
               "also after Ctrl-C or the end of the terminal.") +
           "resume() {\n"
           "    trap - EXIT\n"
           "    trap '' HUP INT TERM\n"
           "    clpcl --resume && return\n"
           "    echo \"monitoring and failover STILL REST: run clpcl --resume until it works\" >&2\n"
           "    exit 1\n"
           "}\n"
           "# Nothing may come between suspending and what resumes it.\n"
           "trap '' HUP INT TERM\n"
           "if ! clpcl --suspend; then\n"
           "    echo \"clpcl does not suspend the cluster, so nothing was pushed to it\" >&2\n"
           "    exit 1\n"
           "fi\n"
           "trap resume EXIT\n"
           "trap 'exit 1' HUP INT TERM\n"
           "pushed=0\n"
           "clpcfctrl --push -l -x . || pushed=$?\n"
           "resume\n"
           "if [ \"$pushed\" -ne 0 ]; then\n"
           "    echo \"clpcfctrl refused the new configuration; the cluster goes on with the old one\" >&2\n"
           "    exit \"$pushed\"\n"
           "fi\n"
           "echo \"done; the configuration before is $work/clp.conf.before\"\n"
           "\n" +
           comment("The new resources are not active yet. On the node where " + plan.wish.group + " runs:") +
           [&] {
               std::string out;
               for (const VmGlue& vm : plan.vms) out += "#   clprsc -s " + vm.resource + "\n";
               return out;
           }();
}

}  // namespace

std::string shell_word(std::string_view text) {
    constexpr std::string_view plain =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789%+,-./:=@_";
    if (!text.empty() && text.find_first_not_of(plain) == std::string_view::npos) return std::string(text);
    std::string out = "'";
    for (const char c : text)
        if (c == '\'')
            out += "'\\''";
        else
            out += c;
    return out + "'";
}

std::string script(const Plan& plan, std::string_view config) {
    std::string out = head(plan, config);
    out +=
        "set -eu\n"
        "for command in clpcfctrl clpcfset clpcl; do\n"
        "    if ! command -v \"$command\" >/dev/null; then\n"
        "        echo \"$command is not there; clpcfset comes with EXPRESSCLUSTER X 4.3 and later\" >&2\n"
        "        exit 1\n"
        "    fi\n"
        "done\n"
        "\n"
        "work=$(mktemp -d)\n"
        "cd \"$work\"\n"
        "clpcfctrl --pull -l -x .\n"
        "cp clp.conf clp.conf.before\n";
    for (const VmGlue& vm : plan.vms) {
        out += "\n# ---- " + vm.vm.name + "\n" + scripts(plan, vm) + "\n" + resource(plan, vm) + "\n" +
               monitor(plan, vm);
    }
    return out + tail(plan);
}

}  // namespace vmha::ec
