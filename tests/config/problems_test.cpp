// Ways to write a configuration wrong, each with the line that the administrator reads: files, keys, types,
// times, VMs.
#include "site.hpp"

using namespace vmha;
using namespace vmha::config;
using namespace vmha::config::test;

namespace {

Lines with_vmx(const std::string& text) {
    return with("/vms/vm1/vmx", text);
}

}  // namespace

TEST_CASE("a missing file is named") {
    vmha::test::TempDir dir;
    const auto loaded = load({.file = dir.file("vmhad.json")});
    REQUIRE(loaded.problems.size() == 1);
    CHECK(loaded.problems[0].text() ==
          "cannot read " + dir.file("vmhad.json") + ": No such file or directory");
    CHECK(!loaded.config);
}

TEST_CASE("a directory in the place of a file is refused") {
    vmha::test::TempDir dir;
    const auto loaded = load({.file = dir.path()});
    REQUIRE(!loaded.problems.empty());
    CHECK(loaded.problems[0].text() == "cannot read " + dir.path() + ": it is not a regular file");
}

TEST_CASE("broken JSON is reported with file, line and column, every broken file") {
    Site site;
    site.dir.write("vmhad.json", "{\n  \"nodes\": {},,\n}\n");
    site.dir.write("conf.d/a.json", "{ \"vms\": {");
    const auto problems = site.shown(load(site.source()).problems);
    REQUIRE(problems.size() == 2);
    CHECK(problems[0].starts_with("vmhad.json: "));
    CHECK(problems[0].ends_with("line 2, column 15"));
    CHECK(problems[1].starts_with("conf.d/a.json: "));
    CHECK(problems[1].find("line 1, column 1") != std::string::npos);
}

TEST_CASE("beside a file that is broken the others are checked, but for what they lack") {
    Site site;
    site.at("/vms/vm1/tidy") = "yes";
    site.at("/frehsness_s") = 5;
    site.load();
    site.dir.write("conf.d/a.json", "{,}");
    site.dir.write("conf.d/b.json", R"({"vms": {"vm2": {"boot_grace_s": -1}, "vm3": {"vmxx": "x"}},
        "nodes": {"ec3": {"host": {"api": {"user": ""}}}}, "watch_interval_s": 7})");
    auto lines = site.shown(load(site.source()).problems);
    REQUIRE(lines.size() == 6);
    CHECK(lines[0].starts_with("conf.d/a.json: "));
    lines.erase(lines.begin());
    CHECK(lines == Lines{"vmhad.json: frehsness_s: unknown key, did you mean \"freshness_s\"?",
                         "conf.d/b.json: nodes.ec3.host.api.user: must not be empty",
                         "vmhad.json: vms.vm1.tidy: must be true or false, not a string",
                         "conf.d/b.json: vms.vm2.boot_grace_s: must not be negative, not -1",
                         "conf.d/b.json: vms.vm3.vmxx: unknown key, did you mean \"vmx\"?"});
}

TEST_CASE(
    "where the main file is broken nothing that may stand in it is missing, and nothing is configured") {
    Site site;
    site.dir.write("vmhad.json", "{");
    site.dir.write("conf.d/a.json", R"({"vms": {"vm2": {"tidy": true}}})");
    const auto loaded = load(site.source());
    CHECK(loaded.problems.size() == 1);
    CHECK(!loaded.config);
}

TEST_CASE("a file that holds no object is refused") {
    Site site;
    site.dir.write("conf.d/a.json", "[1, 2]");
    CHECK(site.problems() == Lines{"conf.d/a.json: must hold one JSON object"});
}

TEST_CASE("every duplicate key is named with its path") {
    Site site;
    site.dir.write("vmhad.json",
                   R"({"vms": {"vm1": {"tidy": true, "tidy": false}, "vm.2": {}, "vm.2": {}}, "vms": {}})");
    CHECK(site.shown(load(site.source()).problems) ==
          Lines{"vmhad.json: vms.vm1.tidy: stands twice in this file",
                "vmhad.json: vms.\"vm.2\": stands twice in this file",
                "vmhad.json: vms: stands twice in this file"});
}

