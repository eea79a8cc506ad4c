// The methods of a host's API besides the collector's updates: sessions, reads, writes and their faults.
#include "tests/simulator/api_fixture.hpp"

using namespace vmha;
using namespace vmha::sim;

namespace {

std::string read_spec(const std::string& type, const std::string& id, const std::vector<std::string>& paths) {
    std::string spec = "<specSet><propSet><type>" + type + "</type>";
    for (const auto& path : paths) spec += "<pathSet>" + path + "</pathSet>";
    return spec + "</propSet><objectSet><obj type=\"" + type + "\">" + id +
           "</obj></objectSet></specSet><options/>";
}

Answered read(TestHost& host, const std::string& type, const std::string& id,
              const std::vector<std::string>& paths) {
    return host.call("RetrievePropertiesEx", "PropertyCollector", "ha-property-collector",
                     read_spec(type, id, paths));
}

std::string task_fault(TestHost& host, const std::string& task) {
    const Answered info = read(host, "Task", task, {"info.error"});
    const auto type = xml::type_of(info.at({"returnval", "objects", "propSet", "val", "fault"}));
    return type ? std::string(type->local) : "";
}

}  // namespace

TEST_CASE("the service content is there for everybody and says that this is a host") {
    TestHost host(site::default_site(), false);
    const Answered content = host.call("RetrieveServiceContent", "ServiceInstance", "ServiceInstance");
    CHECK(content.text({"returnval", "about", "apiType"}) == "HostAgent");
    CHECK(content.text({"returnval", "propertyCollector"}) == "ha-property-collector");
    CHECK(std::string(content.at({"returnval", "rootFolder"}).attribute("type").value()) == "Folder");
}

TEST_CASE("without a session everything else is refused") {
    TestHost host(site::default_site(), false);
    const Answered refused = host.call("CurrentTime", "ServiceInstance", "ServiceInstance");
    CHECK(refused.status() == 500);
    CHECK(refused.fault() == "NotAuthenticated");
    CHECK(read(host, "HostSystem", "ha-host", {"name"}).fault() == "NotAuthenticated");
}

TEST_CASE("currentSession is null without a session and the caller's with one") {
    TestHost host(site::default_site(), false);
    const Answered nobody = read(host, "SessionManager", "ha-sessionmgr", {"currentSession"});
    CHECK(nobody.status() == 200);
    CHECK_FALSE(nobody.at({"returnval", "objects", "propSet"}));
    host.login();
    const Answered somebody = read(host, "SessionManager", "ha-sessionmgr", {"currentSession"});
    CHECK(somebody.text({"returnval", "objects", "propSet", "val", "userName"}) == "root");
    CHECK(host.call("SessionIsActive", "SessionManager", "ha-sessionmgr").fault() == "NotImplemented");
}

TEST_CASE("an expired session's reads come in the shape that was chosen") {
    TestHost host;
    host.registered("vm1");
    SECTION("a fault") {
        host.site.expire_sessions(0, site::ExpiredShape::fault);
        CHECK(read(host, "VirtualMachine", "1", {"name"}).fault() == "NotAuthenticated");
    }
    SECTION("nothing at all") {
        host.site.expire_sessions(0, site::ExpiredShape::empty);
        const Answered nothing = read(host, "VirtualMachine", "1", {"name"});
        CHECK(nothing.status() == 200);
        CHECK_FALSE(nothing.at({"returnval"}));
    }
    SECTION("the objects, with every property missing") {
        host.site.expire_sessions(0, site::ExpiredShape::missing);
        const Answered missing = read(host, "VirtualMachine", "1", {"name"});
        CHECK(missing.status() == 200);
        CHECK_FALSE(missing.at({"returnval", "objects", "propSet"}));
        const auto fault = missing.at({"returnval", "objects", "missingSet", "fault", "fault"});
        CHECK(xml::type_of(fault)->local == "NotAuthenticated");
    }
    CHECK(host.call("CurrentTime", "ServiceInstance", "ServiceInstance").fault() == "NotAuthenticated");
    host.login();
    CHECK(read(host, "VirtualMachine", "1", {"name"}).text({"returnval", "objects", "propSet", "val"}) ==
          "vm1");
}

