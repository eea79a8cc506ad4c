#include "daemon/esx/faults.hpp"

#include "daemon/core/host_words.hpp"

namespace vmha::esx {

namespace {

using core::FaultKind;

struct LockSearch : pugi::xml_tree_walker {
    bool found = false;
    bool for_each(pugi::xml_node& node) override {
        found = core::names_a_lock(node.value());
        return !found;
    }
};

bool tells_of_a_lock(pugi::xml_node detail, std::string_view sentence) {
    LockSearch search;
    if (!core::names_a_lock(sentence)) detail.traverse(search);
    return search.found || core::names_a_lock(sentence);
}

// The host's own words: the sentence that it composed, and below it what it says in detail.
std::string words_of(const pugi::xml_node& detail, std::string_view sentence) {
    std::string words(sentence);
    for (const auto& node : detail.children()) {
        if (xml::local_name(node) != "faultMessage") continue;
        const std::string_view line = text_of(node, "message");
        if (line.empty() || words.find(line) != std::string::npos) continue;
        if (!words.empty()) words += "; ";
        words += line;
    }
    if (const auto reason = text_of(detail, "reason"); words.empty() && !reason.empty()) words = reason;
    return words;
}

SoapFault fault_of(const pugi::xml_node& detail, std::string_view sentence) {
    SoapFault result;
    const auto type = xml::type_of(detail);
    std::string_view name = type ? type->local : xml::local_name(detail);
    // Without a type the element's own name tells: <InvalidLoginFault>.
    if (!type && name.ends_with("Fault") && core::fault_kind_of(name) == FaultKind::other)
        name.remove_suffix(std::string_view("Fault").size());
    result.fault.name = name;
    result.fault.kind = core::fault_kind_of(name);
    result.fault.message = words_of(detail, sentence);
    if (result.fault.message.empty()) result.fault.message = name;
    if (result.fault.kind == FaultKind::already_exists) result.fault.existing = text_of(detail, "name");
    if (result.is("InvalidProperty")) result.property = text_of(detail, "name");
    const auto kind = result.fault.kind;
    const bool may_hide_lock =
        kind == FaultKind::file_fault || kind == FaultKind::vm_config || kind == FaultKind::other;
    if (may_hide_lock && tells_of_a_lock(detail, sentence)) result.fault.kind = FaultKind::lock_held;
    const bool general =
        result.fault.kind == FaultKind::other || result.fault.kind == FaultKind::invalid_state;
    if (general && core::tells_of_a_licence(result.fault.message))
        result.fault.kind = FaultKind::not_enough_licenses;
    return result;
}

}  // namespace

SoapFault fault_of_soap(const pugi::xml_node& fault) {
    const std::string_view sentence = text_of(fault, "faultstring");
    for (const auto& node : xml::child(fault, "detail").children())
        if (node.type() == pugi::node_element) return fault_of(node, sentence);
    SoapFault bare;
    bare.fault.name = text_of(fault, "faultcode");
    bare.fault.message = sentence;
    return bare;
}

SoapFault fault_of_localized(const pugi::xml_node& error) {
    return fault_of(xml::child(error, "fault"), text_of(error, "localizedMessage"));
}

}  // namespace vmha::esx
