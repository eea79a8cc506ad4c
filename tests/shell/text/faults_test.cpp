// Faults in every form that was seen, and a hostd that does not answer at all.
#include "daemon/shell/text/faults.hpp"

#include "tests/support/print.hpp"

namespace vmha::shell::text {

namespace {

using core::FaultKind;

std::string fault(const std::string& name, const std::string& fields = "") {
    return "(" + name + ") {\n   faultCause = (vmodl.MethodFault) null,\n   faultMessage = <unset>,\n" +
           fields + "   msg = \"some \"quoted\" words\",\n}\n";
}

FaultKind kind_of(const std::string& text) {
    const auto found = fault_in(text);
    REQUIRE(found);
    return found->kind;
}

}  // namespace

TEST_CASE("faults are told apart by their names") {
    CHECK(kind_of(fault("vim.fault.FileLocked")) == FaultKind::lock_held);
    CHECK(kind_of(fault("vim.fault.NotFound")) == FaultKind::not_found);
    CHECK(kind_of(fault("vmodl.fault.ManagedObjectNotFound")) == FaultKind::object_gone);
    CHECK(kind_of(fault("vim.fault.InvalidPowerState")) == FaultKind::invalid_power_state);
    CHECK(kind_of(fault("vim.fault.InvalidState")) == FaultKind::invalid_state);
    CHECK(kind_of(fault("vim.fault.TaskInProgress")) == FaultKind::task_in_progress);
    CHECK(kind_of(fault("vim.fault.QuestionPending")) == FaultKind::question_pending);
    CHECK(kind_of(fault("vim.fault.ToolsUnavailable")) == FaultKind::tools_unavailable);
    CHECK(kind_of(fault("vim.fault.RestrictedVersion")) == FaultKind::restricted_version);
    CHECK(kind_of(fault("vim.fault.InsufficientMemoryResources")) == FaultKind::no_capacity);
    CHECK(kind_of(fault("vim.fault.ConcurrentAccess")) == FaultKind::answered_already);
    CHECK(kind_of(fault("vim.fault.SomethingNew")) == FaultKind::other);
}

TEST_CASE("a fault's words keep their inner quotes") {
    const auto found = fault_in(fault("vim.fault.ToolsUnavailable"));
    REQUIRE(found);
    CHECK(found->message == "some \"quoted\" words");
    CHECK(found->name == "ToolsUnavailable");
}

TEST_CASE("a fault of an old host is read as well") {
    const auto found = fault_in(
        "(vim.fault.InvalidPowerState) {\n   dynamicType = <unset>,\n   requestedState = \"poweredOn\",\n"
        "   existingState = \"poweredOn\",\n"
        "   msg = \"The attempted operation cannot be performed in the current state (Powered On). \"\n}\n");
    REQUIRE(found);
    CHECK(found->kind == FaultKind::invalid_power_state);
    CHECK(found->message == "The attempted operation cannot be performed in the current state (Powered On).");
}

TEST_CASE("an id that exists already is named") {
    CHECK(fault_in(fault("vim.fault.AlreadyExists", "   name = \"51\",\n"))->existing == "51");
    CHECK(fault_in("(vim.fault.AlreadyExists) {\n   msg = \"The specified key, name, or identifier '51' "
                   "already exists.\"\n}\n")
              ->existing == "51");
    CHECK(fault_in(fault("vim.fault.AlreadyExists", "   name = \"vm1\",\n"))->existing.empty());
}

TEST_CASE("a held lock hides in general faults") {
    const auto generic = fault_in(
        "Power on failed: (vim.fault.GenericVmConfigFault) {\n   faultCause = (vmodl.MethodFault) null,\n"
        "   faultMessage = (vmodl.LocalizableMessage) [\n      (vmodl.LocalizableMessage) {\n"
        "         key = \"msg.fileio.lock\",\n         message = \"Failed to lock the file\",\n      },\n   "
        "],\n"
        "   reason = \"Failed to lock the file\",\n   msg = \"\"\n}\n");
    REQUIRE(generic);
    CHECK(generic->kind == FaultKind::lock_held);
    CHECK(generic->name == "GenericVmConfigFault");
    CHECK(generic->message.find("Failed to lock the file") != std::string::npos);
    CHECK(kind_of("Power on failed: (vim.fault.GenericVmConfigFault) {\n   reason = \"out of luck\",\n}\n") ==
          FaultKind::vm_config);
}

TEST_CASE("a power-off that a question refuses is known by the question's text") {
    CHECK(
        kind_of(
            "Power off failed: (vim.fault.InvalidState) {\n   text = \"msg.hbacommon.outofspace:There is no "
            "more space for virtual disk 'vm1.vmdk'.\",\n}\n") == FaultKind::question_pending);
}

TEST_CASE("a failure without a body is a fault of no kind") {
    const auto found = fault_in("Powering on VM:\nPower on failed\n");
    REQUIRE(found);
    CHECK(found->kind == FaultKind::other);
    CHECK(found->message == "Power on failed");
}

TEST_CASE("a VM that hostd does not know is gone") {
    CHECK(kind_of("Unable to find a VM corresponding to \"16\"\n") == FaultKind::object_gone);
    CHECK(kind_of("(vim.fault.NotFound) {\n   msg = \"Unable to find a VM corresponding to \"16\"\"\n}\n") ==
          FaultKind::object_gone);
}

TEST_CASE("a healthy answer holds no fault") {
    CHECK_FALSE(fault_in(""));
    CHECK_FALSE(fault_in("Powering on VM:\n"));
    CHECK_FALSE(fault_in("51\n"));
    CHECK_FALSE(
        fault_in("   faultCause = (vmodl.MethodFault) null,\n   annotation = \"(vim.fault.NotFound) {\",\n"));
}

TEST_CASE("a fault with status 0 is a refusal, and so is a bare status") {
    CHECK(refusal_of(0, fault("vim.fault.NotFound"), "")->kind == FaultKind::not_found);
    CHECK(refusal_of(0, "", fault("vim.fault.NotFound"))->kind == FaultKind::not_found);
    CHECK(refusal_of(1, "", "sh: vim-cmd: not found")->message == "sh: vim-cmd: not found");
    CHECK(refusal_of(255, "", "")->message == "exit status 255");
    CHECK(refusal_of(std::nullopt, "", ""));
    CHECK_FALSE(refusal_of(0, "Powering on VM:\n", "a warning"));
}

TEST_CASE("an expired evaluation is a licence's refusal") {
    CHECK(kind_of("(vim.fault.InvalidState) {\n   msg = \"Evaluation period has expired, please install "
                  "license.\"\n}\n") == FaultKind::not_enough_licenses);
}

TEST_CASE("a hostd that is away is known by its clients' last words") {
    CHECK(hostd_down("Failed to login: Connection reset by peer\n")->line ==
          "Failed to login: Connection reset by peer");
    CHECK_FALSE(hostd_down("Failed to login: SSL Exception: x\n")->heard);
    CHECK_FALSE(hostd_down("Connect to localhost failed: Connection failure\n")->heard);
    CHECK(hostd_down("terminate called after throwing an instance of 'std::bad_alloc'\n")->heard);
    CHECK(hostd_down("Powering on VM:\nKilled\n")->heard);
    CHECK(hostd_down("<unset>")->heard);
    CHECK_FALSE(hostd_down("Powering on VM:\n"));
    CHECK_FALSE(hostd_down("a VM with the name Killed\n"));
}

}  // namespace vmha::shell::text
