// The commands of one host, as who has logged in by SSH finds them: vim-cmd, esxcli, localcli, vmkfstools,
// and those of cat, ls, cd, test and /etc/init.d/SSH that concern what only the host has. Pure: no sockets
// and no clock; what a command prints is handed to the function given with it, at once or later.
#pragma once
#include <chrono>
#include <functional>
#include <list>
#include <map>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "tests/simulator/model/site.hpp"
#include "tests/simulator/shell/texts.hpp"

namespace vmha::sim {

using Argv = std::vector<std::string>;

// What a command prints, piece by piece; the last piece has the exit status.
struct Printed {
    std::string out = {};
    std::string err = {};
    std::optional<int> status = {};
};

// Owned by the front; the site must outlive it. The owner calls publish() after whatever may have changed the
// site: then commands that wait for a task get on.
class Shell {
public:
    using OnPrint = std::function<void(const Printed&)>;
    using Ticket = uint64_t;  // of a command that waits; 0: it has ended

    struct Outside {
        std::chrono::system_clock::time_point began;  // the wall clock at the site's time 0
        // The text of a .vmx, by its path in the datastore.
        std::function<std::optional<std::string>(const std::string& path)> vmx;
        std::function<bool()> ssh_runs;
    };
    Shell(site::Site& site, site::HostId host, Outside outside);

    Ticket run(const Argv& argv, OnPrint on_print);
    void drop(Ticket ticket);  // nobody listens any more; its task goes on
    void publish();
    void forget_everything();  // the host's power is gone

    // By which names the rules for faults know it: its own, such as vim-cmd:vmsvc/power.on or
    // esxcli:vm/process/list, and that of the API's method that does the same, if any.
    static std::vector<std::string> rule_names(const Argv& argv);
    static std::string rule_object(const Argv& argv);  // the vmid, or empty

    // What the command prints for a fault that somebody wants it to have.
    Printed refused(const Argv& argv, const site::Fault& fault) const;
    Printed hostd_is_away() const;
    bool needs_hostd(const Argv& argv) const;

    Texts& texts() { return texts_; }
    size_t waiting() const { return waits_.size(); }

private:
    // Goes on when the task has ended; nullptr: the task is forgotten, as after a restart of hostd.
    struct Pending {
        std::string task;
        std::string printed;  // at once
        std::function<Printed(const site::Task*)> end;
    };
    using Outcome = std::variant<Printed, Pending>;
    using Handler = Outcome (Shell::*)(const Argv& arguments);
    struct Command {
        Handler run;
        size_t arguments = 0;          // at least
        const char* method = nullptr;  // of the API, for the rules
    };
    struct Wait {
        Ticket ticket;
        Pending pending;
        OnPrint on_print;
    };
    static const std::map<std::string, Command>& vim_commands();
    static const std::map<std::string, Command>& esxcli_commands();
    static std::string esxcli_name(const Argv& argv);
    Outcome start(const Argv& argv);
    Outcome vim_cmd(const Argv& argv);
    Outcome esxcli(const Argv& argv);

    // --- what they share
    const site::Host& host() const { return site_.host(id_); }
    const std::map<int, site::Vm>& vms() const;  // nothing while hostd is still loading
    const site::Vm* vm(const std::string& number) const;
    const site::VmFiles* config(const site::Vm& vm) const;  // nullptr: it cannot be read
    std::string volume_path(const std::string& path) const;
    std::string datastore_path(const std::string& path) const { return site_.datastore_path(id_, path); }
    // The path in the datastore that this host sees now; nullopt: not there.
    std::optional<std::string> inside_volume(const std::string& path) const;
    std::string wall(site::Time time) const;
    bool old() const { return texts_.is("fields", "old"); }
    Printed fault(const site::Fault& fault, const std::string& before = "") const;
    Printed no_vm(const std::string& number) const;
    site::Fault with_question_id(site::Fault fault, const std::string& number) const;

    // --- vim-cmd
    Outcome getallvms(const Argv&);
    Outcome get_summary(const Argv&);
    Outcome get_config(const Argv&);
    Outcome power_getstate(const Argv&);
    Outcome power(const Argv&, site::Verb verb, const std::string& begins, const std::string& fails);
    Outcome power_on(const Argv&);
    Outcome power_off(const Argv&);
    Outcome power_reset(const Argv&);
    Outcome power_suspend(const Argv&);
    Outcome power_shutdown(const Argv&);
    Outcome power_reboot(const Argv&);
    Outcome message(const Argv&);
    Outcome unregister(const Argv&);
    Outcome get_tasklist(const Argv&);
    Outcome register_vm(const Argv&);
    Outcome task_info(const Argv&);
    Outcome task_cancel(const Argv&);
    Outcome license(const Argv&);
    Outcome host_summary(const Argv&);
    Outcome autostart_sequence(const Argv&);
    Outcome autostart_defaults(const Argv&);
    std::string question_id(const site::Question& question) const;
    std::string print_question(const site::Question& question) const;

    // --- esxcli
    Outcome extent_list(const Argv&);
    Outcome snapshot_list(const Argv&);
    Outcome path_list(const Argv&);
    Outcome adapter_list(const Argv&);
    Outcome adapter_rescan(const Argv&);
    Outcome filesystem_list(const Argv&);
    Outcome filesystem_rescan(const Argv&);
    Outcome process_list(const Argv&);
    Outcome process_kill(const Argv&);
    Outcome nic_list(const Argv&);
    Outcome portgroup_list(const Argv&);
    Outcome version_get(const Argv&);
    Outcome maintenance_get(const Argv&);
    Outcome hostname_get(const Argv&);
    Outcome memory_get(const Argv&);
    std::vector<const site::Vm*> processes() const;

    // --- the rest
    Outcome vmkfstools(const Argv&);
    Printed lock_of(const std::string& file) const;
    Printed active_hosts(const std::string& volume) const;
    Outcome cat(const Argv&);
    Outcome ls(const Argv&);
    Outcome test(const Argv&);
    Outcome folder(const Argv&);
    Outcome ssh_service(const Argv&);
    std::optional<std::string> read(const std::string& path) const;
    // nullopt: no such folder.
    std::optional<std::vector<std::string>> list(const std::string& path) const;
    bool has_file(const std::string& path) const;
    std::string inventory_xml() const;

    site::Site& site_;
    site::HostId id_;
    Outside outside_;
    Texts texts_;
    std::list<Wait> waits_;
    Ticket last_ticket_ = 0;
};

}  // namespace vmha::sim
