// Proves what is read beside the change feed and when: licence, rights, unmounted volumes, the tasks of
// others.
#include "daemon/esx/aside.hpp"
#include "tests/esx/lab.hpp"

using namespace vmha;
using namespace vmha::test;
using core::FaultKind;
using core::Outcome;
using core::Verb;

namespace {

const std::string free_licence =
    "<LicenseManagerLicenseInfo><editionKey>esxBasic</editionKey><name>vSphere 7 Hypervisor</name>"
    "</LicenseManagerLicenseInfo>";
const std::string paid_licence =
    "<LicenseManagerLicenseInfo><editionKey>esx.standard</editionKey><name>vSphere 7 Standard</name>"
    "</LicenseManagerLicenseInfo>";

struct Known : Lab {
    Known() { fake.vms["16"] = {"vm one", "[EC_iSCSI] vm1/vm1.vmx", "poweredOn"}; }

    // The newest that any Read said.
    std::optional<core::HostFacts> facts() const {
        std::optional<core::HostFacts> newest;
        for (const auto& read : all<core::Read>())
            if (read.facts) newest = read.facts;
        return newest;
    }
    bool facts_are(const std::function<bool(const core::HostFacts&)>& so) {
        return until([&] { return facts() && so(*facts()); });
    }
};

Answer privileges(const std::string& granted) {
    std::string text = "<returnval><entity type=\"Folder\">f</entity>";
    for (const auto privilege : esx::needed_privileges())
        text += "<privAvailability><privId>" + std::string(privilege) + "</privId><isGranted>" + granted +
                "</isGranted></privAvailability>";
    return {text + "</returnval>"};
}

Answer volume(const std::string& label) {
    return {"<returnval><vmfsLabel>" + label + "</vmfsLabel><vmfsUuid>5bc7</vmfsUuid></returnval>"};
}

}  // namespace

TEST_CASE("the first full view waits for none of the reads beside it") {
    Known lab;
    Answer silence;
    silence.hang = true;
    lab.fake.always["HasPrivilegeOnEntities"] = [silence](const pugi::xml_node&) { return silence; };
    lab.fake.always["QueryUnresolvedVmfsVolume"] = [silence](const pugi::xml_node&) { return silence; };
    lab.start();
    REQUIRE(lab.up());
    const auto& requests = lab.fake.requests;
    const auto first_wait = std::find(requests.begin(), requests.end(), "WaitForUpdatesEx");
    for (const auto* beside : {"HasPrivilegeOnEntities", "QueryUnresolvedVmfsVolume"})
        CHECK(std::find(requests.begin(), first_wait, beside) == first_wait);
    CHECK(std::count(requests.begin(), first_wait, "RetrievePropertiesEx") == 1);  // the places
    CHECK(std::count(requests.begin(), first_wait, "CreateFilter") == 1);
    CHECK_FALSE(lab.reads(true).front().facts->privileged);
}

TEST_CASE("a free licence is known before a write runs into it") {
    Known lab;
    lab.fake.licenses = free_licence;
    lab.start();
    REQUIRE(lab.facts_are([](const auto& facts) { return facts.api_writes == false; }));
    CHECK(lab.fake.count("PowerOnVM_Task") == 0);
    CHECK_FALSE(lab.facts()->evaluation_days);
}

TEST_CASE("the days of an evaluation are told") {
    Known lab;
    lab.fake.licenses =
        "<LicenseManagerLicenseInfo><editionKey>eval</editionKey><name>Evaluation Mode</name>"
        "</LicenseManagerLicenseInfo>";
    lab.fake.evaluation = "<properties><key>expirationHours</key><value>100</value></properties>";
    lab.start();
    REQUIRE(lab.facts_are([](const auto& facts) { return facts.evaluation_days == 5; }));
    CHECK(lab.facts()->api_writes == true);
}

TEST_CASE("a write that is refused knows better than the licence, until that changes") {
    Known lab;
    lab.limits.aside_interval = core::milliseconds(0);  // read again with each sign of life
    lab.limits.check_interval = core::milliseconds(200);
    lab.fake.licenses = paid_licence;
    lab.start();
    REQUIRE(lab.facts_are([](const auto& facts) { return facts.api_writes == true; }));
    lab.fake.next("UnregisterVM", fault("RestrictedVersion"));
    CHECK(lab.perform(lab.order(Verb::unregister, "16")).fault.kind == FaultKind::restricted_version);
    const int reads = lab.fake.reads["LicenseManager"];
    REQUIRE(lab.until([&] { return lab.fake.reads["LicenseManager"] >= reads + 2; }));
    REQUIRE(lab.facts_are([](const auto& facts) { return facts.api_writes == false; }));
    lab.fake.licenses = free_licence;
    const int more = lab.fake.reads["LicenseManager"];
    REQUIRE(lab.until([&] { return lab.fake.reads["LicenseManager"] >= more + 2; }));
    lab.fake.licenses = paid_licence;
    REQUIRE(lab.facts_are([](const auto& facts) { return facts.api_writes == true; }));
}

