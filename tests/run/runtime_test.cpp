// Active marks, and the lock that keeps two engines from writing about one VM.
#include "daemon/run/runtime.hpp"

#include <sys/file.h>

#include "tests/run/child.hpp"
#include "tests/run/temp_dir.hpp"
#include "tests/support/catch.hpp"

using namespace vmha;
using namespace vmha::run;
using vmha::test::Child;
using vmha::test::Gate;
using vmha::test::TempDir;

namespace {

const VmName vm1("vm1"), vm2("vm2");

// 0: got it; 1: somebody else holds it; 2: an error.
int try_it(const Runtime& runtime, const VmName& vm) {
    const auto lock = runtime.try_lock(vm);
    if (!lock) return 2;
    return *lock ? 0 : 1;
}

}  // namespace

TEST_CASE("marks are set, listed and cleared, also twice, also without a directory") {
    TempDir dir;
    Runtime runtime(dir.file("run/vmhad"));
    CHECK(runtime.active()->empty());
    CHECK(runtime.clear_active(vm1).has_value());
    CHECK(runtime.set_active(vm1).has_value());
    CHECK(runtime.set_active(vm1).has_value());
    CHECK(runtime.set_active(vm2).has_value());
    CHECK(*Runtime(dir.file("run/vmhad")).active() == std::set<VmName>{vm1, vm2});
    CHECK(runtime.clear_active(vm1).has_value());
    CHECK(runtime.clear_active(vm1).has_value());
    CHECK(*runtime.active() == std::set<VmName>{vm2});
}

TEST_CASE("a mark outlives the process that set it") {
    TempDir dir;
    Runtime runtime(dir.path());
    Child child([&] { return runtime.set_active(vm1) ? (::raise(SIGKILL), 0) : 1; });
    CHECK(child.wait() == 128 + SIGKILL);
    CHECK(*runtime.active() == std::set<VmName>{vm1});
}

TEST_CASE("files that are no marks are not taken for VMs") {
    TempDir dir;
    dir.write("active/vm1", "");
    dir.write("active/not a name", "");
    CHECK(*Runtime(dir.path()).active() == std::set<VmName>{vm1});
}

TEST_CASE("directories are made for everybody to enter, marks and locks for nobody else to open") {
    TempDir dir;
    Runtime runtime(dir.file("r"));
    REQUIRE(runtime.prepare().has_value());
    struct stat status {};
    for (const char* name : {"r", "r/active", "r/locks"}) {
        REQUIRE(::stat(dir.file(name).c_str(), &status) == 0);
        CHECK((status.st_mode & 07777) == 0755);
    }
    REQUIRE(try_it(runtime, vm1) == 0);
    REQUIRE(::stat(dir.file("r/locks/vm1").c_str(), &status) == 0);
    CHECK((status.st_mode & 07777) == 0600);
}

TEST_CASE("a runtime directory that cannot be made is named in every call's error") {
    TempDir dir;
    dir.write("file", "");
    const Runtime runtime(dir.file("file/vmhad"));
    const std::string cause = "cannot make " + dir.file("file/vmhad") + ": Not a directory";
    CHECK(runtime.prepare().error().message == cause);
    CHECK(!runtime.set_active(vm1));
    CHECK(!runtime.try_lock(vm1));
    CHECK(!runtime.active());
}

TEST_CASE("what the service could not write is named when it is prepared, not by the first stop that fails") {
    if (::geteuid() != 0) return;  // only root can become somebody else
    TempDir dir;
    const Runtime runtime(dir.file("r"));
    REQUIRE(runtime.prepare().has_value());
    REQUIRE(::chmod(dir.path().c_str(), 0755) == 0);
    const auto prepared_by_nobody = [&](const std::string& named) {
        return Child([&] {
                   if (::setuid(vmha::test::nobody) != 0) return 3;
                   const auto prepared = runtime.prepare();
                   if (prepared) return named.empty() ? 0 : 2;
                   return prepared.error().message.starts_with("cannot write " + named + ": ") ? 0 : 1;
               })
            .wait();
    };
    CHECK(prepared_by_nobody(dir.file("r/active")) == 0);
    for (const char* name : {"r/active", "r/locks"})
        REQUIRE(::chown(dir.file(name).c_str(), vmha::test::nobody, vmha::test::nobody) == 0);
    CHECK(prepared_by_nobody("") == 0);
    dir.write("r/locks/vm2", "");
    CHECK(prepared_by_nobody(dir.file("r/locks/vm2")) == 0);
}

TEST_CASE("one lock a VM: a second one, in this process or another, is not given") {
    TempDir dir;
    const Runtime runtime(dir.path());
    auto first = runtime.try_lock(vm1);
    REQUIRE(first.has_value());
    REQUIRE(first->has_value());
    CHECK(try_it(runtime, vm1) == 1);
    CHECK(Child([&] { return try_it(runtime, vm1); }).wait() == 1);
    CHECK(Child([&] { return try_it(runtime, vm2); }).wait() == 0);
    first->reset();
    CHECK(Child([&] { return try_it(runtime, vm1); }).wait() == 0);
    CHECK(try_it(runtime, vm1) == 0);
}

TEST_CASE("a lock moves with its owner") {
    TempDir dir;
    const Runtime runtime(dir.path());
    auto taken = runtime.try_lock(vm1);
    REQUIRE(taken.has_value());
    {
        const VmLock moved = std::move(**taken);
        taken->reset();
        CHECK(try_it(runtime, vm1) == 1);
    }
    CHECK(try_it(runtime, vm1) == 0);
}

TEST_CASE("a killed process holds no lock") {
    TempDir dir;
    const Runtime runtime(dir.path());
    Gate taken;
    Child holder([&] {
        const auto lock = runtime.try_lock(vm1);
        if (!lock || !*lock || !taken.open()) return 1;
        ::pause();
        return 0;
    });
    REQUIRE(taken.pass());
    CHECK(try_it(runtime, vm1) == 1);
    CHECK(holder.kill() == 128 + SIGKILL);
    CHECK(try_it(runtime, vm1) == 0);
}

TEST_CASE("a daemon without privileges uses the locks and marks that root made in its directory") {
    if (::geteuid() != 0) return;
    TempDir dir;
    REQUIRE(::chown(dir.path().c_str(), vmha::test::nobody, vmha::test::nobody) == 0);
    const Runtime runtime(dir.path());
    REQUIRE(runtime.set_active(vm1).has_value());
    REQUIRE(try_it(runtime, vm1) == 0);
    Child child([&] {
        if (::setuid(vmha::test::nobody) != 0) return 3;
        if (!runtime.set_active(vm1) || !runtime.clear_active(vm1)) return 4;
        return try_it(runtime, vm1);
    });
    CHECK(child.wait() == 0);
}

TEST_CASE("a stranger on the node cannot hold a lock") {
    if (::geteuid() != 0) return;
    TempDir dir;
    ::chmod(dir.path().c_str(), 0755);
    const Runtime runtime(dir.path());
    REQUIRE(try_it(runtime, vm1) == 0);
    Child child([&] { return ::setuid(vmha::test::nobody) == 0 ? try_it(runtime, vm1) : 3; });
    CHECK(child.wait() == 2);
}