TEST_CASE("all problems are reported at once, each with the file that set the value last") {
    Site site;
    site.at("/freshness_s") = -1;
    site.at("/vms/vm1/tidy") = "yes";
    site.dir.write("conf.d/10-vm1.json", R"({"vms": {"vm1": {"vmx": "vm1/vm1.vmx"}}})");
    site.dir.write("conf.d/20-vm2.json",
                   R"({"vms": {"vm2": {"boot_grace_s": 1}}, "nodes": {"ec1": {"address": null}}})");
    CHECK(site.problems() ==
          Lines{"conf.d/20-vm2.json: nodes.ec1.address: is missing",
                "vmhad.json: vms.vm1.tidy: must be true or false, not a string",
                "conf.d/10-vm1.json: vms.vm1.vmx: \"vm1/vm1.vmx\" is not an absolute path: write "
                "/vmfs/volumes/DATASTORE/DIRECTORY/NAME.vmx or [DATASTORE] DIRECTORY/NAME.vmx",
                "conf.d/20-vm2.json: vms.vm2.vmx: is missing",
                "vmhad.json: freshness_s: must be greater than 0, not -1"});
}

TEST_CASE("a value that a later file replaced by a whole object belongs to that file") {
    Site site;
    site.at("/vms/vm1/confirm_s") = 5;
    site.dir.write("conf.d/a.json", R"({"vms": {"vm1": {"confirm_s": {"invalid": -1}}}})");
    CHECK(site.problems() == Lines{"conf.d/a.json: vms.vm1.confirm_s.invalid: must not be negative, not -1"});
}

TEST_CASE("what was set in an object that was taken away and made anew is missing from the new one") {
    Site site;
    site.dir.write("conf.d/a.json", R"({"vms": {"vm2": {"vmx": "[EC_iSCSI] vm2/vm2.vmx"}}})");
    site.dir.write("conf.d/b.json", R"({"vms": {"vm2": null}})");
    site.dir.write("conf.d/c.json", R"({"vms": {"vm2": {"tidy": false}}})");
    CHECK(site.problems() == Lines{"conf.d/c.json: vms.vm2.vmx: is missing"});
}

TEST_CASE("unknown keys are errors wherever they stand, with the name that was probably meant") {
    CHECK(with("/frehsness_s", 5) ==
          Lines{"vmhad.json: frehsness_s: unknown key, did you mean \"freshness_s\"?"});
    CHECK(with("/vms/vm1/vmxx", "x") ==
          Lines{"vmhad.json: vms.vm1.vmxx: unknown key, did you mean \"vmx\"?"});
    CHECK(with("/nodes/ec1/adress", "x") ==
          Lines{"vmhad.json: nodes.ec1.adress: unknown key, did you mean \"address\"?"});
    CHECK(with("/nodes/ec1/host/settle", 5) ==
          Lines{"vmhad.json: nodes.ec1.host.settle: unknown key, did you mean \"settle_s\"?"});
    CHECK(with("/nodes/ec1/host/api/insecure", true) ==
          Lines{"vmhad.json: nodes.ec1.host.api.insecure: unknown key, known here: \"port\", \"user\", "
                "\"password_file\", "
                "\"thumbprint\", \"ca_file\" or \"server_name\""});
    CHECK(with("/vms/vm1/confirm_s/power_off", 1) ==
          Lines{"vmhad.json: vms.vm1.confirm_s.power_off: unknown key, did you mean \"powered_off\"?"});
    CHECK(with("/defaults/vmx", "[a] b/c.vmx").size() == 1);
    CHECK(with("/defaults/tidi", true) ==
          Lines{"vmhad.json: defaults.tidi: unknown key, did you mean \"tidy\"?"});
}

TEST_CASE("an unknown key's value is not shown, it may be a secret") {
    for (const auto& line : with("/nodes/ec1/host/api/password", "Passw0rd!"))
        CHECK(line.find("Passw0rd") == std::string::npos);
}

TEST_CASE("wrong types are named") {
    CHECK(with("/nodes", Json::array()) == Lines{"vmhad.json: nodes: must be an object, not an array"});
    CHECK(with("/nodes/ec1", 5) == Lines{"vmhad.json: nodes.ec1: must be an object, not a number"});
    CHECK(with("/nodes/ec1/host", "esxi1") ==
          Lines{"vmhad.json: nodes.ec1.host: must be an object, not a string"});
    CHECK(with("/nodes/ec1/host/api/user", 5) ==
          Lines{"vmhad.json: nodes.ec1.host.api.user: must be a string, not a number"});
    CHECK(with("/nodes/ec1/host/api/port", "443") ==
          Lines{"vmhad.json: nodes.ec1.host.api.port: must be a whole number from 1 to 65535, not a string"});
    CHECK(with("/vms", "vm1") == Lines{"vmhad.json: vms: must be an object, not a string"});
    CHECK(with("/vms/vm1", nullptr) == Lines{"vmhad.json: vms.vm1: must be an object, not null"});
    CHECK(with("/vms/vm1/tidy", 1) == Lines{"vmhad.json: vms.vm1.tidy: must be true or false, not a number"});
    CHECK(with("/vms/vm1/start_timeout_s", "600") ==
          Lines{"vmhad.json: vms.vm1.start_timeout_s: must be a number of seconds, not a string"});
    CHECK(with("/vms/vm1/confirm_s", 3) ==
          Lines{"vmhad.json: vms.vm1.confirm_s: must be an object, not a number"});
    CHECK(with("/vms/vm1/stop_mode", true) ==
          Lines{"vmhad.json: vms.vm1.stop_mode: must be \"shutdown\" or \"power-off\", not true or false"});
    CHECK(with("/defaults", false) == Lines{"vmhad.json: defaults: must be an object, not true or false"});
}

