#include "daemon/esx/soap_text.hpp"

#include <boost/assert.hpp>

#include "daemon/esx/faults.hpp"

namespace vmha::esx {

namespace {

constexpr std::string_view head =
    R"(<?xml version="1.0" encoding="UTF-8"?>)"
    R"(<soapenv:Envelope xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/")"
    R"( xmlns:xsd="http://www.w3.org/2001/XMLSchema")"
    R"( xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"><soapenv:Body>)";
constexpr std::string_view tail = "</soapenv:Body></soapenv:Envelope>";

pugi::xml_node body_of(const pugi::xml_node& envelope) {
    if (xml::name_of(envelope) != xml::QName{xml::soap_ns, "Envelope"}) return {};
    for (const auto& node : envelope.children())
        if (xml::name_of(node) == xml::QName{xml::soap_ns, "Body"}) return node;
    return {};
}

pugi::xml_node first_element(const pugi::xml_node& parent) {
    for (const auto& node : parent.children())
        if (node.type() == pugi::node_element) return node;
    return {};
}

Error no_soap(unsigned status, std::string_view method, std::string_view host_name, std::string_view why) {
    // 502, 503: the proxy is up and the management agent behind it is not; 401 is seen at overload (KB
    // 383231).
    const bool away = status != 200 && status != 500;
    return {away ? Errc::unreachable : Errc::bad_reply,
            "cannot call " + std::string(method) + " on " + std::string(host_name) + ": " +
                (away ? "the host's API answers HTTP " + std::to_string(status) : std::string(why))};
}

}  // namespace

Request::Request(std::string_view method, const Moref& self) : method_(method) {
    body_.append("<").append(method).append(" xmlns=\"").append(xml::vim_ns).append("\">");
    ref("_this", self);
}

Request& Request::text(std::string_view name, std::string_view value) {
    body_.append("<").append(name).append(">").append(xml::escaped(value));
    body_.append("</").append(name).append(">");
    return *this;
}

Request& Request::ref(std::string_view name, const Moref& object) {
    body_.append("<").append(name).append(" type=\"").append(xml::escaped(object.type)).append("\">");
    body_.append(xml::escaped(object.id)).append("</").append(name).append(">");
    return *this;
}

Request& Request::open(std::string_view name, std::string_view xsi_type) {
    body_.append("<").append(name);
    if (!xsi_type.empty()) body_.append(" xsi:type=\"").append(xsi_type).append("\"");
    body_.append(">");
    open_.emplace_back(name);
    return *this;
}

Request& Request::close() {
    BOOST_ASSERT(!open_.empty());
    body_.append("</").append(open_.back()).append(">");
    open_.pop_back();
    return *this;
}

std::string Request::envelope() const {
    BOOST_ASSERT(open_.empty());
    std::string text(head);
    text.append(body_).append("</").append(method_).append(">").append(tail);
    return text;
}

Parsed parse_response(unsigned http_status, std::string_view body, std::string_view method,
                      std::string_view host_name) {
    Parsed parsed;
    auto document = std::make_unique<pugi::xml_document>();
    const auto root = xml::parse(*document, body);
    if (!root) {
        parsed.error = no_soap(http_status, method, host_name, root.error().message);
        return parsed;
    }
    const auto content = first_element(body_of(*root));
    const auto name = xml::name_of(content);
    if (name == xml::QName{xml::soap_ns, "Fault"}) {
        parsed.fault = fault_of_soap(content);
    } else if (name.ns == xml::vim_ns && name.local == std::string(method) + "Response") {
        parsed.reply = Reply{std::move(document), content};
    } else {
        parsed.error = no_soap(http_status, method, host_name, "the reply is not the one of this call");
    }
    return parsed;
}

std::string_view text_of(const pugi::xml_node& parent, std::string_view name) {
    return xml::child(parent, name).child_value();
}

Moref moref_of(const pugi::xml_node& node) {
    return {node.attribute("type").value(), node.child_value()};
}

}  // namespace vmha::esx
