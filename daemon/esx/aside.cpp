#include "daemon/esx/aside.hpp"

#include <algorithm>
#include <charconv>
#include <set>

namespace vmha::esx {

namespace {

// "esxBasic" since ESXi 3.5, "esx.hypervisor.cpuPackage" later; "vSphere 7 Hypervisor" is its name.
bool is_free(std::string_view edition, std::string_view name) {
    return edition.starts_with("esxBasic") || edition.find("hypervisor") != std::string_view::npos ||
           name.find("Hypervisor") != std::string_view::npos;
}

// KeyAnyValue[]: the value as a number.
std::optional<long> number_in(const pugi::xml_node& owner, std::string_view key) {
    for (const auto& part : owner.children()) {
        if (xml::local_name(part) != "properties" || text_of(part, "key") != key) continue;
        const std::string_view text = text_of(part, "value");
        long number = 0;
        const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
        if (error == std::errc() && end == text.data() + text.size()) return number;
    }
    return std::nullopt;
}

std::optional<int> days_left(const pugi::xml_node& owner) {
    const auto hours = number_in(owner, "expirationHours");
    const auto minutes = number_in(owner, "expirationMinutes");
    if (!hours && !minutes) return std::nullopt;
    // Where both are given, the minutes are either what is left of an hour or all of it told more finely.
    const long whole_hours = hours.value_or(0) * 60;
    const long rest = minutes.value_or(0);
    const long all = rest < 60 ? whole_hours + rest : std::max(whole_hours, rest);
    constexpr long day = 24 * 60;
    return static_cast<int>((std::max(all, 0L) + day - 1) / day);
}

}  // namespace

Licence licence_of(const Retrieved& retrieved) {
    pugi::xml_node licenses, evaluation;
    for (const auto& news : retrieved.objects)
        for (const auto& change : news.changes) {
            if (change.path == "licenses") licenses = change.value;
            if (change.path == "evaluation") evaluation = change.value;
        }
    bool has_free = false, has_paid = false;
    pugi::xml_node trial;
    for (const auto& one : licenses.children()) {
        if (one.type() != pugi::node_element) continue;
        const std::string_view edition = text_of(one, "editionKey");
        if (edition == "eval") {
            trial = one;
        } else if (is_free(edition, text_of(one, "name"))) {
            has_free = true;
        } else if (edition.starts_with("esx")) {
            has_paid = true;
        }
    }
    Licence licence;
    if (has_free || has_paid) {
        licence.writes = has_paid;
    } else if (trial) {
        licence.writes = true;
        licence.evaluation_days = days_left(trial);
        if (!licence.evaluation_days) licence.evaluation_days = days_left(evaluation);
    }
    return licence;
}

const std::vector<std::string_view>& needed_privileges() {
    static const std::vector<std::string_view> all{
        "VirtualMachine.Interact.PowerOn",
        "VirtualMachine.Interact.PowerOff",
        "VirtualMachine.Interact.AnswerQuestion",
        "VirtualMachine.Inventory.Register",
        "VirtualMachine.Inventory.Unregister",
        "Resource.AssignVMToPool",
        "Host.Config.Storage",
    };
    return all;
}

std::optional<bool> privileged_of(const Reply& reply) {
    std::set<std::string_view> told, granted;
    for (const auto& entity : reply.response.children())
        for (const auto& part : entity.children()) {
            if (xml::local_name(part) != "privAvailability") continue;
            const std::string_view privilege = text_of(part, "privId");
            told.insert(privilege);
            const std::string_view held = text_of(part, "isGranted");
            if (held == "true" || held == "1") granted.insert(privilege);
        }
    for (const auto privilege : needed_privileges()) {
        if (!told.contains(privilege)) return std::nullopt;
        if (!granted.contains(privilege)) return false;
    }
    return true;
}

std::vector<std::string> unresolved_of(const Reply& reply) {
    std::vector<std::string> labels;
    for (const auto& volume : reply.response.children()) {
        if (xml::local_name(volume) != "returnval") continue;
        std::string label(text_of(volume, "vmfsLabel"));
        // The same volume once more: several copies of its LUN.
        if (!label.empty() && std::find(labels.begin(), labels.end(), label) == labels.end())
            labels.push_back(std::move(label));
    }
    return labels;
}

}  // namespace vmha::esx