TEST_CASE("the account's rights are told, and unknown where the host does not know the method") {
    const auto told = [](Answer answer) {
        Known lab;
        lab.fake.always["HasPrivilegeOnEntities"] = [answer](const pugi::xml_node&) { return answer; };
        lab.fake.licenses = paid_licence;
        lab.start();
        REQUIRE(lab.facts_are([](const auto& facts) { return facts.api_writes.has_value(); }));
        REQUIRE(lab.until([&] { return lab.fake.count("HasPrivilegeOnEntities") == 1; }));
        lab.until([&] { return lab.facts()->privileged.has_value(); }, 1500);
        CHECK(lab.fake.last_text["HasPrivilegeOnEntities"].find("<sessionId>52ab</sessionId>") !=
              std::string::npos);
        return lab.facts()->privileged;
    };
    CHECK(told(privileges("true")) == true);
    CHECK(told(privileges("false")) == false);
    CHECK_FALSE(told(fault("MethodNotFound")).has_value());
}

TEST_CASE("unmounted volumes are asked for at link-up and after a rescan, on a connection of their own") {
    Known lab;
    lab.limits.unresolved_pause = core::milliseconds(300);
    lab.fake.always["QueryUnresolvedVmfsVolume"] = [](const pugi::xml_node&) { return volume("EC_iSCSI"); };
    lab.start();
    REQUIRE(lab.facts_are([](const auto& facts) { return facts.unresolved_volumes.size() == 1; }));
    CHECK(lab.facts()->unresolved_volumes.front() == "EC_iSCSI");
    CHECK(lab.fake.count("QueryUnresolvedVmfsVolume") == 1);
    CHECK(lab.fake.connections_most == 3);
    lab.run_for(600);
    CHECK(lab.fake.count("QueryUnresolvedVmfsVolume") == 1);  // not polled
    lab.fake.always["QueryUnresolvedVmfsVolume"] = [](const pugi::xml_node&) { return Answer{}; };
    CHECK(lab.perform(lab.order(Verb::rescan_storage, "")).outcome == Outcome::ok);
    REQUIRE(lab.facts_are([](const auto& facts) { return facts.unresolved_volumes.empty(); }));
    CHECK(lab.fake.count("QueryUnresolvedVmfsVolume") == 2);
    CHECK(lab.fake.connections_most == 3);
}

TEST_CASE("a datastore that changes asks for unmounted volumes, and many changes ask once") {
    Known lab;
    lab.limits.unresolved_pause = core::milliseconds(400);
    lab.start();
    REQUIRE(lab.up());
    REQUIRE(lab.until([&] { return lab.fake.count("QueryUnresolvedVmfsVolume") == 1; }));
    const auto store = [](const std::string& accessible) {
        return "<objectSet><kind>modify</kind><obj type=\"Datastore\">5bc7-ds</obj>" +
               FakeHost::change("summary.accessible", accessible, "xsd:boolean") + "</objectSet>";
    };
    for (const auto* accessible : {"false", "true", "false"}) {
        lab.fake.send(store(accessible));
        lab.run_for(60);
    }
    CHECK(lab.fake.count("QueryUnresolvedVmfsVolume") == 1);
    REQUIRE(lab.until([&] { return lab.fake.count("QueryUnresolvedVmfsVolume") == 2; }));
    lab.run_for(600);
    CHECK(lab.fake.count("QueryUnresolvedVmfsVolume") == 2);
}

TEST_CASE("the tasks of others on a VM come with the feed") {
    Known lab;
    lab.start();
    REQUIRE(lab.up());
    REQUIRE(lab.until([&] { return lab.fake.count("CreateFilter") == 2; }));
    lab.fake.task("enter", "haTask-9", FakeHost::job("16", "running", true));
    REQUIRE(lab.until([&] { return lab.entry("16")->task.has_value(); }));
    CHECK(*lab.entry("16")->task == core::RunningTask{"haTask-9", "vim.VirtualMachine.createSnapshot", true});
    lab.fake.task("modify", "haTask-9", FakeHost::change("info.state", "success", "TaskInfoState"));
    REQUIRE(lab.until([&] { return !lab.entry("16")->task; }));
}

TEST_CASE("a look at a VM shows its task too") {
    Known lab;
    lab.start();
    REQUIRE(lab.up());
    lab.run_for(100);
    lab.fake.task("enter", "haTask-9", FakeHost::job("16", "running", true));
    REQUIRE(lab.until([&] { return lab.entry("16")->task.has_value(); }));
    lab.host->look({1, {}, HostName("esxi1"), "16"});
    REQUIRE(lab.until([&] { return !lab.all<core::Looked>().empty(); }));
    CHECK(lab.all<core::Looked>().front().entry->task->id == "haTask-9");
    lab.host->look({2, {}, HostName("esxi1"), ""});
    REQUIRE(lab.until([&] { return lab.reads(true).size() == 2; }));
    CHECK(lab.reads(true).back().entries.front().task->id == "haTask-9");
}

