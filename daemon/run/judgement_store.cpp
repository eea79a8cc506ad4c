#include "daemon/run/judgement_store.hpp"

#include <algorithm>

#include "daemon/run/files.hpp"

namespace vmha::run {
namespace {

using core::Duration;
using core::Judgement;
using core::Time;

std::set<HostName> hosts_from_json(const Json& value) {
    std::set<HostName> hosts;
    const auto list = value.find("left_unproved");
    if (list == value.end() || !list->is_array()) return hosts;
    for (const auto& item : *list)
        if (item.is_string() && !item.get_ref<const std::string&>().empty())
            hosts.insert(HostName(item.get<std::string>()));
    return hosts;
}

// Where the boot is another one only the wall clock tells; it may have been set meanwhile.
Time end_of_pause(const Json& value, const std::string& boot_id, Time now, std::time_t wall) {
    const auto until_ns = get_integer(value, "paused_until_ns");
    const auto until_wall = get_integer(value, "paused_until_wall");
    Time until = now;
    if (until_ns && !boot_id.empty() && get_string(value, "boot_id") == boot_id)
        until = Time{Duration(*until_ns)};
    else if (until_wall && *until_wall > wall)
        until = now + std::min<Duration>(JudgementStore::pause_max,
                                         core::seconds(std::min<int64_t>(*until_wall - wall, 86'400)));
    return std::clamp(until, now, now + JudgementStore::pause_max);
}

Judgement from_json(const Json& value, const std::string& boot_id, Time now, std::time_t wall) {
    Judgement judgement;
    judgement.left_over = get_bool(value, "left_over").value_or(false);
    judgement.unjudged = get_bool(value, "unjudged").value_or(false);
    judgement.left_unproved = hosts_from_json(value);
    judgement.paused = get_bool(value, "paused").value_or(false);
    if (judgement.paused && value.contains("paused_until_ns"))
        judgement.paused_until = end_of_pause(value, boot_id, now, wall);
    return judgement;
}

Json to_json(const Judgement& judgement, const std::string& boot_id, Time now, std::time_t wall) {
    Json hosts = Json::array();
    for (const auto& host : judgement.left_unproved) hosts.push_back(host.str());
    Json out = {{"left_over", judgement.left_over},
                {"unjudged", judgement.unjudged},
                {"left_unproved", std::move(hosts)},
                {"paused", judgement.paused}};
    if (!judgement.paused_until) return out;
    out["boot_id"] = boot_id;
    out["paused_until_ns"] = judgement.paused_until->time_since_epoch().count();
    out["paused_until_wall"] = wall + core::to_ms(*judgement.paused_until - now) / 1000;
    return out;
}

}  // namespace

JudgementStore::JudgementStore(std::string state_dir, std::string boot_id)
    : state_dir_(std::move(state_dir)), boot_id_(std::move(boot_id)) {}

JudgementStore::Loaded JudgementStore::load(Time now, std::time_t wall) const {
    const auto value = load_json(path());
    if (!value)
        return {{},
                value.error().message +
                    ": which copies were left over or unproved, and what was paused, is forgotten"};
    Loaded loaded;
    for (const auto& [name, record] : value->items())
        if (record.is_object()) loaded.judgements[VmName(name)] = from_json(record, boot_id_, now, wall);
    return loaded;
}

Result<> JudgementStore::save(const std::map<VmName, Judgement>& judgements, Time now,
                              std::time_t wall) const {
    const auto change = [&](Json& value) {
        for (const auto& [vm, judgement] : judgements)
            if (judgement == Judgement{})
                value.erase(vm.str());
            else
                value[vm.str()] = to_json(judgement, boot_id_, now, wall);
    };
    auto saved = update_json(path(), change, Sync::none);
    if (saved || saved.error().code != Errc::not_found) return saved;
    if (auto made = prepare_directory(state_dir_, 0700); !made) return made;
    return update_json(path(), change, Sync::none);
}

}  // namespace vmha::run
