// Proves what requests look like on the wire and how replies, faults and other people's HTML are told apart.
#include "daemon/esx/soap_text.hpp"

#include "daemon/esx/requests.hpp"
#include "tests/support/catch.hpp"

using namespace vmha;
using namespace vmha::esx;

namespace {

const ServiceContent content{{"Folder", "ha-folder-root"},
                             {"PropertyCollector", "ha-property-collector"},
                             {"ViewManager", "ViewManager"},
                             {"SessionManager", "ha-sessionmgr"},
                             "",
                             ""};

// The body element of a request, as a server sees it.
struct Seen {
    pugi::xml_document document;
    pugi::xml_node call;
    explicit Seen(const Request& request) {
        const auto root = xml::parse(document, request.envelope());
        REQUIRE(root.has_value());
        CHECK(xml::name_of(*root) == xml::QName{xml::soap_ns, "Envelope"});
        call = root->first_child().first_child();
        CHECK(xml::name_of(call) == xml::QName{xml::vim_ns, request.method()});
    }
    std::vector<std::string> names() const {
        std::vector<std::string> all;
        for (const auto& node : call.children()) all.emplace_back(node.name());
        return all;
    }
};

std::string soap(const std::string& body) {
    return R"(<?xml version="1.0"?><e:Envelope xmlns:e="http://schemas.xmlsoap.org/soap/envelope/")"
           R"( xmlns:i="http://www.w3.org/2001/XMLSchema-instance"><e:Body>)" +
           body + "</e:Body></e:Envelope>";
}

}  // namespace

TEST_CASE("a password of markup arrives as it was typed") {
    const Seen seen(request::login(content, "vm<ha>", "a&b\"</password><x>'"));
    CHECK(seen.names() == std::vector<std::string>{"_this", "userName", "password", "locale"});
    CHECK(text_of(seen.call, "userName") == "vm<ha>");
    CHECK(text_of(seen.call, "password") == "a&b\"</password><x>'");
    CHECK(text_of(seen.call, "locale") == "en_US");
    CHECK(moref_of(xml::child(seen.call, "_this")) == content.session_manager);
}

TEST_CASE("elements stand in the order of the schema, _this first") {
    const Places places{{"Folder", "ha-folder-vm"},
                        {"ResourcePool", "ha-root-pool"},
                        {"HostSystem", "ha-host"},
                        {"HostStorageSystem", "storage"}};
    const Seen seen(request::register_vm(places, "[EC iSCSI] a (1)/b.vmx"));
    CHECK(seen.names() == std::vector<std::string>{"_this", "path", "asTemplate", "pool", "host"});
    CHECK(text_of(seen.call, "path") == "[EC iSCSI] a (1)/b.vmx");
    CHECK(moref_of(xml::child(seen.call, "pool")) == places.pool);
}

TEST_CASE("a filter asks for whole values of the members of the view") {
    const Seen seen(
        request::create_filter({"PropertyCollector", "pc-1"}, {"ContainerView", "v"}, PropertyPlan()));
    CHECK(seen.names() == std::vector<std::string>{"_this", "spec", "partialUpdates"});
    CHECK(text_of(seen.call, "partialUpdates") == "false");
    const auto spec = xml::child(seen.call, "spec");
    const auto objects = xml::child(spec, "objectSet");
    // ESXi wants propSet before objectSet.
    CHECK(std::string(spec.last_child().name()) == "objectSet");
    CHECK(text_of(objects, "skip") == "true");
    const auto select = xml::child(objects, "selectSet");
    CHECK(xml::type_of(select)->local == "TraversalSpec");
    CHECK(text_of(select, "path") == "view");
}

TEST_CASE("every direct read asks for the session's sign of life in the same call") {
    const PropertyPlan plan;
    for (const auto& request :
         {request::read_vm(content, "496", plan), request::read_all(content, {"ContainerView", "v"}, plan)}) {
        const Seen seen(request);
        const std::string text = request.envelope();
        CHECK(text.find("<pathSet>currentSession</pathSet>") != std::string::npos);
        CHECK(text.find("<obj type=\"SessionManager\">ha-sessionmgr</obj>") != std::string::npos);
        // RetrieveOptions must be sent even if empty.
        CHECK(seen.names() == std::vector<std::string>{"_this", "specSet", "options"});
    }
}