TEST_CASE("a host that may not be asked for tasks is watched all the same") {
    Known lab;
    lab.fake.task_manager = false;
    lab.start();
    REQUIRE(lab.up());
    lab.fake.modify("16", FakeHost::change("runtime.powerState", "poweredOff", "VirtualMachinePowerState"));
    REQUIRE(lab.until([&] { return lab.entry("16")->power == core::Power::off; }));
    CHECK(lab.link_is(core::Link::up));
    CHECK(lab.fake.count("Login") == 1);
}

TEST_CASE("a host that does not tell that its list of tasks changed is asked with each sign of life") {
    Known lab;
    lab.limits.check_interval = core::milliseconds(200);
    lab.start();
    REQUIRE(lab.up());
    const auto as_read = [](std::string changes) {
        for (const auto* tag : {"<changeSet>", "</changeSet>"}) {
            const std::string read = tag[1] == '/' ? "</propSet>" : "<propSet>";
            for (size_t at; (at = changes.find(tag)) != std::string::npos;)
                changes.replace(at, std::string_view(tag).size(), read);
        }
        return changes;
    };
    lab.fake.tasks["haTask-9"] = as_read(FakeHost::job("16", "running", false));
    REQUIRE(lab.until([&] { return lab.entry("16")->task.has_value(); }));
    CHECK_FALSE(lab.entry("16")->task->cancellable);
    SECTION("until it ends") {
        lab.fake.tasks.clear();
        REQUIRE(lab.until([&] { return !lab.entry("16")->task; }));
    }
    SECTION("a read of nothing ends no task") {
        const size_t before = lab.all<core::Read>().size();
        lab.fake.next("RetrievePropertiesEx",
                      {"<returnval><objects><obj type=\"SessionManager\">s</obj><propSet><name>currentSession"
                       "</name><val><key>52ab</key></val></propSet></objects></returnval>"});
        lab.fake.next("RetrievePropertiesEx", Answer{});
        const int reads = lab.fake.reads["TaskManager"];
        REQUIRE(lab.until([&] { return lab.fake.reads["TaskManager"] >= reads + 2; }));
        lab.run_for(1200);  // a wait without news
        const auto all = lab.all<core::Read>();
        REQUIRE(all.size() > before);
        for (size_t i = before; i < all.size(); ++i)
            for (const auto& entry : all[i].entries) CHECK(entry.task);
    }
}

TEST_CASE("our own task that was followed to its end is over in the next look, before the feed says so") {
    Known lab;
    lab.start();
    REQUIRE(lab.up());
    REQUIRE(lab.until([&] { return lab.fake.count("HasPrivilegeOnEntities") == 1; }));
    lab.run_for(50);
    lab.fake.task("enter", "haTask-1", FakeHost::job("16", "running", false));
    REQUIRE(lab.until([&] { return lab.entry("16")->task.has_value(); }));
    lab.fake.always["PowerOnVM_Task"] = [](const pugi::xml_node&) {
        return Answer{"<returnval type=\"Task\">haTask-1</returnval>"};
    };
    lab.fake.next("RetrievePropertiesEx",
                  {"<returnval><objects><obj type=\"Task\">haTask-1</obj><propSet><name>info</name><val "
                   "xsi:type=\"TaskInfo\"><state>success</state></val></propSet></objects></returnval>"});
    CHECK(lab.perform(lab.order(Verb::power_on, "16")).outcome == Outcome::ok);
    lab.host->look({1, {}, HostName("esxi1"), "16"});
    REQUIRE(lab.until([&] { return !lab.all<core::Looked>().empty(); }));
    CHECK_FALSE(lab.all<core::Looked>().front().entry->task);
    REQUIRE(lab.until([&] { return !lab.entry("16")->task; }));
}

TEST_CASE("a task that had ended before it was cancelled wants another look, one that cannot be does not") {
    Known lab;
    lab.start();
    REQUIRE(lab.up());
    auto cancel = lab.order(Verb::cancel_task, "16");
    cancel.task = "haTask-9";
    const auto told = [&](const std::string& name) {
        lab.fake.next("CancelTask", fault(name));
        return lab.perform(cancel).fault.kind;
    };
    CHECK(told("InvalidState") == FaultKind::answered_already);
    CHECK(told("ManagedObjectNotFound") == FaultKind::answered_already);
    CHECK(told("NotSupported") == FaultKind::not_supported);
    CHECK(lab.perform(cancel).outcome == Outcome::ok);
}
