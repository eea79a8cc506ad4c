#include "daemon/core/host_words.hpp"

#include "tests/support/catch.hpp"

using namespace vmha;
using namespace vmha::core;

TEST_CASE("a word that is not known is unknown, never off") {
    CHECK(power_of("poweredOn") == Power::on);
    CHECK(power_of("poweredOff") == Power::off);
    CHECK(power_of("suspended") == Power::suspended);
    CHECK(power_of("") == Power::unknown);
    CHECK(power_of("PoweredOff") == Power::unknown);
    CHECK(connection_of("orphaned") == Connection::orphaned);
    CHECK(connection_of("") == Connection::unknown);
    CHECK(heartbeat_of("yellow") == Heartbeat::yellow);
    CHECK(heartbeat_of("purple") == Heartbeat::unknown);
}

TEST_CASE("a fault is known by its name, and one of a general name by its words") {
    CHECK(fault_kind_of("FileLocked") == FaultKind::lock_held);
    CHECK(fault_kind_of("VmLimitLicense") == FaultKind::not_enough_licenses);
    CHECK(fault_kind_of("InsufficientMemoryResourcesFault") == FaultKind::no_capacity);
    CHECK(fault_kind_of("SystemError") == FaultKind::other);
    CHECK(fault_kind_of("") == FaultKind::other);
    CHECK(names_a_lock("Power on failed: Failed to get exclusive lock on the file"));
    CHECK_FALSE(names_a_lock("the door is locked"));
    CHECK(tells_of_a_licence("The Evaluation period has EXPIRED"));
    CHECK_FALSE(tells_of_a_licence("the certificate has expired"));
}
