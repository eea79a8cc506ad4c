// The simulated site: hosts, the datastore they share, and everything that can happen there. Pure: no
// sockets, no threads, no clock. Time is what run_until was last told; the same calls always give the same
// site.
//
// A fault is how the site refuses what a client asked; commands of the person at the control (host_power,
// crash …) never fail, they are told which host and VM exist.
#pragma once
#include <functional>
#include <optional>
#include <set>
#include <string>
#include <tuple>
#include <variant>
#include <vector>

#include "tests/simulator/model/host.hpp"

namespace vmha::site {

// What a front has to look at again. Changes are recorded one by one, at the moment they happen.
struct Change {
    enum class What {
        vm,         // the VM with this id
        task,       // the task with this id
        inventory,  // a VM came or went
        host,       // power, network, maintenance
        datastore,  // reachability, files
        sessions,   // a session began, ended or expired
    };
    HostId host;
    What what;
    int vm = 0;
    std::string task = "";
};

template <class T>
using Answer = std::variant<T, Fault>;

class Site {
public:
    explicit Site(SiteConfig config);

    // --- time
    Time now() const { return now_; }
    void run_until(Time now);
    std::optional<Time> next_wake() const;

    // --- who wants to know: called inside the call that makes the change
    std::function<void(const Change&)> on_change = [](const Change&) {};

    // --- looking
    const SiteConfig& config() const { return config_; }
    const std::vector<Host>& hosts() const { return hosts_; }
    const Host& host(HostId id) const { return hosts_[id]; }
    std::optional<HostId> find_host(const std::string& name) const;
    const std::vector<Disk>& disks() const { return disks_; }
    const Disk* disk_of(HostId id) const;  // nullptr: no datastore there now
    const Vm* vm(HostId host, int id) const;
    const Vm* vm_by_path(HostId host, const std::string& path) const;
    const VmFiles* files(HostId host, const Vm& vm) const;
    // "[EC_iSCSI] vm1/vm1.vmx" and "[] /vmfs/volumes/<label or uuid>/vm1/vm1.vmx" -> vm1/vm1.vmx
    Answer<std::string> path_in_datastore(HostId host, const std::string& text) const;
    std::string datastore_path(HostId host, const std::string& path) const;

    // --- sessions
    Answer<Session> login(HostId host, const std::string& user, const std::string& password,
                          const std::string& address, const std::string& agent, const std::string& cookie);
    void logout(HostId host, const std::string& cookie);
    // The live session behind a cookie; counts the call and puts its expiry off. nullptr: none, or expired.
    Session* use_session(HostId host, const std::string& cookie);
    bool is_expired(HostId host, const std::string& cookie) const;  // known, but no longer valid
    void expire_sessions(HostId host, std::optional<ExpiredShape> shape);

    // --- what a client asks. Task ids are returned; whatever goes wrong later is the task's fault.
    std::string register_vm(HostId host, const std::string& path, const std::string& name,
                            const std::string& user, Through through = Through::api);
    std::optional<Fault> unregister_vm(HostId host, int vm, Through through = Through::api);
    std::string power(HostId host, int vm, Verb verb, const std::string& user,
                      Through through = Through::api);
    std::optional<Fault> shutdown_guest(HostId host, int vm, Through through = Through::api);
    void kill(HostId host, std::string path, Kill kill);  // the VM's process, if it listens
    std::optional<Fault> reboot_guest(HostId host, int vm);
    std::optional<Fault> answer(HostId host, int vm, const std::string& question, const std::string& choice);
    void rescan(HostId host);
    std::optional<Fault> cancel_task(HostId host, const std::string& task);
    std::string search(HostId host, const std::string& folder, const std::string& pattern, bool below,
                       const std::string& user);
    std::string change_maintenance(HostId host, Verb verb, const std::string& user);

