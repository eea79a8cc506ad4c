// ServiceInstance and SessionManager, and what a client without a valid session gets.
#include "daemon/xml/xml.hpp"
#include "tests/simulator/model/faults.hpp"
#include "tests/simulator/soap/api.hpp"
#include "tests/simulator/soap/properties.hpp"

namespace vmha::sim {

Api::Outcome Api::retrieve_service_content(const Call& call) {
    std::string out;
    property(world(call), well_known::service, "content")->write(out, "returnval");
    return out;
}

Api::Outcome Api::current_time(const Call& call) {
    return "<returnval>" + world(call).wall(site_.now()) + "</returnval>";
}

Api::Outcome Api::login(const Call& call) {
    auto outcome = site_.login(host_, call.request.text("userName"), call.request.text("password"),
                               call.caller.address, call.caller.agent, call.caller.cookie);
    if (auto* fault = std::get_if<site::Fault>(&outcome)) return std::move(*fault);
    const auto& session = std::get<site::Session>(outcome);
    new_cookie_ = session.cookie;
    std::string out;
    user_session(world(call), session).write(out, "returnval");
    return out;
}

Api::Outcome Api::logout(const Call& call) {
    const std::string cookie = call.caller.cookie;
    site_.logout(host_, cookie);
    return std::string{};
}

Api::Outcome Api::session_is_active(const Call&) {
    // Not on ESXi: pyvmomi#749.
    return site::faults::not_supported("NotImplemented", "A standalone host does not offer this method.");
}

// Reads of SessionManager and ServiceInstance are allowed to everybody (currentSession is then unset: how
// libvirt finds out). The rest depends on whether the session once was valid, and on how this host treats
// expired ones.
Api::Outcome Api::unauthenticated_read(const Request& request, const Caller& caller) {
    const World here = world(nullptr, nullptr);
    FilterSpec spec;
    bool harmless = true;
    for (const auto& child : request.call.children()) {
        if (xml::local_name(child) != "specSet") continue;
        FilterSpec one = parse_spec(child);
        for (const auto& object : one.objects)
            harmless =
                harmless && (object.object == well_known::sessions || object.object == well_known::service);
        spec.properties.insert(spec.properties.end(), one.properties.begin(), one.properties.end());
        spec.objects.insert(spec.objects.end(), one.objects.begin(), one.objects.end());
    }
    const site::Fault refused = site::faults::not_authenticated(request.target.type, request.target.id);
    const bool ex = request.method == "RetrievePropertiesEx";
    const auto shape = site_.host(host_).expired_shape;
    if (!harmless && (!site_.is_expired(host_, caller.cookie) || shape == site::ExpiredShape::fault))
        return refused;
    if (!harmless && shape == site::ExpiredShape::empty) return std::string{};
    std::string out;
    if (harmless) {
        auto objects = retrieve_objects(here, spec);
        if (auto* fault = std::get_if<site::Fault>(&objects)) return std::move(*fault);
        for (const auto& object : std::get<std::deque<std::string>>(objects)) out += object;
    } else {
        std::string fault;
        localized(refused).write(fault, "fault");
        for (const auto& object : walk(here, spec).objects) {
            out.append("<objects><obj type=\"")
                .append(object.type)
                .append("\">")
                .append(object.id)
                .append("</obj>");
            for (const auto& path : paths_of(spec, object.type).first) out += missing_xml(path, fault);
            out += "</objects>";
        }
    }
    if (ex) return out.empty() ? out : "<returnval>" + out + "</returnval>";
    // RetrieveProperties has no <objects> around each: its returnval is the object.
    std::string plain;
    for (size_t at = 0; at < out.size();) {
        const size_t end = out.find("</objects>", at);
        plain += "<returnval>" + out.substr(at + 9, end - at - 9) + "</returnval>";
        at = end + 10;
    }
    return plain;
}

}  // namespace vmha::sim
