#include "tests/simulator/soap/text.hpp"

#include "daemon/xml/xml.hpp"
#include "tests/simulator/soap/spec.hpp"
#include "tests/simulator/soap/world.hpp"

namespace vmha::sim {
namespace {

constexpr std::string_view head =
    "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
    "<soapenv:Envelope xmlns:soapenc=\"http://schemas.xmlsoap.org/soap/encoding/\" "
    "xmlns:soapenv=\"http://schemas.xmlsoap.org/soap/envelope/\" "
    "xmlns:xsd=\"http://www.w3.org/2001/XMLSchema\" "
    "xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\">\n<soapenv:Body>\n";
constexpr std::string_view tail = "\n</soapenv:Body>\n</soapenv:Envelope>";

Error bad(const std::string& cause) {
    return {Errc::invalid_input, "cannot read request: " + cause};
}

}  // namespace

pugi::xml_node Request::parameter(const char* name) const {
    return xml::child(call, name);
}

std::string Request::text(const char* name) const {
    return parameter(name).text().get();
}

Result<Request> parse_request(std::string_view body) {
    Request request{
        .document = std::make_unique<pugi::xml_document>(), .method = {}, .target = {}, .call = {}};
    const auto envelope = xml::parse(*request.document, body, size_t{8} << 20);
    if (!envelope) return bad(envelope.error().message);
    if (xml::name_of(*envelope) != xml::QName{xml::soap_ns, "Envelope"}) return bad("no SOAP envelope");
    const auto soap_body = xml::child(*envelope, "Body");
    for (const auto& child : soap_body.children())
        if (child.type() == pugi::node_element) request.call = child;
    if (!request.call) return bad("no call in the body");
    if (xml::name_of(request.call).ns != xml::vim_ns) return bad("the call is not of urn:vim25");
    request.method = xml::local_name(request.call);
    request.target = parse_ref(request.parameter("_this"));
    return request;
}

Reply answer(std::string_view method, std::string_view inside) {
    std::string body;
    body.reserve(head.size() + tail.size() + inside.size() + 2 * method.size() + 64);
    body.append(head).append("<").append(method).append("Response xmlns=\"urn:vim25\">").append(inside);
    body.append("</").append(method).append("Response>").append(tail);
    return {200, std::move(body)};
}

Reply fault_answer(const site::Fault& fault) {
    std::string body(head);
    body.append("<soapenv:Fault><faultcode>ServerFaultCode</faultcode><faultstring>");
    body.append(xml::escaped(fault.message)).append("</faultstring><detail>");
    // <NameFault xmlns="urn:vim25" xsi:type="Name">fields</NameFault>: clients go by the xsi:type.
    std::string detail;
    fault_value(fault).write(detail, fault.name + "Fault");
    detail.insert(detail.find(' '), " xmlns=\"urn:vim25\"");
    body.append(detail).append("</detail></soapenv:Fault>").append(tail);
    return {500, std::move(body)};
}

std::string service_versions() {
    std::string text =
        "<?xml version=\"1.0\" encoding=\"UTF-8\" ?>\n<namespaces version=\"1.0\">\n <namespace>\n"
        "  <name>urn:vim25</name>\n  <version>7.0.3.0</version>\n  <priorVersions>\n";
    for (const char* version :
         {"7.0.2.0", "7.0.1.0", "7.0.0.0", "6.9.1", "6.8.7", "6.7.3", "6.7.2", "6.7.1", "6.7", "6.5", "6.0",
          "5.5", "5.1", "5.0", "4.1", "4.0", "2.5u2", "2.5", "2.0"})
        text.append("   <version>").append(version).append("</version>\n");
    return text +
           "  </priorVersions>\n </namespace>\n <namespace>\n  <name>urn:vim2</name>\n"
           "  <version>2.0</version>\n </namespace>\n</namespaces>\n";
}

}  // namespace vmha::sim
