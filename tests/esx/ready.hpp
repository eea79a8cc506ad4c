// A host whose link is up and whose first reads are over, for the tests of writes and looks.
#pragma once
#include "tests/esx/lab.hpp"

namespace vmha::test {

struct Ready : Lab {
    explicit Ready(std::optional<esx::Limits> with = {}) {
        if (with) limits = *with;
        fake.vms["16"] = {"vm one", "[EC_iSCSI] vm1/vm1.vmx", "poweredOff"};
        for (const auto* method :
             {"PowerOnVM_Task", "PowerOffVM_Task", "RegisterVM_Task", "SearchDatastore_Task"})
            fake.always[method] = [](const pugi::xml_node&) {
                return Answer{"<returnval type=\"Task\">haTask-1</returnval>"};
            };
        start();
        REQUIRE(up());
        // The reads that follow the full view would take the answers that are meant for others.
        REQUIRE(until([&] { return fake.count("HasPrivilegeOnEntities") > 0; }));
        run_for(20);
    }

    // TaskInfo of every task from now on; other reads are answered by `other` or not at all.
    std::string state = "success", rest;
    void tasks() {
        fake.always["RetrievePropertiesEx"] = [this](const pugi::xml_node& call) {
            const auto of = xml::child(xml::child(xml::child(call, "specSet"), "objectSet"), "obj");
            const std::string type = of.attribute("type").value();
            if (type == "Datastore")
                return Answer{
                    "<returnval><objects><obj type=\"Datastore\">5bc7-ds</obj><propSet><name>browser</name>"
                    "<val type=\"HostDatastoreBrowser\">browser-1</val></propSet></objects></returnval>"};
            if (type == "SessionManager")
                return Answer{
                    "<returnval><objects><obj type=\"SessionManager\">s</obj><propSet><name>currentSession"
                    "</name><val><key>52ab</key></val></propSet></objects></returnval>"};
            return Answer{
                "<returnval><objects><obj type=\"Task\">haTask-1</obj><propSet><name>info</name>"
                "<val xsi:type=\"TaskInfo\"><key>haTask-1</key><state>" +
                state + "</state>" + rest + "</val></propSet></objects></returnval>"};
        };
    }
    core::Write registration(const std::string& path) const {
        auto write = order(core::Verb::register_vm, "");
        write.path = *core::parse_vmx_path(path);
        return write;
    }
};

}  // namespace vmha::test