TEST_CASE("words are taken from their lists only") {
    CHECK(with("/vms/vm1/stop_mode", "poweroff") ==
          Lines{"vmhad.json: vms.vm1.stop_mode: must be \"shutdown\" or \"power-off\", not \"poweroff\""});
    CHECK(with("/vms/vm1/on_running_elsewhere", "Takeover") ==
          Lines{"vmhad.json: vms.vm1.on_running_elsewhere: must be \"takeover\" or \"refuse\", not "
                "\"Takeover\""});
    CHECK(with("/defaults/start_waits_for", "") ==
          Lines{"vmhad.json: defaults.start_waits_for: must be \"power\" or \"heartbeat\", not \"\""});
}

TEST_CASE("negative, zero and huge times are refused") {
    for (const std::string key : {"start_timeout_s", "stop_timeout_s", "guest_shutdown_timeout_s"}) {
        CHECK(with("/vms/vm1/" + key, 0) ==
              Lines{"vmhad.json: vms.vm1." + key + ": must be greater than 0, not 0"});
        CHECK(with("/vms/vm1/" + key, -5) ==
              Lines{"vmhad.json: vms.vm1." + key + ": must be greater than 0, not -5"});
        CHECK(with("/vms/vm1/" + key, 86401) ==
              Lines{"vmhad.json: vms.vm1." + key + ": must be at most 86400 seconds, not 86401"});
    }
    CHECK(with("/nodes/ec1/host/settle_s", 0) ==
          Lines{"vmhad.json: nodes.ec1.host.settle_s: must be greater than 0, not 0"});
    CHECK(with("/watch_interval_s", 0) ==
          Lines{"vmhad.json: watch_interval_s: must be greater than 0, not 0"});
    CHECK(with("/watch_interval_s", 61) ==
          Lines{"vmhad.json: watch_interval_s: must be at most 60 seconds, not 61"});
    CHECK(with("/freshness_s", 1e300) ==
          Lines{"vmhad.json: freshness_s: must be at most 600 seconds, not 1e+300"});
    CHECK(with("/freshness_s", 1e-12) == Lines{"vmhad.json: freshness_s: must be greater than 0, not 1e-12"});
}

TEST_CASE("zero is a good value where it means something") {
    Site site;
    site.at("/vms/vm1") = Json::parse(R"({"vmx": "[EC_iSCSI] vm1/vm1.vmx", "boot_grace_s": 0,
        "unknown_tolerance_s": 0, "confirm_s": {"powered_off": 0, "suspended": 0, "not_registered": 0,
        "invalid": 0, "inaccessible": 0, "datastore_lost": 0, "question_pending": 0, "heartbeat_red": 0, "lock_lost": 0}})");
    CHECK(site.problems() == Lines{});
    CHECK(with("/vms/vm1/boot_grace_s", -0.1) ==
          Lines{"vmhad.json: vms.vm1.boot_grace_s: must not be negative, not -0.1"});
}

TEST_CASE("freshness must exceed the watch's interval") {
    CHECK(with("/freshness_s", 1) == Lines{"vmhad.json: freshness_s: freshness_s must be greater than "
                                           "watch_interval_s, else nothing is ever fresh"});
    CHECK(with("/watch_interval_s", 5) ==
          Lines{"vmhad.json: watch_interval_s: freshness_s must be greater than "
                "watch_interval_s, else nothing is ever fresh"});
}

TEST_CASE("empty strings and control characters are refused") {
    CHECK(with("/nodes/ec1/host/api/user", "") ==
          Lines{"vmhad.json: nodes.ec1.host.api.user: must not be empty"});
    CHECK(with("/nodes/ec1/host/api/user", "a\nb") ==
          Lines{"vmhad.json: nodes.ec1.host.api.user: must not contain control characters"});
    CHECK(with("/nodes/ec1/host/name", "") == Lines{"vmhad.json: nodes.ec1.host.name: must not be empty"});
    CHECK(with_vmx("") == Lines{"vmhad.json: vms.vm1.vmx: must not be empty"});
}

