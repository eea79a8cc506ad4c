// AuthorizationManager: every account of a host is an administrator.
#include "daemon/xml/xml.hpp"
#include "tests/simulator/model/faults.hpp"
#include "tests/simulator/soap/api.hpp"

namespace vmha::sim {
namespace {

std::vector<std::string> texts(const pugi::xml_node& call, std::string_view name) {
    std::vector<std::string> found;
    for (const auto& child : call.children())
        if (xml::local_name(child) == name) found.push_back(child.text().get());
    return found;
}

}  // namespace

// nullopt: the session and every entity exist.
std::optional<site::Fault> Api::wrong_question(const Call& call) const {
    const auto& sessions = site_.host(host_).sessions;
    const std::string key = call.request.text("sessionId");
    bool known = false;
    for (const auto& [cookie, session] : sessions) known = known || session.key == key;
    if (!known) return site::faults::not_found();
    for (const auto& child : call.request.call.children()) {
        if (xml::local_name(child) != "entity") continue;
        const Ref entity = parse_ref(child);
        if (!exists(world(call), entity)) return site::faults::no_such_object(entity.type, entity.id);
    }
    return std::nullopt;
}

Api::Outcome Api::has_privilege(const Call& call) {
    if (auto fault = wrong_question(call)) return std::move(*fault);
    std::string out;
    for (size_t i = 0; i < texts(call.request.call, "privId").size(); ++i)
        out += "<returnval>true</returnval>";
    return out;
}

Api::Outcome Api::has_privileges(const Call& call) {
    if (auto fault = wrong_question(call)) return std::move(*fault);
    std::vector<Value> rows;
    for (const auto& privilege : texts(call.request.call, "privId"))
        rows.push_back(Value::object("PrivilegeAvailability", {{"privId", Value::text(privilege)},
                                                               {"isGranted", Value::boolean(true)}}));
    std::string out;
    for (const auto& child : call.request.call.children()) {
        if (xml::local_name(child) != "entity") continue;
        Value::object("EntityPrivilege", {{"entity", Value::ref(parse_ref(child))},
                                          {"privAvailability", Value::list("PrivilegeAvailability", rows)}})
            .write(out, "returnval");
    }
    return out;
}

}  // namespace vmha::sim
