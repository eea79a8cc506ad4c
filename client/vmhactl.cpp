// vmhactl: what people use to look at vmhad and to act through it. It never talks to a host.
#include <CLI/CLI.hpp>
#include <csignal>
#include <cstdlib>
#include <map>
#include <sstream>

#include "client/ctl.hpp"
#include "client/ctl_ec_config.hpp"
#include "client/ctl_import.hpp"
#include "client/say.hpp"
#include "common/ids.hpp"
#include "common/log_line.hpp"

namespace vmha::client {
namespace {

// What the words of the command line mean; CLI11 fills it.
struct Words {
    CtlOptions options;
    ImportOptions import;
    EcConfigOptions ec_config;
    std::vector<std::string> vms;
    std::string name;
    bool all = false;
    bool follow = false;
    bool quiet = false;
    // Longer than systemd takes to end a daemon that hangs and to start the next one, which answers then; and
    // shorter than its own patience with a reload.
    int64_t reload_timeout_s = 60;
    std::optional<int64_t> for_s;
    std::optional<int64_t> timeout_s;
    std::function<ExitCode()> command;
};

const CLI::Validator name_check(
    [](std::string& text) {
        return is_valid_name(text) ? "" : "'" + text + "' is not a name of a VM or a host";
    },
    "NAME");

constexpr int64_t seconds_max = 86'400;

CLI::App* command(CLI::App& app, Words& words, const char* name, const char* text,
                  std::function<ExitCode()> what) {
    CLI::App* const added = app.add_subcommand(name, text);
    added->callback([&words, what = std::move(what)] { words.command = what; });
    return added;
}

void add_reading(CLI::App& app, Words& words) {
    command(app, words, "status", "node, hosts, datastores and VMs at a glance",
            [&words] { return ctl_status(words.options); });
    command(app, words, "hosts", "the links to the hosts", [&words] { return ctl_hosts(words.options); });
    command(app, words, "vms", "all configured VMs", [&words] { return ctl_vms(words.options); });
    command(app, words, "vm", "one VM, as each host sees it",
            [&words] { return ctl_vm(words.options, words.name); })
        ->add_option("VM", words.name)
        ->required()
        ->check(name_check);
    command(app, words, "events", "what happened lately", [&words] {
        return ctl_events(words.options, words.follow);
    })->add_flag("-f,--follow", words.follow, "stay and show what happens");
    command(app, words, "check", "the monitor's verdict; no VM: all that are active on this node",
            [&words] { return ctl_check(words.options, words.vms); })
        ->add_option("VM", words.vms)
        ->check(name_check);
}

void add_operation(CLI::App& app, Words& words, Action action) {
    CLI::App* const added =
        command(app, words, action == Action::start ? "start" : "stop",
                action == Action::start ? "start VMs here and show the progress"
                                        : "stop VMs here and show the progress",
                [&words, action] { return ctl_operate(words.options, action, words.vms, words.timeout_s); });
    added->add_option("VM", words.vms)->required()->check(name_check);
    added->add_option("--timeout", words.timeout_s, "seconds for the whole operation; default: each VM's own")
        ->check(CLI::Range(int64_t{1}, seconds_max));
}

CLI::App* add_pausing(CLI::App& app, Words& words, const char* name, const char* text,
                      std::function<ExitCode()> what) {
    CLI::App* const added = app.add_subcommand(name, text);
    CLI::Option* const vms = added->add_option("VM", words.vms)->check(name_check);
    added->add_flag("--all", words.all, "every configured VM")->excludes(vms);
    added->callback([&words, what = std::move(what)] {
        if (words.vms.empty() && !words.all) throw CLI::RequiredError("VM or --all");
        words.command = what;
    });
    return added;
}

void add_acting(CLI::App& app, Words& words) {
    add_operation(app, words, Action::start);
    add_operation(app, words, Action::stop);
    add_pausing(app, words, "pause", "stop judging VMs: their verdict is healthy until resumed",
                [&words] { return ctl_pause(words.options, words.vms, words.for_s); })
        ->add_option("--for", words.for_s, "resume by itself after so many seconds")
        ->check(CLI::Range(int64_t{1}, seconds_max));
    add_pausing(app, words, "resume", "judge VMs again",
                [&words] { return ctl_resume(words.options, words.vms); });
    CLI::App* const reload =
        command(app, words, "reload", "read the configuration anew; everything under way goes on",
                [&words] { return ctl_reload(words.options, words.quiet, words.reload_timeout_s); });
    reload->add_flag("-q,--quiet", words.quiet,
                     "print nothing where it was taken, one line where it was refused");
    reload->add_option("--timeout", words.reload_timeout_s, "seconds to wait for vmhad's answer")
        ->capture_default_str()
        ->check(CLI::Range(int64_t{1}, seconds_max));
    command(app, words, "retry-login", "allow one more login after a wrong password",
            [&words] { return ctl_retry_login(words.options, words.name); })
        ->add_option("HOST", words.name)
        ->required()
        ->check(name_check);
}

void add_import(CLI::App& app, Words& words) {
    ImportOptions& into = words.import;
    CLI::App* const added =
        app.add_subcommand("import", "make a configuration of today's start.sh, stop.sh and genw.sh");
    added->callback([&words] {
        if (words.options.json) throw CLI::ExcludesError("import", "--json");
        words.command = [&words] { return ctl_import(words.import); };
    });
    added->add_option("PATH", into.paths, "scripts, or directories such as /opt/nec/clusterpro/scripts")
        ->required();
    added->add_option("--name", into.names.vms, "the VM's name; of several, OLD=NEW, as often as needed")
        ->allow_extra_args(false);
    added->add_option("--node", into.names.nodes, "a node's name, twice, in the order of EC1 and EC2")
        ->allow_extra_args(false);
    added->add_option("--host", into.names.hosts, "a host's name, twice, in the order of VMK1 and VMK2")
        ->allow_extra_args(false);
    added->add_option("--identity", into.keys.identity,
                      "the key to log in with; default: /root/.ssh/id_rsa, else id_ecdsa");
    added->add_option("--known-hosts", into.keys.known_hosts, "where the hosts' keys are")
        ->capture_default_str();
    added->add_option("--output", into.output, "the folder of the configuration")->capture_default_str();
    added->add_flag("--force", into.force, "replace files that are there already");
    added->add_flag("--dry-run", into.dry_run, "print the files, write nothing");
}

void add_ec_config(CLI::App& app, Words& words) {
    EcConfigOptions& into = words.ec_config;
    CLI::App* const added = app.add_subcommand(
        "ec-config", "print the commands that make a resource and a monitor of each VM in EXPRESSCLUSTER");
    added->callback([&words] {
        if (words.options.json) throw CLI::ExcludesError("ec-config", "--json");
        words.command = [&words] { return ctl_ec_config(words.ec_config); };
    });
    added->add_option("VM", into.vms, "default: all that are configured")->check(name_check);
    added->add_option("--group", into.wish.group, "the failover group")->capture_default_str();
    added->add_option("--depends", into.wish.depends, "the resource that exports the iSCSI target")
        ->capture_default_str();
    const std::map<std::string, ec::Recovery> recoveries{{"failover", ec::Recovery::failover},
                                                         {"restart-first", ec::Recovery::restart_first}};
    added
        ->add_option("--recovery", into.wish.recovery,
                     "failover, or restart-first: restart the VM once before")
        ->transform(CLI::Transformer(recoveries).description(""))
        // Looked at first: a CheckedTransformer would take the numbers behind the words, too.
        ->transform(CLI::IsMember({"failover", "restart-first"}).description(""))
        ->default_str("failover")
        ->type_name("WORD");
    added->add_option("--log-dir", into.wish.log_dir, "where the output of the scripts goes")
        ->capture_default_str();
    added->add_option("--interval", into.wish.interval_s, "seconds between two looks of the monitor")
        ->capture_default_str()
        ->check(CLI::Range(int64_t{1}, int64_t{999}));
    added->add_option("--genw-timeout", into.wish.genw_timeout_s, "seconds that vmha-genw may take")
        ->capture_default_str()
        ->check(CLI::Range(int64_t{5}, int64_t{999}));
    added->add_option("--config", into.config, "vmhad's configuration, for the VMs and their times")
        ->capture_default_str();
    added->add_option("--check", into.check, "a clp.conf of the cluster to compare with");
}

int run(int argc, char** argv) {
    Words words;
    CLI::App app("Shows what vmhad knows, and starts, stops and pauses VMs through it.", "vmhactl");
    app.fallthrough();  // options may stand anywhere
    app.require_subcommand(1);
    app.set_version_flag("--version", "vmhactl " VMHA_VERSION);
    app.add_flag("--json", words.options.json, "print vmhad's JSON instead of tables");
    app.add_option("--socket", words.options.socket, "default: $VMHAD_SOCKET, else /run/vmhad/vmhad.sock");
    add_reading(app, words);
    add_acting(app, words);
    add_import(app, words);
    add_ec_config(app, words);
    try {
        app.parse(argc, argv);
    } catch (const CLI::ParseError& error) {
        std::ostringstream out;
        std::ostringstream err;
        const int code = app.exit(error, out, err);
        print(out.str());
        // A word that it does not know is only a missing command to the parser.
        if (code != 0 && app.get_subcommands().empty() && !app.remaining().empty())
            err.str("vmhactl: no such command or option: " + printable(app.remaining().front()) +
                    "\nRun with --help for more information.\n");
        complain(err.str());
        return static_cast<int>(code == 0 ? ExitCode::ok : ExitCode::usage);
    }
    words.options.socket = choose_socket(words.options.socket, std::getenv("VMHAD_SOCKET"));
    return static_cast<int>(words.command());
}

}  // namespace
}  // namespace vmha::client

int main(int argc, char** argv) {
    std::signal(SIGPIPE, SIG_IGN);
    try {
        return vmha::client::run(argc, argv);
    } catch (const std::exception& error) {
        vmha::client::complain(std::string("vmhactl: ") + error.what() + "\n");
        return static_cast<int>(vmha::ExitCode::failed);
    }
}