TEST_CASE("the reply of the call is taken, under any prefix") {
    const auto parsed =
        parse_response(200,
                       soap("<v:CurrentTimeResponse xmlns:v=\"urn:vim25\"><v:returnval>now</v:returnval>"
                            "</v:CurrentTimeResponse>"),
                       "CurrentTime", "esxi1");
    REQUIRE(parsed.reply);
    CHECK(std::string(parsed.reply->returned().child_value()) == "now");
}

TEST_CASE("a reply of another call or another namespace is none") {
    CHECK(parse_response(200, soap("<LoginResponse xmlns=\"urn:vim25\"/>"), "Logout", "esxi1").error->code ==
          Errc::bad_reply);
    CHECK(parse_response(200, soap("<LogoutResponse xmlns=\"urn:other\"/>"), "Logout", "esxi1").error->code ==
          Errc::bad_reply);
    CHECK(parse_response(200, "<Envelope><Body><LogoutResponse/></Body></Envelope>", "Logout", "esxi1")
              .error->code == Errc::bad_reply);
}

TEST_CASE("a proxy without its agent means that the host is away, not that it said something") {
    for (const unsigned status : {401u, 502u, 503u}) {
        const auto parsed =
            parse_response(status, "<html><body>Service Unavailable<br></body></html>", "Login", "esxi1");
        REQUIRE(parsed.error);
        CHECK(parsed.error->code == Errc::unreachable);
        CHECK(parsed.error->message ==
              "cannot call Login on esxi1: the host's API answers HTTP " + std::to_string(status));
    }
}

TEST_CASE("HTML instead of XML is a bad reply") {
    const auto parsed = parse_response(200, "<html><br></html>", "Login", "esxi1");
    REQUIRE(parsed.error);
    CHECK(parsed.error->code == Errc::bad_reply);
}

TEST_CASE("a fault is told by its type, whatever the element is called") {
    const auto parsed = parse_response(
        500,
        soap("<e:Fault><faultcode>ServerFaultCode</faultcode><faultstring>gone</faultstring><detail>"
             "<x:Whatever xmlns:x=\"urn:vim25\" i:type=\"x:ManagedObjectNotFound\"/></detail></e:Fault>"),
        "PowerOnVM_Task", "esxi1");
    REQUIRE(parsed.fault);
    CHECK(parsed.fault->is("ManagedObjectNotFound"));
    CHECK(parsed.fault->fault.kind == core::FaultKind::object_gone);
    CHECK(parsed.fault->fault.message == "gone");
}

TEST_CASE("places are found by what the objects tell, not by well-known names") {
    const auto parsed =
        parse_response(200, soap(R"(<RetrievePropertiesExResponse xmlns="urn:vim25"><returnval>
          <objects><obj type="Datacenter">dc</obj><propSet><name>vmFolder</name><val type="Folder">f</val></propSet>
          </objects><objects><obj type="ComputeResource">cr</obj><propSet><name>resourcePool</name>
          <val type="ResourcePool">p</val></propSet></objects><objects><obj type="HostSystem">h</obj><propSet>
          <name>configManager.storageSystem</name><val type="HostStorageSystem">s</val></propSet></objects>
          </returnval></RetrievePropertiesExResponse>)"),
                       "RetrievePropertiesEx", "esxi1");
    REQUIRE(parsed.reply);
    const auto places = places_of(retrieved_of(*parsed.reply));
    CHECK(places.complete());
    CHECK(places.vm_folder == Moref{"Folder", "f"});
    CHECK(places.pool == Moref{"ResourcePool", "p"});
    CHECK(places.host == Moref{"HostSystem", "h"});
    CHECK(places.storage_system == Moref{"HostStorageSystem", "s"});
}
