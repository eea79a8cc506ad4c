// Proves that faults land in the closed list, above all that a held lock is recognised in each of its
// disguises.
#include "daemon/esx/faults.hpp"

#include "tests/support/catch.hpp"

using namespace vmha;
using namespace vmha::esx;
using core::FaultKind;

namespace {

// error: the inside of a LocalizedMethodFault.
SoapFault localized(const std::string& inside) {
    pugi::xml_document document;
    const auto root = xml::parse(
        document, "<error xmlns=\"urn:vim25\" xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\">" +
                      inside + "</error>");
    REQUIRE(root.has_value());
    return fault_of_localized(*root);
}

FaultKind kind(const std::string& name) {
    return localized("<fault xsi:type=\"" + name + "\"/><localizedMessage/>").fault.kind;
}

}  // namespace

TEST_CASE("each fault that is treated differently has its kind") {
    CHECK(kind("FileLocked") == FaultKind::lock_held);
    CHECK(kind("NotFound") == FaultKind::not_found);
    CHECK(kind("ManagedObjectNotFound") == FaultKind::object_gone);
    CHECK(kind("InvalidPowerState") == FaultKind::invalid_power_state);
    CHECK(kind("InvalidState") == FaultKind::invalid_state);
    CHECK(kind("TaskInProgress") == FaultKind::task_in_progress);
    CHECK(kind("QuestionPending") == FaultKind::question_pending);
    CHECK(kind("ToolsUnavailable") == FaultKind::tools_unavailable);
    CHECK(kind("RestrictedVersion") == FaultKind::restricted_version);
    CHECK(kind("NoPermission") == FaultKind::no_permission);
    CHECK(kind("NotEnoughLicenses") == FaultKind::not_enough_licenses);
    CHECK(kind("LicenseExpired") == FaultKind::not_enough_licenses);
    CHECK(kind("InvalidLicense") == FaultKind::not_enough_licenses);
    CHECK(kind("LicenseRestricted") == FaultKind::not_enough_licenses);
    CHECK(kind("VAppTaskInProgress") == FaultKind::task_in_progress);
    CHECK(kind("InsufficientResourcesFault") == FaultKind::no_capacity);
    CHECK(kind("InsufficientHostCpuCapacityFault") == FaultKind::no_capacity);
    CHECK(kind("NumVirtualCpusExceedsLimit") == FaultKind::no_capacity);
    CHECK(kind("InsufficientMemoryResourcesFault") == FaultKind::no_capacity);
    CHECK(kind("InvalidDatastorePath") == FaultKind::bad_datastore);
    CHECK(kind("CannotAccessFile") == FaultKind::file_fault);
    CHECK(kind("GenericVmConfigFault") == FaultKind::vm_config);
    CHECK(kind("ConcurrentAccess") == FaultKind::answered_already);
    CHECK(kind("NotImplemented") == FaultKind::not_supported);
    CHECK(kind("SomethingNew") == FaultKind::other);
}

TEST_CASE("the entry that already exists is named") {
    const auto fault = localized(
        "<fault xsi:type=\"AlreadyExists\"><name>51</name></fault><localizedMessage>The "
        "specified key, name, or identifier '51' already exists.</localizedMessage>");
    CHECK(fault.fault.kind == FaultKind::already_exists);
    CHECK(fault.fault.existing == "51");
    CHECK(fault.fault.message == "The specified key, name, or identifier '51' already exists.");
}

TEST_CASE("a lock hides in the messages of a configuration fault") {
    const auto fault = localized(
        "<fault xsi:type=\"GenericVmConfigFault\"><faultMessage><key>msg.fileio.lock</key><message>Failed to "
        "lock the "
        "file</message></faultMessage><faultMessage><key>msg.disk.noBackEnd</key><message>Cannot open the "
        "disk "
        "'/vmfs/volumes/EC/vm1/vm1.vmdk' or one of the snapshot disks it depends on.</message></faultMessage>"
        "<reason>Failed to lock the file</reason></fault><localizedMessage>Failed to lock the file"
        "</localizedMessage>");
    CHECK(fault.fault.kind == FaultKind::lock_held);
    CHECK(fault.fault.name == "GenericVmConfigFault");
    CHECK(fault.fault.message ==
          "Failed to lock the file; Cannot open the disk '/vmfs/volumes/EC/vm1/vm1.vmdk' or one of the "
          "snapshot "
          "disks it depends on.");
}

TEST_CASE("a lock is recognised by its key alone, in any language") {
    CHECK(
        localized("<fault xsi:type=\"GenericVmConfigFault\"><faultMessage><key>msg.fileio.lock</key><message>"
                  "ファイルをロックできません</message></faultMessage></fault>")
            .fault.kind == FaultKind::lock_held);
}

TEST_CASE("a lock is recognised by the sentence alone") {
    CHECK(localized(
              "<fault xsi:type=\"CannotAccessFile\"><file>x.vmdk</file></fault><localizedMessage>Unable to "
              "access file x.vmdk since it is locked</localizedMessage>")
              .fault.kind == FaultKind::lock_held);
}

TEST_CASE("other configuration and file faults are no locks") {
    CHECK(localized(
              "<fault xsi:type=\"GenericVmConfigFault\"><reason>The lockstep option is bad</reason></fault>"
              "<localizedMessage>Bad</localizedMessage>")
              .fault.kind == FaultKind::vm_config);
    CHECK(localized("<fault xsi:type=\"FileFault\"><file>x</file></fault>").fault.kind ==
          FaultKind::file_fault);
}

TEST_CASE("a fault of another kind that mentions a lock keeps its kind") {
    CHECK(
        localized("<fault xsi:type=\"QuestionPending\"><text>Failed to lock the file: retry?</text></fault>")
            .fault.kind == FaultKind::question_pending);
}

TEST_CASE("an evaluation that is over is told by words alone, but no other state is") {
    const auto said = [](const std::string& name, const std::string& words) {
        return localized("<fault xsi:type=\"" + name + "\"/><localizedMessage>" + words +
                         "</localizedMessage>")
            .fault.kind;
    };
    CHECK(said("InvalidState", "The Evaluation period has expired.") == FaultKind::not_enough_licenses);
    CHECK(said("SystemError", "Expired license. Install another one.") == FaultKind::not_enough_licenses);
    CHECK(said("InvalidState", "The host is in maintenance mode.") == FaultKind::invalid_state);
    CHECK(said("InvalidState", "The lease has expired.") == FaultKind::invalid_state);
    CHECK(said("QuestionPending", "The evaluation period has expired") == FaultKind::question_pending);
}

TEST_CASE("a fault without words is called by its name") {
    CHECK(localized("<fault xsi:type=\"ToolsUnavailable\"/><localizedMessage/>").fault.message ==
          "ToolsUnavailable");
}

TEST_CASE("the property that a host does not know is named") {
    CHECK(localized("<fault xsi:type=\"InvalidProperty\"><name>runtime.bootTime</name></fault>").property ==
          "runtime.bootTime");
}

TEST_CASE("a fault without a type is told by its element, and without a detail by its code") {
    pugi::xml_document document;
    const auto typeless = xml::parse(
        document,
        "<Fault><faultstring>Login failure</faultstring><detail><InvalidLoginFault/></detail></Fault>");
    CHECK(fault_of_soap(*typeless).is("InvalidLogin"));
    pugi::xml_document other;
    const auto bare =
        xml::parse(other, "<Fault><faultcode>Client</faultcode><faultstring>what</faultstring></Fault>");
    CHECK(fault_of_soap(*bare).is("Client"));
    CHECK(fault_of_soap(*bare).fault.message == "what");
}
