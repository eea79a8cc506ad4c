#include "daemon/shell/write_scripts.hpp"

namespace vmha::shell {

namespace {

std::string word_of(core::Kill kill) {
    switch (kill) {
        case core::Kill::soft: return "soft";
        case core::Kill::hard: return "hard";
        case core::Kill::force: break;
    }
    return "force";
}

}  // namespace

Script kill_script(const core::Write& order, const std::vector<std::string>& spellings) {
    // The name of a volume is a link to its uuid, which is how processes spell it.
    const std::string volume = quoted("/vmfs/volumes/" + order.path.volume);
    std::string ours = "\"$p\"/" + quoted(order.path.file);
    for (const auto& spelling : spellings) ours += " " + quoted(spelling);
    Script script;
    script.line("x=esxcli; l=$($x vm process list </dev/null); r=$?");
    script.line("[ $r = 0 ] || { x=localcli; l=$($x vm process list </dev/null); r=$?; }");
    script.line("b list; e list $r");
    script.line("p=$(cd " + volume + " 2>/dev/null && pwd -P)");
    script.line("w=; c=; o=");
    script.line("while read -r t; do case \"$t\" in");
    script.line("'World ID: '*) w=${t#World ID: } ;;");
    script.line("'Config File: '*) [ \"$w\" = " + quoted(order.world_id) + " ] && c=${t#Config File: } ;;");
    script.line("esac; done <<EOT\n$l\nEOT");
    script.line("for f in " + ours + "; do [ \"$c\" = \"$f\" ] && o=1; done");
    script.line("if [ $r != 0 ]; then :");
    script.line("elif [ -n \"$o\" ]; then s kill $x vm process kill --type=" + word_of(order.kill) +
                " --world-id=" + quoted(order.world_id));
    script.line("else b other; echo \"$c\"; e other 0; fi");
    return script;
}

Script rescan_script(const core::Write& order) {
    const std::string rescan = "esxcli storage core adapter rescan ";
    Script script;
    if (order.adapter.empty()) {
        script.run("all", rescan + "--all");
    } else {
        script.line("r=0; b adapter; " + rescan + "--adapter " + quoted(order.adapter) +
                    " </dev/null || r=$?");
        script.line("e adapter $r");
        // It may have been given another name, as after a reinstallation.
        script.line("[ $r = 0 ] || s all " + rescan + "--all");
    }
    script.run("volumes", "vmkfstools -V");
    return script;
}

Script Detached::begin(const std::string& vmid) const {
    Script script;
    script.line("b begin; umask 077; mkdir " + folder + "; r=$?");
    script.line("[ $r = 0 ] && ( trap '' HUP; d=" + folder);
    script.line("vim-cmd vmsvc/power.on " + quoted(vmid) +
                " >$d/out 2>$d/err; echo $? >$d/new; mv $d/new $d/status");
    // Whoever asked may not come back for it.
    script.line("i=0; while [ -e $d/status ] && [ $i -lt 180 ]; do sleep 5; i=$((i+1)); done");
    script.line("rm -rf $d ) </dev/null >/dev/null 2>&1 &");
    script.line("e begin $r");
    return script;
}

Script Detached::ask() const {
    Script script;
    script.line("d=" + folder +
                "; if [ -e $d/status ]; then b end; cat $d/out; cat $d/err >&2; e end $(cat $d/status)");
    script.line("rm -rf $d; fi");
    return script;
}

Script Detached::forget() const {
    return Script().line("rm -rf " + folder);
}

Detached detached() {
    return {"/tmp/" + random_marker()};
}

}  // namespace vmha::shell