TEST_CASE("properties are read at any depth, and unset ones are left out") {
    TestHost host;
    host.registered("vm1");
    const Answered deep = read(host, "VirtualMachine", "1", {"summary.runtime.powerState"});
    const auto value = deep.at({"returnval", "objects", "propSet", "val"});
    CHECK(std::string(value.text().get()) == "poweredOff");
    CHECK(xml::type_of(value)->local == "VirtualMachinePowerState");
    CHECK_FALSE(
        read(host, "VirtualMachine", "1", {"runtime.question"}).at({"returnval", "objects", "propSet"}));
    const Answered below = read(host, "VirtualMachine", "1", {"runtime.question.id"});
    CHECK(below.status() == 200);
    CHECK_FALSE(below.at({"returnval", "objects", "propSet"}));
    const Answered whole = read(host, "VirtualMachine", "1", {"runtime"});
    CHECK(whole.text({"returnval", "objects", "propSet", "val", "powerState"}) == "poweredOff");
}

TEST_CASE("items of an array carry their types") {
    TestHost host;
    host.registered("vm1");
    const Answered answered = read(host, "VirtualMachine", "1", {"datastore"});
    const auto value = answered.at({"returnval", "objects", "propSet", "val"});
    CHECK(xml::type_of(value)->local == "ArrayOfManagedObjectReference");
    CHECK(xml::type_of(xml::child(value, "ManagedObjectReference"))->local == "ManagedObjectReference");
}

TEST_CASE("a path that cannot exist is a fault, or missing where the site says so") {
    TestHost host;
    host.registered("vm1");
    CHECK(read(host, "VirtualMachine", "1", {"name", "nosuch.prop"}).fault() == "InvalidProperty");
    CHECK(read(host, "VirtualMachine", "1", {"runtime.nosuch"}).fault() == "InvalidProperty");
    auto config = site::default_site();
    config.invalid_property_is_fault = false;
    TestHost lenient(config);
    lenient.registered("vm1");
    const Answered answered = read(lenient, "VirtualMachine", "1", {"name", "nosuch.prop"});
    CHECK(answered.text({"returnval", "objects", "propSet", "val"}) == "vm1");
    CHECK(answered.text({"returnval", "objects", "missingSet", "path"}) == "nosuch.prop");
}

TEST_CASE("reads come in pages when the client wants that") {
    TestHost host;
    for (const char* name : {"vm1", "vm2", "vm3"}) host.registered(name);
    const Answered first = host.call(
        "RetrievePropertiesEx", "PropertyCollector", "ha-property-collector",
        "<specSet>" + host.vm_spec({"name"}) + "</specSet><options><maxObjects>2</maxObjects></options>");
    const std::string token = first.text({"returnval", "token"});
    REQUIRE_FALSE(token.empty());
    const auto next = [&host](const std::string& from) {
        return host.call("ContinueRetrievePropertiesEx", "PropertyCollector", "ha-property-collector",
                         "<token>" + from + "</token>");
    };
    const Answered second = next(token);
    CHECK(second.text({"returnval", "objects", "obj"}) == "3");
    CHECK_FALSE(second.at({"returnval", "token"}));
    CHECK_FALSE(next(token).fault().empty());
}

TEST_CASE("VMs are found through the folders too") {
    TestHost host;
    host.registered("vm2");
    const std::string spec =
        "<specSet><propSet><type>VirtualMachine</type><pathSet>name</pathSet></propSet><objectSet>"
        "<obj type=\"Folder\">ha-folder-root</obj><skip>true</skip>"
        "<selectSet xsi:type=\"TraversalSpec\"><name>f</name><type>Folder</type><path>childEntity</path>"
        "<selectSet><name>f</name></selectSet><selectSet><name>d</name></selectSet></selectSet>"
        "<selectSet xsi:type=\"TraversalSpec\"><name>d</name><type>Datacenter</type><path>vmFolder</path>"
        "<selectSet><name>f</name></selectSet></selectSet></objectSet></specSet><options/>";
    const Answered found =
        host.call("RetrievePropertiesEx", "PropertyCollector", "ha-property-collector", spec);
    CHECK(found.text({"returnval", "objects", "propSet", "val"}) == "vm2");
}

TEST_CASE("a traversal is followed only from objects of its type") {
    TestHost host;
    const auto found = [&host](const std::string& type) {
        return host
            .call("RetrievePropertiesEx", "PropertyCollector", "ha-property-collector",
                  "<specSet><propSet><type>Datastore</type><pathSet>name</pathSet></propSet><objectSet>"
                  "<obj type=\"Datacenter\">ha-datacenter</obj><skip>true</skip>"
                  "<selectSet xsi:type=\"TraversalSpec\"><type>" +
                      type + "</type><path>datastore</path></selectSet></objectSet></specSet><options/>")
            .text({"returnval", "objects", "propSet", "val"});
    };
    CHECK(found("Datacenter") == "EC_iSCSI");
    CHECK(found("ManagedEntity") == "EC_iSCSI");
    CHECK(found("ComputeResource").empty());
}

