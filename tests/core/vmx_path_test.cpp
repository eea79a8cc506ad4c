// A VM is known by its .vmx path, in every spelling.
#include "daemon/core/vmx_path.hpp"
#include "tests/support/catch.hpp"

using namespace vmha::core;

TEST_CASE("all spellings of a path are one path") {
    const VmxPath wanted{"EC_iSCSI", "vm1/vm1.vmx"};
    CHECK(parse_vmx_path("/vmfs/volumes/EC_iSCSI/vm1/vm1.vmx") == wanted);
    CHECK(parse_vmx_path("[EC_iSCSI] vm1/vm1.vmx") == wanted);
    CHECK(parse_vmx_path("[EC_iSCSI]  vm1/vm1.vmx") == wanted);
    CHECK(parse_vmx_path("/vmfs/volumes//EC_iSCSI/vm1//vm1.vmx") == wanted);
    CHECK(parse_vmx_path("[My Store] a b/a (1).vmx") == VmxPath{"My Store", "a b/a (1).vmx"});
}

TEST_CASE("a path that names no file on a datastore is refused") {
    for (const char* text :
         {"", "vm1/vm1.vmx", "/vmfs/volumes/EC_iSCSI", "/vmfs/volumes/EC_iSCSI/", "/etc/passwd", "[EC_iSCSI]",
          "[EC_iSCSI] ", "[] vm1.vmx", "[EC_iSCSI vm1/vm1.vmx", "/vmfs/volumes/EC_iSCSI/../x/vm1.vmx",
          "[EC_iSCSI] ./vm1.vmx", "[ds] d/"}) {
        CAPTURE(text);
        CHECK_FALSE(parse_vmx_path(text));
    }
}

TEST_CASE("a path is written as the API and as a file") {
    const VmxPath path{"EC_iSCSI", "vm1/vm1.vmx"};
    CHECK(datastore_path(path) == "[EC_iSCSI] vm1/vm1.vmx");
    CHECK(file_path(path) == "/vmfs/volumes/EC_iSCSI/vm1/vm1.vmx");
}
