#include <algorithm>

#include "tests/scenarios/schedule.hpp"

namespace vmha::scenario {
namespace {

using core::seconds;

constexpr Duration lockout_time = seconds(2400);  // until a third login would have come (rule 8)

}  // namespace

void Schedule::make_trouble() {
    switch (pick(0, 9)) {
        case 0:
        case 1: return trouble_with_power();
        case 2:
        case 3: return trouble_with_networks();
        case 4:
        case 5: return trouble_with_daemons();
        case 6: return trouble_with_host();
        case 7: return trouble_with_vm();
        case 8: return chance(0.6) ? trouble_with_storage() : trouble_with_stranger();
        case 9: return chance(0.2) ? trouble_with_accounts() : trouble_with_vm();
    }
}

void Schedule::ask_something() {
    if (cluster_) {
        if (chance(0.1)) cluster_->move(some_node());
        return;
    }
    if (world_.shims_running() > 3) return;
    world_.shim(some_node(), chance(0.5) ? core::Kind::start : core::Kind::stop, vm1, seconds(pick(5, 200)),
                chance(0.3) ? "GROUPFAILOVER" : "");
}

void Schedule::trouble_with_power() {
    const std::string node = some_node();
    const std::string host = world_.host_of(node);
    disturb(host);
    if (chance(0.6)) {
        world_.host_power(host, true);
        if (site().host(id(host)).answering) world_.node_power(node, true);
    } else if (chance(0.7)) {
        world_.host_power(host, false);
    } else {
        world_.node_power(node, false);
    }
}

void Schedule::trouble_with_networks() {
    const std::string node = some_node();
    const std::string other = node == "ec1" ? "ec2" : "ec1";
    const std::string host = world_.host_of(node), other_host = world_.host_of(other);
    const std::string some_host = chance(0.5) ? host : other_host;
    switch (pick(0, 9)) {
        case 0:
        case 1:
        case 2: return world_.network.heal();
        case 3:
            return site().host_network(id(host), chance(0.5) ? site::Network::cut : site::Network::stalled);
        case 4:
        case 5: return site().host_network(id(host), site::Network::up);
        case 6: return world_.network.cut(Net::api, node, some_host, chance(0.4));
        case 7: return world_.network.part({node, host}, {other, other_host}, chance(0.6));
        case 8: return world_.network.part({node}, {host, other, other_host}, chance(0.5));
        case 9: {
            const Net net = static_cast<Net>(pick(1, 3));
            disturb(host);
            disturb(other_host);
            return world_.network.cut(net, node, net == Net::storage ? some_host : other, chance(0.5));
        }
    }
}

// SSH alone is lost, or comes back; a process that does not listen.
void Schedule::trouble_with_ssh() {
    const auto draw = [this](unsigned below) { return static_cast<unsigned>(ssh_random_() >> 8) % below; };
    if (draw(60) != 0) return;
    const std::string node = draw(2) == 0 ? "ec1" : "ec2";
    const std::string host = draw(2) == 0 ? "esxi1" : "esxi2";
    if (draw(2) == 0) return world_.network.cut(Net::ssh, node, host, draw(3) == 0);
    static constexpr std::optional<site::Kill> manners[] = {std::nullopt, site::Kill::soft, site::Kill::hard};
    site().set_deaf(id(host), world_.path_of(vm1), manners[draw(3)]);
}

void Schedule::trouble_with_daemons() {
    const std::string node = some_node();
    switch (pick(0, 4)) {
        case 0: return world_.kill_daemon(node);
        case 1:
        case 2: return world_.start_daemon(node);
        case 3: return world_.stun(node, seconds(pick(1, 90)));
        case 4:
            if (!with_cluster_) world_.kill_shims(node);
            return;
    }
}

void Schedule::maintenance(const std::string& host, bool on) {
    site().host_maintenance(id(host), on);
    if (on)
        maintenance_since_.emplace(host, world_.now());
    else
        maintenance_since_.erase(host);
}

// It is read and not written.
void Schedule::free_licence(const std::string& host, bool on) {
    site().set_licence(id(host), on ? site::Licence::free : site::Licence::full);
    if (on)
        free_since_.emplace(host, world_.now());
    else
        free_since_.erase(host);
}

// Less than the VM needs is left for all VMs together.
void Schedule::no_memory(const std::string& host, bool on) {
    site().set_memory(id(host), on ? std::optional(512L) : std::nullopt);
    if (on)
        no_memory_since_.emplace(host, world_.now());
    else
        no_memory_since_.erase(host);
}

void Schedule::trouble_with_host() {
    const std::string host = world_.host_of(some_node());
    switch (pick(0, 8)) {
        case 0: return maintenance(host, chance(0.3));
        case 1: return world_.lose_replies(host, pick(1, 2));
        case 2: return site().hostd_restarts(id(host), seconds(pick(1, 60)));
        case 3: return site().expire_sessions(id(host), std::nullopt);
        case 4: return site().fail_unregister(id(host), pick(0, 4));
        case 5: return site().lie_about_power_on(id(host), pick(0, 1));
        case 6: return free_licence(host, chance(0.3));
        case 7: return world_.lose_replies(host, 0);
        case 8: return no_memory(host, chance(0.3));
    }
}

void Schedule::trouble_with_storage() {
    const std::string host = world_.host_of(some_node());
    disturb(host);
    if (chance(0.2)) return site().see_snapshot(id(host), chance(0.4));
    if (with_cluster_) return;  // its networks bring the rest
    if (chance(0.6)) return site().offer(id(host), 0);
    if (chance(0.8)) return site().offer(id(host), std::nullopt);
    site().storage_pdl(id(host));
}

void Schedule::trouble_with_vm() {
    static const char* const questions[] = {"msg.uuid.altered", "msg.hbacommon.locklost",
                                            "msg.hbacommon.outofspace", "msg.serial.file.open"};
    const std::string host = world_.host_of(some_node());
    const site::Vm* vm = entry_at(host);
    if (!vm || !site().host(id(host)).powered) return;
    const bool idle = vm->process && !vm->question && vm->connection == site::Connection::connected;
    disturb(host);
    switch (pick(0, 5)) {
        case 0: return site().crash(id(host), vm->id);
        case 1:
            if (idle) site().ask(id(host), vm->id, questions[pick(0, 3)], "");
            return;
        case 2: return site().guest_reboots(id(host), vm->id);
        case 3: return site().backup(id(host), vm->id, seconds(pick(1, 120)), chance(0.5));
        case 4:
            // Whose lock was lost does not come right by itself.
            if (!vm->question && vm->task.empty() && !vm->lock_lost)
                site().set_connection(id(host), vm->id,
                                      chance(0.5) ? site::Connection::invalid : site::Connection::connected);
            return;
        case 5:
            if (idle) site().set_heartbeat(id(host), vm->id, static_cast<site::Color>(pick(0, 3)));
            return;
    }
}

// Somebody works on a VM that is none of ours; its invalid entry looks like anybody's.
void Schedule::trouble_with_stranger() {
    const site::HostId host = id(world_.host_of(some_node()));
    if (!site().host(host).powered) return;
    const site::Vm* vm = site().vm_by_path(host, stranger());
    if (!vm) {
        site().register_vm(host, site().datastore_path(host, stranger()), "", "somebody");
        return;
    }
    switch (pick(0, 3)) {
        case 0: site().power(host, vm->id, site::Verb::power_on, "somebody"); return;
        case 1: site().crash(host, vm->id); return;
        case 2:
            return site().set_connection(
                host, vm->id, chance(0.5) ? site::Connection::invalid : site::Connection::connected);
        case 3: site().unregister_vm(host, vm->id); return;
    }
}

// One story about passwords a schedule, and once: a host locks an account after five wrong logins, whatever
// the secrets were.
void Schedule::trouble_with_accounts() {
    const std::string node = some_node();
    const std::string host = world_.host_of(some_node());
    if (accounts_ == Accounts::untouched) {
        accounts_ = chance(0.3) ? Accounts::mistyped : Accounts::changed;
        return accounts_ == Accounts::mistyped ? mistype(node, host) : change_password(node, host);
    }
    const std::string& right = site().host(id(host)).config.accounts.front().password;
    secrets_[node + host] = right;
    world_.secret(node, host, right);
}

// Somebody mistypes it in a node's file; that secret has never worked.
void Schedule::mistype(const std::string& node, const std::string& host) {
    const std::string wrong = "mistyped-secret";
    all_secrets_.insert(wrong);
    secrets_[node + host] = wrong;
    world_.secret(node, host, wrong);
    site().expire_sessions(id(host), std::nullopt);
}

// The password is changed at a host: before the nodes' files, or together with one of them.
void Schedule::change_password(const std::string& node, const std::string& host) {
    const std::string fresh = "changed-secret";
    all_secrets_.insert(fresh);
    site().set_password(id(host), "root", fresh);
    site().expire_sessions(id(host), std::nullopt);
    if (chance(0.5)) return;
    secrets_[node + host] = fresh;
    world_.secret(node, host, fresh);
}

// Nobody corrects it for so long that a third login would come.
void Schedule::wait_for_third_login() {
    if (accounts_ != Accounts::changed || !chance(0.05)) return;
    world_.network.heal();
    for (const auto& node : world_.node_names()) {
        const std::string host = world_.host_of(node);
        world_.host_power(host, true);
        site().host_network(id(host), site::Network::up);
    }
    run_for(lockout_time);
}

// What only a person may answer, a person ends.
void Schedule::person_ends_questions() {
    for (const auto& node : world_.node_names()) {
        const std::string host = world_.host_of(node);
        const site::Vm* vm = entry_at(host);
        if (vm && vm->question) site().crash(id(host), vm->id);
    }
}

// A device that is lost for good comes back when nothing uses it. Over the API alone the process of an entry
// that is not valid, or of none, can be ended by a person only.
void Schedule::free_lost_device(const std::string& node) {
    const HostName host(world_.host_of(node));
    const site::Vm* vm = entry_at(host.str());
    const bool valid = vm && vm->connection == site::Connection::connected && !vm->question;
    const core::State* state = world_.state(node);
    const bool by_us = state && (valid || state->hosts.at(host).settings.ssh);
    if (!by_us && site().host(id(host.str())).trouble == "PermanentDeviceLoss")
        site().kill(id(host.str()), world_.path_of(vm1), site::Kill::force);
}

// Where the policy refuses a takeover, what runs elsewhere is for a person to stop: with a stop there, or at
// the host itself where its entry is not valid.
void Schedule::person_stops_copies(const std::string& except) {
    for (const auto& node : world_.node_names()) {
        const std::string host = world_.host_of(node);
        if (node == except || !world_.runs_at(host, vm1)) continue;
        const site::Vm* vm = entry_at(host);
        if (vm && vm->connection == site::Connection::connected)
            expect(node, core::Kind::stop);
        else
            site().kill(id(host), world_.path_of(vm1), site::Kill::force);
    }
}

}  // namespace vmha::scenario
