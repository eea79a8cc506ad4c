// Who holds a VM's files, asked in its folder on the host.
#include "tests/shell/reads_lab.hpp"

namespace vmha::test {

namespace {

std::string lock(int mode, const std::string& owner) {
    return "Lock [type 10c00001 offset 1 v 2, hb offset 3\ngen 4, mode " + std::to_string(mode) + ", owner " +
           owner +
           " mtime 5 nHld 0 nOvf 0]\nAddr <4, 310, 46>, gen 584, links 1, type reg, flags 0, uid 0, gid 0, "
           "mode 600\n";
}

constexpr const char* holder = "4fbbf995-325ce3c2-e7ee-bcaec58ad83d";
constexpr const char* nobody = "00000000-00000000-0000-000000000000";

core::LockTold told(ReadsLab& lab) {
    lab.tasks.spawn("lock", shell::tell_lock(lab.world, lab.host,
                                             {VmName("vm1"), lab.config.name,
                                              *core::parse_vmx_path("[EC_iSCSI] vm1/vm1.vmx")}));
    return lab.next<core::LockTold>(lab.all<core::LockTold>().size());
}

struct Folder {
    explicit Folder(ReadsLab& of) : lab(of) {
        for (const auto* file : {"vm1.vmx", "vm1.vmdk", "vm1-flat.vmdk", "vm 1-000001-sesparse.vmdk"})
            lab.host.file(std::string("/vmfs/volumes/EC_iSCSI/vm1/") + file);
        for (const auto* file : {"vm1.vmx", "vm1-flat.vmdk", "vm 1-000001-sesparse.vmdk"})
            says(file, lock(0, nobody));
    }
    void says(const std::string& file, const std::string& text, int status = 0) {
        lab.host.says("vmkfstools -D " + file, text, status);
    }
    ReadsLab& lab;
};

}  // namespace

TEST_CASE("the exclusive lock of any of the VM's files is its lock") {
    ReadsLab lab;
    Folder folder(lab);
    folder.says("vm1.vmx", lock(2, nobody));
    folder.says("vm 1-000001-sesparse.vmdk", lock(1, holder));
    const auto answer = told(lab);
    CHECK(answer.vm == VmName("vm1"));
    CHECK(answer.host == lab.config.name);
    REQUIRE(answer.lock);
    CHECK(answer.lock->mode == core::LockMode::exclusive);
    CHECK(answer.lock->owners == std::vector<std::string>{"bc:ae:c5:8a:d8:3d"});
    CHECK(answer.lock->file == "/vmfs/volumes/EC_iSCSI/vm1/vm 1-000001-sesparse.vmdk");
    CHECK(lab.host.asked("vmkfstools -D vm1.vmdk") == 0);
}

TEST_CASE("files that nobody holds are free") {
    ReadsLab lab;
    Folder folder(lab);
    const auto answer = told(lab);
    REQUIRE(answer.lock);
    CHECK(answer.lock->mode == core::LockMode::free);
}

TEST_CASE("one lock that cannot be read leaves nothing free, but a held one held") {
    ReadsLab lab;
    Folder folder(lab);
    folder.says("vm1.vmx", "Could not open vm1.vmx\n", 255);
    auto answer = told(lab);
    CHECK_FALSE(answer.lock);
    CHECK(answer.why.find("vm1.vmx on esxi1") != std::string::npos);
    folder.says("vm1-flat.vmdk", lock(1, holder));
    answer = told(lab);
    REQUIRE(answer.lock);
    CHECK(answer.lock->mode == core::LockMode::exclusive);
    CHECK(answer.why.empty());
}

TEST_CASE("where there is nothing to ask, nothing is told, and why") {
    ReadsLab lab;
    CHECK(told(lab).why.find("the folder is not there") != std::string::npos);
    lab.host.file("/vmfs/volumes/EC_iSCSI/vm1/vm1.vmdk");
    const auto answer = told(lab);
    CHECK_FALSE(answer.lock);
    CHECK(answer.why.find("no file of a VM") != std::string::npos);
    lab.host.connected = false;
    CHECK(told(lab).why.find("there is no connection") != std::string::npos);
}

}  // namespace vmha::test