    // --- what happens to the site
    void host_power(HostId host, bool on);
    void host_network(HostId host, Network network);
    void host_maintenance(HostId host, bool on);
    void crash(HostId host, int vm);  // the VM's process dies
    void set_tools(const std::string& path, bool present);
    void set_heartbeat(HostId host, int vm, Color color);
    void ask(HostId host, int vm, const std::string& message_id, const std::string& text);
    void guest_reboots(HostId host, int vm);  // from inside
    void backup(HostId host, int vm, Time time, bool cancellable);
    void set_connection(HostId host, int vm, Connection connection);
    void set_licence(HostId host, Licence licence);
    void set_password(HostId host, const std::string& user, const std::string& password);
    void set_memory(HostId host, std::optional<long> memory_mb);
    void set_networks(HostId host, std::vector<std::string> networks);
    void set_autostart(HostId host, const std::string& path, bool on);
    void set_deaf(HostId host, const std::string& path, std::optional<Kill> to);
    void fail_unregister(HostId host, int count) { at(host).unregister_failures = count; }
    void lie_about_power_on(HostId host, int count) { at(host).power_on_lies = count; }
    void hostd_restarts(HostId host, Time time);
    void stranger_locks(const std::string& path, bool locks);
    void move_files(const std::string& from, const std::string& to);  // the VM's folder gets another name

    // --- storage: the network brings a copy of the mirror to a host, or none
    void offer(HostId host, std::optional<DiskId> copy);
    void storage_pdl(HostId host);
    void see_snapshot(HostId host, bool unresolved);
    enum class Mirror { in_sync, apart, recovering };
    Mirror mirror() const { return mirror_; }
    void mirror_break();
    void mirror_recover(DiskId from);
    // The copy that the VM's process on this host can write on now.
    std::optional<DiskId> writes_on(HostId host, const std::string& path) const;
    bool has_process(HostId host, const std::string& path) const;
    // A guest wrote that had another copy's history in its memory: the disk is corrupt from now on.
    std::function<void(HostId, const std::string& path)> on_corruption = [](HostId, const std::string&) {};

    void set_task_time(Verb verb, Time time) { config_.task_times[verb] = time; }
    Rules& rules(HostId host) { return hosts_[host].rules; }

private:
    struct Due {
        enum class What {
            task_half,
            task_done,
            heartbeat,
            guest_down,
            host_up,
            loaded,
            valid,
            invalid_over,
            apd_timeout,
            recovered
        };
        Time at;
        unsigned long order;
        What what;
        HostId host;
        unsigned boot;
        int vm = 0;
        unsigned life = 0;
        std::string task = {};
        bool operator<(const Due& other) const {
            return std::tie(at, order) < std::tie(other.at, other.order);
        }
    };

    Host& at(HostId id) { return hosts_[id]; }
    Vm* find(HostId host, int id);
    Disk* disk(HostId id);
    void changed(HostId host, Change::What what, int vm = 0, const std::string& task = "");
    void vm_changed(HostId host, const Vm& vm) { changed(host, Change::What::vm, vm.id); }
    void plan(Time at, Due due);
    void happen(const Due& due);

    Vm& enter_inventory(HostId host, const std::string& path, const std::string& name);
    Task& new_task(HostId host, Verb verb, int vm, const std::string& user);
    void begin(HostId host, Task& task);
    void finish(HostId host, const std::string& task);
    void end_task(HostId host, Task& task, std::optional<Fault> fault);
    std::optional<Fault> refusal(HostId host, const Vm& vm, Verb verb, Through through) const;
    void carry_out(HostId host, Task& task);
    void carry_out_register(HostId host, Task& task);
    void carry_out_search(HostId host, Task& task);
    std::optional<Fault> start_process(HostId host, Vm& vm);
    void powered_on(HostId host, Vm& vm);
    void guest_booted(HostId host, Vm& vm);
    void stop_process(HostId host, Vm& vm, Power power);
    Fault lock_fault(HostId host, const Vm& vm) const;
    void crash_everything(HostId host);
    void host_is_up(HostId host);
    void inventory_is_loaded(HostId host);
    void autostart(HostId host);
    std::optional<Fault> barred(HostId host, Verb verb, Through through) const;
    void lose_storage(HostId host, const std::string& trouble);
    void apd_times_out(HostId host, unsigned loss);
    bool has_processes(HostId host) const;
    void mount(HostId host);
    void regain(HostId host, Vm& vm);
    void invalid_is_over(HostId host, Vm& vm);
    void guest_writes(HostId host, Vm& vm);
    void written(DiskId copy);
    void recovered(DiskId from, unsigned recovery);

    SiteConfig config_;
    Time now_{};
    unsigned long order_ = 0;
    std::vector<Disk>
        disks_;  // one, or the two copies of the mirror: disks_[i] lies at the node on hosts_[i]
    Mirror mirror_ = Mirror::in_sync;
    unsigned recoveries_ = 0;
    unsigned long last_history_ = 0;
    std::vector<Host> hosts_;
    std::set<Due> due_;
};

}  // namespace vmha::site
