// A host's API without a network, for tests: calls go in as SOAP text and come out parsed.
#pragma once
#include <optional>
#include <pugixml.hpp>
#include <string>
#include <vector>

#include "daemon/xml/xml.hpp"
#include "tests/simulator/soap/api.hpp"
#include "tests/support/catch.hpp"

namespace vmha::sim {

// An answer that has come, or (nothing inside) one that is still being waited for.
class Answered {
public:
    bool has_come() const { return reply_ != nullptr; }
    unsigned status() const { return reply_->status; }
    std::string body() const { return reply_->body; }
    // The xsi:type of the fault; empty when there is none.
    std::string fault() const {
        const auto detail = xml::child(xml::child(content(), "Fault"), "detail").first_child();
        const auto type = xml::type_of(detail);
        return type ? std::string(type->local) : "";
    }
    // Elements on the way down from the response element, first match each.
    pugi::xml_node at(const std::vector<const char*>& path) const {
        pugi::xml_node node = content().first_child();
        for (const char* name : path) node = xml::child(node, name);
        return node;
    }
    std::string text(const std::vector<const char*>& path) const { return at(path).text().get(); }

private:
    friend class TestHost;
    pugi::xml_node content() const { return xml::child(document_->document_element(), "Body"); }
    std::shared_ptr<Reply> reply_;
    std::shared_ptr<pugi::xml_document> document_;
};

class TestHost {
public:
    explicit TestHost(site::SiteConfig config = site::default_site(), bool logged_in = true)
        : site(std::move(config)), api(site, 0, std::chrono::system_clock::time_point{}) {
        site.on_change = [this](const site::Change& change) {
            if (change.host == 0) api.note(change);
        };
        if (logged_in) login();
    }

    void login() {
        const Answered answered = call("Login", "SessionManager", "ha-sessionmgr",
                                       "<userName>root</userName><password>esxsim</password>");
        REQUIRE(answered.status() == 200);
        cookie = answered.reply_->set_cookie;
    }

    // The answer may come later: look at it again after whatever brings it.
    std::shared_ptr<Answered> ask(const std::string& method, const std::string& type, const std::string& id,
                                  const std::string& parameters = "") {
        const std::string body =
            "<e:Envelope xmlns:e=\"http://schemas.xmlsoap.org/soap/envelope/\" "
            "xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\"><e:Body><" +
            method + " xmlns=\"urn:vim25\"><_this type=\"" + type + "\">" + id + "</_this>" + parameters +
            "</" + method + "></e:Body></e:Envelope>";
        const auto request = parse_request(body);
        REQUIRE(request.has_value());
        auto answered = std::make_shared<Answered>();
        ticket = api.call(*request, {cookie, "127.0.0.1", "test"}, [answered](Reply reply) {
            answered->reply_ = std::make_shared<Reply>(std::move(reply));
            answered->document_ = std::make_shared<pugi::xml_document>();
            answered->document_->load_string(answered->reply_->body.c_str());
        });
        api.publish();
        return answered;
    }

    Answered call(const std::string& method, const std::string& type, const std::string& id,
                  const std::string& parameters = "") {
        const auto answered = ask(method, type, id, parameters);
        REQUIRE(answered->has_come());
        return *answered;
    }

    int registered(const std::string& name) {
        const std::string task = site.register_vm(0, "[EC_iSCSI] " + name + "/" + name + ".vmx", "", "root");
        api.publish();
        return site.host(0).tasks.at(task).result_vm;
    }

    void power(int vm, site::Verb verb) {
        site.power(0, vm, verb, "root");
        api.publish();
    }

    std::string view() {
        return call("CreateContainerView", "ViewManager", "ViewManager",
                    "<container type=\"Folder\">ha-folder-root</container><type>VirtualMachine</type>"
                    "<recursive>true</recursive>")
            .text({"returnval"});
    }

    // A filter on the VMs of a view, on the session's own collector unless another is named.
    std::string filter(const std::vector<std::string>& paths,
                       const std::string& collector = "ha-property-collector") {
        return call("CreateFilter", "PropertyCollector", collector,
                    "<spec>" + vm_spec(paths) + "</spec><partialUpdates>false</partialUpdates>")
            .text({"returnval"});
    }

    std::string vm_spec(const std::vector<std::string>& paths) {
        std::string spec = "<propSet><type>VirtualMachine</type>";
        for (const auto& path : paths) spec += "<pathSet>" + path + "</pathSet>";
        return spec + "</propSet><objectSet><obj type=\"ContainerView\">" + view() +
               "</obj><skip>true</skip><selectSet "
               "xsi:type=\"TraversalSpec\"><name>v</name><type>ContainerView</type>"
               "<path>view</path><skip>false</skip></selectSet></objectSet>";
    }

    std::shared_ptr<Answered> wait(const std::string& version, const std::string& options = "",
                                   const std::string& collector = "ha-property-collector") {
        return ask("WaitForUpdatesEx", "PropertyCollector", collector,
                   "<version>" + version + "</version>" +
                       (options.empty() ? "" : "<options>" + options + "</options>"));
    }

    // Only what is there already.
    Answered poll(const std::string& version, const std::string& more = "",
                  const std::string& collector = "ha-property-collector") {
        const auto answered = wait(version, "<maxWaitSeconds>0</maxWaitSeconds>" + more, collector);
        REQUIRE(answered->has_come());
        return *answered;
    }

    site::Site site;
    Api api;
    std::string cookie;
    Api::Ticket ticket = 0;
};

// "enter 1, modify 2, leave 3" of an update's first filter.
inline std::string kinds(const Answered& update) {
    std::string text;
    for (const auto& node : update.at({"returnval", "filterSet"}).children("objectSet")) {
        if (!text.empty()) text += ", ";
        text += std::string(node.child_value("kind")) + " " + node.child_value("obj");
    }
    return text;
}

// "name=value, …" of an update's first object.
inline std::string changes(const Answered& update) {
    std::string text;
    for (const auto& node : update.at({"returnval", "filterSet", "objectSet"}).children("changeSet")) {
        if (!text.empty()) text += ", ";
        text += std::string(node.child_value("name")) + "=" + node.child_value("val");
    }
    return text;
}

}  // namespace vmha::sim
