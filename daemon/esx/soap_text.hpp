// SOAP as the vSphere API speaks it: requests as text, replies as a tree. Pure; every value is escaped here.
#pragma once
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/result.hpp"
#include "daemon/core/facts.hpp"
#include "daemon/xml/xml.hpp"

namespace vmha::esx {

// The schema that every ESXi from 6.5 to 8.0 accepts; the host takes it from the SOAPAction header.
inline constexpr std::string_view soap_action = "urn:vim25/6.5";

// A managed object reference.
struct Moref {
    std::string type;
    std::string id;
    bool empty() const { return id.empty(); }
    bool operator==(const Moref&) const = default;
};

// One call. Elements appear in the order of the calls here, which must be the schema's; `_this` comes first.
class Request {
public:
    Request(std::string_view method, const Moref& self);
    Request& text(std::string_view name, std::string_view value);
    Request& flag(std::string_view name, bool value) { return text(name, value ? "true" : "false"); }
    Request& number(std::string_view name, long value) { return text(name, std::to_string(value)); }
    Request& ref(std::string_view name, const Moref& object);
    Request& open(std::string_view name, std::string_view xsi_type = {});
    Request& close();
    std::string envelope() const;  // all that was opened must be closed
    const std::string& method() const { return method_; }

private:
    std::string method_;
    std::string body_;
    std::vector<std::string> open_;
};

// A fault with the name by which the API's faults are told apart.
struct SoapFault {
    core::Fault fault;
    std::string property;  // InvalidProperty: which
    bool is(std::string_view name) const { return fault.name == name; }
};

// An answer of the host, kept with its document, which every node and view into it needs.
struct Reply {
    std::unique_ptr<pugi::xml_document> document;
    pugi::xml_node response;  // <MethodResponse>
    pugi::xml_node returned() const { return xml::child(response, "returnval"); }
};

// What a HTTP response holds. Exactly one of the three is set.
struct Parsed {
    std::optional<Reply> reply;
    std::optional<SoapFault> fault;
    std::optional<Error>
        error;  // no SOAP at all: the host's proxy speaks while its agent is away, or overload
};

// host_name stands in the error's message.
Parsed parse_response(unsigned http_status, std::string_view body, std::string_view method,
                      std::string_view host_name);

// <name>text</name> below the node, or empty.
std::string_view text_of(const pugi::xml_node& parent, std::string_view name);

// A node that is itself a reference: <x type="T">id</x>.
Moref moref_of(const pugi::xml_node& node);

}  // namespace vmha::esx
