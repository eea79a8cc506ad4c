// get.summary, power.getstate and the text form of objects that they share.
#include "daemon/shell/text/summary.hpp"

#include "daemon/shell/text/tree.hpp"
#include "tests/support/print.hpp"

namespace vmha::shell::text {

namespace {

std::string summary(const std::string& question = "(vim.vm.QuestionInfo) null",
                    const std::string& annotation = "\"\"") {
    return "Listsummary:\n"
           "\n"
           "(vim.vm.Summary) {\n"
           "   vm = 'vim.VirtualMachine:496',\n"
           "   runtime = (vim.vm.RuntimeInfo) {\n"
           "      device = (vim.vm.DeviceRuntimeInfo) [\n"
           "         (vim.vm.DeviceRuntimeInfo) {\n"
           "            key = 4000\n"
           "         }\n"
           "      ],\n"
           "      host = 'vim.HostSystem:ha-host',\n"
           "      connectionState = \"connected\",\n"
           "      powerState = \"poweredOn\",\n"
           "      bootTime = \"2026-11-22T07:18:02.500Z\",\n"
           "      suspendTime = <unset>,\n"
           "      question = " +
           question +
           ",\n"
           "   },\n"
           "   guest = (vim.vm.Summary.GuestSummary) {\n"
           "      toolsStatus = \"toolsOld\",\n"
           "      toolsRunningStatus = \"guestToolsRunning\",\n"
           "   },\n"
           "   config = (vim.vm.Summary.ConfigSummary) {\n"
           "      name = \"vm 1\",\n"
           "      template = false,\n"
           "      vmPathName = \"[EC_iSCSI] vm1/vm1.vmx\",\n"
           "      memorySizeMB = 2048,\n"
           "      instanceUuid = \"52a1c0de-0000-1111-2222-333344445555\",\n"
           "      annotation = " +
           annotation +
           ",\n"
           "   },\n"
           "   quickStats = (vim.vm.Summary.QuickStats) {\n"
           "      guestHeartbeatStatus = \"yellow\",\n"
           "   },\n"
           "   overallStatus = \"green\",\n"
           "}\n";
}

constexpr const char* asked =
    "(vim.vm.QuestionInfo) {\n"
    "         id = \"_vmx1\",\n"
    "         text = \"This virtual machine might have been moved or copied.\n"
    "In order to configure certain management features, \"VMware\" needs to know.\",\n"
    "         choice = (vim.option.ChoiceOption) {\n"
    "            choiceInfo = (vim.ElementDescription) [\n"
    "               (vim.ElementDescription) {\n"
    "                  label = \"button.uuid.cancel\",\n"
    "                  summary = \"Cancel\",\n"
    "                  key = \"0\"\n"
    "               },\n"
    "               (vim.ElementDescription) {\n"
    "                  label = \"button.uuid.movedTheVM\",\n"
    "                  summary = \"I Moved It\",\n"
    "                  key = \"1\"\n"
    "               }\n"
    "            ],\n"
    "            defaultIndex = 1\n"
    "         },\n"
    "         message = (vim.vm.Message) [\n"
    "            (vim.vm.Message) {\n"
    "               id = \"msg.uuid.altered\",\n"
    "            }\n"
    "         ]\n"
    "      }";

}  // namespace

TEST_CASE("a summary tells the state of its VM") {
    const auto told = read_summary(summary(), "496");
    REQUIRE(told);
    const auto& entry = told->entry;
    CHECK(entry.vmid == "496");
    CHECK(entry.name == "vm 1");
    CHECK(entry.path == core::parse_vmx_path("[EC_iSCSI] vm1/vm1.vmx"));
    CHECK(entry.instance_uuid == "52a1c0de-0000-1111-2222-333344445555");
    CHECK(entry.power == core::Power::on);
    CHECK(entry.connection == core::Connection::connected);
    CHECK(entry.heartbeat == core::Heartbeat::yellow);
    CHECK(entry.tools_running == true);
    CHECK(entry.memory_mb == 2048);
    CHECK_FALSE(entry.question);
    CHECK_FALSE(told->question_open);
    CHECK(told->boot_s == 1795331882);
}

TEST_CASE("a question in the summary comes with its ids, keys and labels") {
    const auto told = read_summary(summary(asked), "496");
    REQUIRE(told);
    REQUIRE(told->entry.question);
    CHECK(told->entry.question->id == "_vmx1");
    CHECK(told->entry.question->message_ids == std::vector<std::string>{"msg.uuid.altered"});
    CHECK(told->entry.question->choices ==
          std::vector<core::Choice>{{"0", "button.uuid.cancel"}, {"1", "button.uuid.movedTheVM"}});
    CHECK(told->entry.question->text.find("\"VMware\" needs to know.") != std::string::npos);
}

TEST_CASE("a question whose state is not told may be there") {
    CHECK(read_summary(summary("<unset>"), "496")->question_open);
}

TEST_CASE("an annotation of several lines does not change what stands after it, or before") {
    const auto told = read_summary(summary("(vim.vm.QuestionInfo) null",
                                           "\"one \"quoted\" word\n"
                                           "}\n"
                                           "powerState = \"poweredOff\",\n"
                                           "three\""),
                                   "496");
    REQUIRE(told);
    CHECK(told->entry.power == core::Power::on);
    CHECK(told->entry.heartbeat == core::Heartbeat::yellow);

    // A line that ends with a quote may not be the last one.
    const auto cut =
        read_summary(summary("(vim.vm.QuestionInfo) null", "\"say \"hi\"\n         }\nthree\""), "496");
    REQUIRE(cut);
    CHECK(cut->entry.heartbeat == core::Heartbeat::yellow);

    const auto closed = read_summary(summary("(vim.vm.QuestionInfo) null",
                                             "\"end\"\n"
                                             "   },\n"
                                             "   quickStats = (vim.vm.Summary.QuickStats) {\n"
                                             "      guestHeartbeatStatus = \"red\",\n"
                                             "   },\n"
                                             "   runtime = (vim.vm.RuntimeInfo) {\n"
                                             "      powerState = \"poweredOff\""),
                                     "496");
    REQUIRE(closed);
    CHECK(closed->entry.power == core::Power::on);
    CHECK(closed->entry.heartbeat == core::Heartbeat::yellow);
}

TEST_CASE("an invalid VM has neither path nor name") {
    const auto told = read_summary(
        "Listsummary:\n\n(vim.vm.Summary) {\n   vm = 'vim.VirtualMachine:16',\n"
        "   runtime = (vim.vm.RuntimeInfo) {\n      connectionState = \"invalid\",\n"
        "      powerState = \"poweredOff\",\n      question = (vim.vm.QuestionInfo) null,\n   },\n"
        "   config = (vim.vm.Summary.ConfigSummary) null,\n}\n",
        "16");
    REQUIRE(told);
    CHECK(told->entry.connection == core::Connection::invalid);
    CHECK_FALSE(told->entry.path);
}

TEST_CASE("a summary of another VM, half of one, or something else is an error") {
    const auto whole = summary();
    CHECK_FALSE(read_summary(whole, "49"));
    CHECK_FALSE(read_summary(whole.substr(0, whole.size() - 2), "496"));
    CHECK_FALSE(read_summary(whole.substr(0, whole.size() / 2), "496"));
    CHECK_FALSE(read_summary("", "496"));
    CHECK_FALSE(read_summary("(vim.fault.NotFound) {\n   msg = \"\"\n}\n", "496"));
    CHECK_FALSE(read_summary("(vim.vm.Summary) {\n   vm = 'vim.VirtualMachine:496',\n}\n", "496"));
}

TEST_CASE("objects that are nested without an end are refused") {
    const auto nested = [](int deep) {
        std::string text = "(vim.vm.Summary) {\n";
        for (int i = 1; i < deep; ++i) text += std::string(3 * i, ' ') + "a = (vim.A) {\n";
        for (int i = deep; i-- > 0;) text += std::string(3 * i, ' ') + "}\n";
        return text;
    };
    CHECK(read_tree(nested(64)));
    CHECK_FALSE(read_tree(nested(65)));
    CHECK_FALSE(read_tree(nested(5000)));
}

TEST_CASE("times of the host are seconds since 1970, whatever their zone") {
    CHECK(epoch_of("1970-01-02T00:00:00Z") == 86400);
    CHECK(epoch_of("1970-01-01T09:00:00.123456+09:00") == 0);
    CHECK(epoch_of("1969-12-31T19:00:00-05:00") == 0);
    CHECK_FALSE(epoch_of("1970-13-01T00:00:00Z"));
    CHECK_FALSE(epoch_of("yesterday"));
    CHECK_FALSE(epoch_of(""));
}

}  // namespace vmha::shell::text
