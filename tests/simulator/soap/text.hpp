// SOAP as text: a request taken apart, answers and faults put together. Pure.
#pragma once
#include <memory>
#include <pugixml.hpp>
#include <string>
#include <string_view>

#include "common/result.hpp"
#include "tests/simulator/model/types.hpp"
#include "tests/simulator/soap/value.hpp"

namespace vmha::sim {

// One call. Owns its document; the nodes point into it.
struct Request {
    std::unique_ptr<pugi::xml_document> document;
    std::string method;
    Ref target;  // _this
    pugi::xml_node call;

    std::string text(const char* name) const;  // of a parameter; empty when it is absent
    pugi::xml_node parameter(const char* name) const;
};

// Errc::invalid_input for everything that is not a SOAP envelope with one call in it.
Result<Request> parse_request(std::string_view body);

// An HTTP answer's status and body.
struct Reply {
    unsigned status = 200;
    std::string body;
    std::string set_cookie = {};  // a cookie's value, without quotes
};

// <MethodResponse> with what is inside it.
Reply answer(std::string_view method, std::string_view inside);
Reply fault_answer(const site::Fault& fault);

// /sdk/vimServiceVersions.xml
std::string service_versions();

}  // namespace vmha::sim
