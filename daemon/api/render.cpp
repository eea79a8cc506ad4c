#include "daemon/api/render.hpp"

#include "common/api_version.hpp"
#include "daemon/api/words.hpp"
#include "daemon/core/disk_lock.hpp"
#include "daemon/core/operation.hpp"
#include "daemon/core/processes.hpp"
#include "daemon/core/readiness.hpp"
#include "daemon/core/via.hpp"
#include "daemon/core/view.hpp"

namespace vmha::api {

namespace {

Json age(const std::optional<core::Time>& asked, core::Time now) {
    return asked ? Json(core::to_ms(now - *asked)) : Json(nullptr);
}

Json text_or_null(const std::string& text) {
    return text.empty() ? Json(nullptr) : Json(text);
}

Json fact(Json value, const std::optional<core::Time>& asked, core::Time now) {
    return {{"value", std::move(value)}, {"age_ms", age(asked, now)}};
}

Json writable_json(const core::HostView& host) {
    if (core::via_of(host) == core::Via::ssh) return core::shell_up(host);
    return host.facts.api_writes ? Json(*host.facts.api_writes) : Json(nullptr);
}

Json shell_json(const core::HostView& host) {
    if (!host.settings.ssh) return nullptr;
    Json out = {
        {"link", word(host.shell.link)}, {"reason", nullptr}, {"detail", text_or_null(host.shell.detail)}};
    if (host.shell.link != core::Link::up) out["reason"] = word(host.shell.reason);
    return out;
}

Json host_json(const core::State& state, const core::HostView& host, core::Time now) {
    Json out = {
        {"name", host.name.str()},
        {"address", host.settings.address},
        {"role", host.settings.local ? "local" : "peer"},
        {"link", word(host.link)},
        {"transports", host.settings.transports()},
        {"ssh", shell_json(host)},
        {"writes_over", core::word(core::via_of(host))},
        {"age_ms", age(host.confirmed, now)},
        {"fresh", core::fresh(state, host, now)},
        {"complete", host.complete},
        {"reason", nullptr},
        {"detail", text_or_null(host.link_detail)},
        {"product", text_or_null(host.facts.product)},
        {"in_maintenance", host.facts.in_maintenance},
        {"writable", writable_json(host)},
        {"memory_free_mb", host.facts.memory_free_mb ? Json(*host.facts.memory_free_mb) : Json(nullptr)},
        {"privileged", host.facts.privileged ? Json(*host.facts.privileged) : Json(nullptr)},
        {"evaluation_days", host.facts.evaluation_days ? Json(*host.facts.evaluation_days) : Json(nullptr)},
        {"entries", host.entries.size()}};
    if (host.link != core::Link::up) out["reason"] = word(host.link_reason);
    return out;
}

Json datastore_json(const core::DatastoreSeen& seen, const core::HostView& host, core::Time now) {
    const auto& datastore = seen.datastore;
    // An update that brings nothing new confirms everything, so the host's age counts where it is younger.
    const auto asked = host.confirmed ? std::max(seen.asked, *host.confirmed) : seen.asked;
    return {{"host", host.name.str()},
            {"name", datastore.name},
            {"uuid", text_or_null(datastore.uuid)},
            {"accessible", datastore.accessible},
            {"trouble", text_or_null(datastore.trouble)},
            {"extents", datastore.extents},
            {"age_ms", age(asked, now)}};
}

Json datastores_json(const core::State& state, core::Time now) {
    Json out = Json::array();
    for (const auto& [name, host] : state.hosts)
        for (const auto& [id, seen] : host.datastores) out.push_back(datastore_json(seen, host, now));
    return out;
}

Json operation_json(const core::VmState& vm, core::Time now) {
    if (!vm.op) return nullptr;
    return {{"vm", vm.name.str()},
            {"operation", word(vm.op->kind)},
            {"stage", core::word(vm.op->stage)},
            {"host", text_or_null(vm.op->at.str())},
            {"age_ms", core::to_ms(now - vm.op->began)},
            {"remaining_ms", core::to_ms(vm.op->deadline - now)},
            {"callers", vm.op->callers.size()},
            {"write_unanswered", vm.flying.has_value()}};
}

Json question_json(const std::optional<core::Question>& question) {
    if (!question) return nullptr;
    Json choices = Json::array();
    for (const auto& choice : question->choices)
        choices.push_back({{"key", choice.key}, {"label", choice.label}});
    return {{"id", question->id},
            {"text", question->text},
            {"message_ids", question->message_ids},
            {"choices", std::move(choices)}};
}

std::string_view registration(const core::State& state, const core::HostView& host, const core::VmState& vm,
                              core::Time now) {
    if (core::entry_of(host, vm) != nullptr) return "registered";
    return core::absence_proved(state, host, vm, now) ? "not_registered" : "unknown";
}

// Of the host that was asked last.
Json lock_json(const core::State& state, const core::HostView& host, const core::VmState& vm,
               core::Time now) {
    if (!vm.disk_lock || vm.disk_lock->by != host.name) return fact(nullptr, std::nullopt, now);
    const auto& seen = *vm.disk_lock;
    Json out = fact(nullptr, seen.asked, now);
    out["detail"] = seen.lock ? core::lock_text(state, *seen.lock) : seen.why;
    if (seen.lock)
        out["value"] = {{"mode", core::word(seen.lock->mode)},
                        {"holders", core::holders_of(state, *seen.lock)},
                        {"adapters", seen.lock->owners},
                        {"file", seen.lock->file}};
    return out;
}

// What one host says about one VM. Facts of an entry are null where the host holds none.
Json vm_on_host_json(const core::State& state, const core::HostView& host, const core::VmState& vm,
                     core::Time now) {
    const core::Seen* seen = core::entry_of(host, vm);
    const auto asked = core::known_as_of(host, vm);
    const auto entry_asked = seen ? asked : std::nullopt;
    const auto word_or_null = [seen](auto member) {
        return seen ? Json(word(seen->entry.*member)) : Json(nullptr);
    };
    const auto* datastore = core::datastore_of(host, vm);
    const std::string_view is = registration(state, host, vm, now);
    Json out = {
        {"host", host.name.str()},
        {"role", host.settings.local ? "local" : "peer"},
        {"fresh", core::fresh(state, host, now)},
        {"registration", fact(is, asked, now)},
        {"power", fact(word_or_null(&core::VmEntry::power), entry_asked, now)},
        {"connection", fact(word_or_null(&core::VmEntry::connection), entry_asked, now)},
        {"heartbeat", fact(word_or_null(&core::VmEntry::heartbeat), entry_asked, now)},
        {"question", fact(seen ? question_json(seen->entry.question) : Json(nullptr), entry_asked, now)},
        {"lock", lock_json(state, host, vm, now)},
        {"datastore", datastore ? datastore_json(*datastore, host, now) : fact(nullptr, asked, now)}};
    const auto readiness = core::readiness_of(state, host, vm, now);
    out["ready"] = readiness.ready;
    out["reason"] = readiness.ready ? Json(nullptr) : Json(word(readiness.reason));
    out["detail"] = text_or_null(readiness.detail);
    out["warnings"] = readiness.warnings;
    out["task"] = seen && seen->entry.task ? Json(seen->entry.task->what) : Json(nullptr);
    out["registration"]["vmid"] = seen ? Json(seen->entry.vmid) : Json(nullptr);
    return out;
}

Json health_json(const core::VmState& vm, core::Time now) {
    std::string text;
    append_health(text, vm, now);
    auto parsed = parse_json(text);
    return parsed ? std::move(*parsed) : Json(nullptr);
}

}  // namespace

Json vm_json(const core::State& state, const core::VmState& vm, core::Time now) {
    Json hosts = Json::array();
    for (const auto& [name, host] : state.hosts) hosts.push_back(vm_on_host_json(state, host, vm, now));
    return {{"api", api_version},
            {"vm", vm.name.str()},
            {"vmx", core::file_path(vm.settings.vmx)},
            {"active", vm.active},
            {"paused", vm.paused},
            {"health", health_json(vm, now)},
            {"operation", operation_json(vm, now)},
            {"hosts", std::move(hosts)}};
}

Json hosts_json(const core::State& state, core::Time now) {
    Json hosts = Json::array();
    for (const auto& [name, host] : state.hosts) hosts.push_back(host_json(state, host, now));
    return {{"api", api_version}, {"node", state.settings.node}, {"hosts", std::move(hosts)}};
}

Json vms_json(const core::State& state, core::Time now) {
    Json vms = Json::array();
    for (const auto& [name, vm] : state.vms) vms.push_back(vm_json(state, vm, now));
    return {{"api", api_version}, {"node", state.settings.node}, {"vms", std::move(vms)}};
}

Json status_json(const core::State& state, core::Time now) {
    Json operations = Json::array();
    for (const auto& [name, vm] : state.vms)
        if (vm.op) operations.push_back(operation_json(vm, now));
    Json out = hosts_json(state, now);
    out["datastores"] = datastores_json(state, now);
    out["vms"] = vms_json(state, now)["vms"];
    out["operations"] = std::move(operations);
    return out;
}

}  // namespace vmha::api