TEST_CASE("a register, its task and its result") {
    TestHost host;
    const std::string parameters =
        "<path>[EC_iSCSI] vm1/vm1.vmx</path><asTemplate>false</asTemplate><pool "
        "type=\"ResourcePool\">ha-root-pool</pool>";
    const std::string task =
        host.call("RegisterVM_Task", "Folder", "ha-folder-vm", parameters).text({"returnval"});
    const Answered info = read(host, "Task", task, {"info"});
    CHECK(info.text({"returnval", "objects", "propSet", "val", "state"}) == "success");
    CHECK(info.text({"returnval", "objects", "propSet", "val", "result"}) == "1");
    const std::string again =
        host.call("RegisterVM_Task", "Folder", "ha-folder-vm", parameters).text({"returnval"});
    CHECK(task_fault(host, again) == "AlreadyExists");
    const Answered error = read(host, "Task", again, {"info.error"});
    CHECK(error.text({"returnval", "objects", "propSet", "val", "fault", "name"}) == "1");
    CHECK(host.call("RegisterVM_Task", "Folder", "ha-folder-vm", "<path>[EC_iSCSI] vm1/vm1.vmx</path>")
              .fault() == "InvalidArgument");
}

TEST_CASE("what does not exist is said so") {
    TestHost host;
    CHECK(host.call("PowerOnVM_Task", "VirtualMachine", "99999").fault() == "ManagedObjectNotFound");
    CHECK(host.call("PowerOnVM_Task", "VirtualMachine", "1x").fault() == "ManagedObjectNotFound");
    CHECK(read(host, "VirtualMachine", "99999", {"name"}).fault() == "ManagedObjectNotFound");
    CHECK(host.call("NoSuchMethod", "ServiceInstance", "ServiceInstance").fault() == "InvalidRequest");
}

TEST_CASE("a question is shown with its choices and answered by its key") {
    TestHost host;
    host.registered("vm1");
    host.power(1, site::Verb::power_on);
    host.site.ask(0, 1, "msg.hbacommon.outofspace", "");
    const Answered shown = read(host, "VirtualMachine", "1", {"runtime.question"});
    const auto question = shown.at({"returnval", "objects", "propSet", "val"});
    CHECK(std::string(question.child("message").child_value("id")) == "msg.hbacommon.outofspace");
    const std::string id = question.child_value("id");
    CHECK(host.call("AnswerVM", "VirtualMachine", "1",
                    "<questionId>" + id + "</questionId><answerChoice>1</answerChoice>")
              .status() == 200);
    CHECK(host.site.vm(0, 1)->power == site::Power::powered_off);
}

TEST_CASE("text that is not one SOAP call is refused") {
    const std::string envelope = "<e:Envelope xmlns:e=\"http://schemas.xmlsoap.org/soap/envelope/\"><e:Body>";
    const std::string end = "</e:Body></e:Envelope>";
    for (const std::string& text : {std::string("nonsense"), std::string("<a/>"), envelope + end,
                                    envelope + "<CurrentTime xmlns=\"urn:other\"/>" + end})
        CHECK(parse_request(text).has_error());
    const auto prefixed = parse_request(
        "<e:Envelope xmlns:e=\"http://schemas.xmlsoap.org/soap/envelope/\" xmlns:v=\"urn:vim25\"><e:Body>"
        "<v:CurrentTime><v:_this "
        "type=\"ServiceInstance\">ServiceInstance</v:_this></v:CurrentTime></e:Body></e:Envelope>");
    REQUIRE(prefixed.has_value());
    CHECK(prefixed->method == "CurrentTime");
    CHECK(prefixed->target == Ref{"ServiceInstance", "ServiceInstance"});
}

TEST_CASE("names with special characters survive the way") {
    auto config = site::default_site();
    config.vms[0].files.name = "a<b>&\"c\"";
    TestHost host(config);
    host.registered("vm1");
    CHECK(read(host, "VirtualMachine", "1", {"name"}).text({"returnval", "objects", "propSet", "val"}) ==
          "a<b>&\"c\"");
}