TEST_CASE("a .vmx path that is relative, elsewhere, malformed or no .vmx is refused") {
    const std::string at = "vmhad.json: vms.vm1.vmx: ";
    const std::string forms = "/vmfs/volumes/DATASTORE/DIRECTORY/NAME.vmx or [DATASTORE] DIRECTORY/NAME.vmx";
    CHECK(with_vmx("EC_iSCSI/vm1/vm1.vmx") ==
          Lines{at + "\"EC_iSCSI/vm1/vm1.vmx\" is not an absolute path: write " + forms});
    CHECK(with_vmx("/home/vm1/vm1.vmx") == Lines{at + "\"/home/vm1/vm1.vmx\" is not below /vmfs/volumes/"});
    for (const std::string text :
         {"/vmfs/volumes/EC_iSCSI", "/vmfs/volumes/EC_iSCSI/../other/vm1.vmx", "[EC_iSCSI", "[] vm1/vm1.vmx",
          "[EC_iSCSI] ", "[EC_iSCSI] ./vm1.vmx", "[a/b] vm1/vm1.vmx", "/vmfs/volumes/EC_iSCSI/vm1/"})
        CHECK(with_vmx(text) ==
              Lines{at + "\"" + text + "\" is malformed: write " + forms + ", without . and .."});
    for (const std::string text :
         {"[EC_iSCSI] vm1/vm1.vmdk", "[EC_iSCSI] vm1/.vmx", "/vmfs/volumes/EC_iSCSI/vm1"})
        CHECK(with_vmx(text) == Lines{at + "\"" + text + "\" does not name a .vmx file"});
}

TEST_CASE("a .vmx file belongs to one VM, in whatever spelling") {
    for (const std::string text : {"/vmfs/volumes/EC_iSCSI/vm1/vm1.vmx", "[EC_iSCSI] vm1/vm1.vmx",
                                   "[EC_iSCSI]vm1/vm1.vmx", "/vmfs/volumes//EC_iSCSI//vm1/vm1.vmx"})
        CHECK(with("/vms/vm2", {{"vmx", text}}) ==
              Lines{"vmhad.json: vms.vm2.vmx: \"[EC_iSCSI] vm1/vm1.vmx\" is also the .vmx of vm \"vm1\", one "
                    "VM cannot be "
                    "protected under two names"});
    CHECK(with("/vms/vm2", {{"vmx", "[other] vm1/vm1.vmx"}}) == Lines{});
}

TEST_CASE("a conf.d that is no directory, and a drop-in that leads nowhere, are named") {
    Site site;
    site.dir.write("conf.d", "");
    CHECK(site.problems() == Lines{"cannot read conf.d: Not a directory"});
    std::filesystem::remove(site.dir.file("conf.d"));
    std::filesystem::create_directory(site.dir.file("conf.d"));
    std::filesystem::create_symlink("nowhere", site.dir.file("conf.d/a.json"));
    CHECK(site.problems() == Lines{"cannot read conf.d/a.json: No such file or directory"});
}

TEST_CASE("metrics_listen is an address and a port") {
    for (const std::string text : {"9741", "localhost:9741", "127.0.0.1", "127.0.0.1:0", "127.0.0.1:65536",
                                   "::1:9741", "[127.0.0.1]:9741", "127.0.0.1:97x", "127.0.0.1:", ":9741"})
        CHECK(with("/metrics_listen", text) ==
              Lines{"vmhad.json: metrics_listen: \"" + text +
                    "\" is no address and port such as 127.0.0.1:9741 or [::1]:9741"});
    CHECK(with("/metrics_listen", "0.0.0.0:9741") == Lines{});
    Site site;
    site.at("/metrics_listen") = "127.0.0.1:9741";
    CHECK(site.warnings() == Lines{"vmhad.json: metrics_listen: this version of vmhad serves no metrics, so "
                                   "nothing will answer there"});
}

TEST_CASE("JSON that is nested too deep is refused") {
    Site site;
    site.dir.write("conf.d/a.json", "{\"vms\":" + std::string(100, '[') + std::string(100, ']') + "}");
    REQUIRE(site.problems().size() == 1);
    CHECK(site.problems()[0].starts_with("conf.d/a.json: nested deeper than 64"));
}
