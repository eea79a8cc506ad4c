#include "client/ec/conf/clp_conf.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <map>
#include <utility>

#include "daemon/xml/xml.hpp"

namespace vmha::ec {
namespace {

constexpr size_t bytes_max = 16u << 20;

// Where the element lies below `at`; unset if it is not there or holds no number. Text may stand between
// blanks.
std::optional<int64_t> number_at(pugi::xml_node at, std::initializer_list<std::string_view> path) {
    for (const std::string_view name : path) at = xml::child(at, name);
    std::string_view text = at.child_value();
    while (!text.empty() && (text.front() == ' ' || text.front() == '\n' || text.front() == '\t'))
        text.remove_prefix(1);
    int64_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc{}) return std::nullopt;
    return value;
}

std::string name_of(const pugi::xml_node& node) {
    return node.attribute("name").value();
}

// <group name="G"><resource name="TYPE@NAME"/>: resource -> group.
std::map<std::string, std::string> read_groups(const pugi::xml_node& root, Found& found) {
    std::map<std::string, std::string> group_of;
    for (const pugi::xml_node& group : root.children("group")) {
        found.groups.push_back(name_of(group));
        for (const pugi::xml_node& member : group.children("resource"))
            group_of[name_of(member)] = name_of(group);
    }
    return group_of;
}

void read_resources(const pugi::xml_node& root, Found& found) {
    const auto group_of = read_groups(root, found);
    for (const pugi::xml_node& one : xml::child(root, "resource").children()) {
        const std::string type = one.name();
        if (type == "types" || name_of(one).empty()) continue;
        const auto group = group_of.find(type + "@" + name_of(one));
        std::vector<std::string> depends;
        for (const pugi::xml_node& other : one.children("depend")) depends.push_back(name_of(other));
        found.resources.push_back({type, name_of(one), group == group_of.end() ? "" : group->second,
                                   std::move(depends), number_at(one, {"parameters", "timeout", "start"}),
                                   number_at(one, {"parameters", "timeout", "stop"}),
                                   number_at(one, {"act", "timeout"}), number_at(one, {"deact", "timeout"})});
    }
}

void read_monitors(const pugi::xml_node& root, Found& found) {
    for (const pugi::xml_node& one : xml::child(root, "monitor").children()) {
        const std::string type = one.name();
        if (type == "types" || name_of(one).empty()) continue;
        found.monitors.push_back({type, name_of(one), number_at(one, {"polling", "timeout"})});
    }
}

// A section of the root with at least one named thing of a kind in it. <cluster><networkpartition> only says
// what to do after a partition, not that one would be noticed.
bool has_one(const pugi::xml_node& section) {
    return std::ranges::any_of(section.children(), [](const pugi::xml_node& one) {
        return std::string_view(one.name()) != "types" && !name_of(one).empty();
    });
}

// NEC's Reference Guide describes forced stop resources without the name of their section in the file, so any
// that sounds like it counts.
bool has_forced_stop(const pugi::xml_node& root) {
    constexpr std::array<std::string_view, 5> sections{"forcestop", "forcedstop", "fencing", "fence", "fst"};
    const auto is_one = [&](const pugi::xml_node& section) {
        return std::ranges::find(sections, std::string_view(section.name())) != sections.end();
    };
    for (const pugi::xml_node& section : root.children())
        if (is_one(section) && has_one(section)) return true;
    for (const pugi::xml_node& section : xml::child(root, "cluster").children())
        if (is_one(section) && (has_one(section) || number_at(section, {"use"}) == 1)) return true;
    return false;
}

}  // namespace

Result<Found> read_clp_conf(std::string_view text) {
    pugi::xml_document document;
    const auto root = xml::parse(document, text, bytes_max);
    if (root.has_error()) return root.error();
    if (std::string_view(root->name()) != "root" || !xml::child(*root, "cluster"))
        return Error{Errc::invalid_input, "it is no cluster configuration: no <root> with a <cluster> in it"};
    Found found;
    read_resources(*root, found);
    read_monitors(*root, found);
    found.partition_resolution = has_one(xml::child(*root, "networkpartition"));
    found.forced_stop = has_forced_stop(*root);
    return found;
}

}  // namespace vmha::ec
