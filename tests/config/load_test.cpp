// What a good configuration becomes: values, defaults, merging, and what the core gets of it.
#include <fstream>

#include "site.hpp"

using namespace vmha;
using namespace vmha::config;
using namespace vmha::config::test;
using core::milliseconds;
using core::seconds;

TEST_CASE("the smallest configuration gets the documented defaults") {
    Site site;
    const auto loaded = site.load();
    REQUIRE(site.shown(loaded.problems) == Lines{});
    REQUIRE(loaded.config.has_value());
    CHECK(loaded.warnings.empty());
    CHECK(loaded.config->freshness == seconds(5));
    CHECK(loaded.config->watch_interval == seconds(1));
    CHECK(!loaded.config->metrics_listen);

    const auto& host = loaded.config->nodes.at("ec1").host;
    CHECK(host.name == HostName("esxi1"));
    CHECK(host.settle == seconds(30));
    CHECK(host.iscsi_adapter.empty());
    REQUIRE(host.api);
    CHECK(host.api->port == 443);
    CHECK(host.api->password_file == site.dir.file("esxi1.password"));
    CHECK(std::get<Pinned>(host.api->trust).thumbprint == Site::thumbprint('A'));
    CHECK(!host.ssh);

    const auto& vm = loaded.config->vms.at(VmName("vm1"));
    CHECK(core::datastore_path(vm.vmx) == "[EC_iSCSI] vm1/vm1.vmx");
    CHECK(vm.start_timeout == seconds(600));
    CHECK(vm.stop_timeout == seconds(600));
    CHECK(vm.guest_shutdown_timeout == seconds(300));
    CHECK(vm.stop_mode == core::StopMode::shutdown);
    CHECK(vm.on_running_elsewhere == core::OnRunningElsewhere::takeover);
    CHECK(vm.start_waits_for == core::StartWaitsFor::power);
    CHECK(vm.boot_grace == seconds(120));
    CHECK(vm.tidy);
    CHECK(vm.unknown_tolerance == seconds(0));
    CHECK(vm.confirm.powered_off == seconds(3));
    CHECK(vm.confirm.suspended == seconds(3));
    CHECK(vm.confirm.not_registered == seconds(10));
    CHECK(vm.confirm.invalid == seconds(30));
    CHECK(vm.confirm.inaccessible == seconds(30));
    CHECK(vm.confirm.datastore_lost == seconds(30));
    CHECK(vm.confirm.question_pending == seconds(30));
    CHECK(vm.confirm.heartbeat_red == seconds(60));
    CHECK(vm.confirm.lock_lost == seconds(0));
}

TEST_CASE("a VM's own setting goes before defaults, and those before the built-in values") {
    Site site;
    site.at("/defaults") = Json::parse(R"({"start_timeout_s": 100, "stop_timeout_s": 400, "tidy": false,
        "stop_mode": "power-off", "confirm_s": {"powered_off": 7, "invalid": 8}})");
    site.at("/vms/vm1/start_timeout_s") = 50;
    site.at("/vms/vm1/on_running_elsewhere") = "refuse";
    site.at("/vms/vm1/start_waits_for") = "heartbeat";
    site.at("/vms/vm1/confirm_s") = Json::parse(R"({"powered_off": 0.25})");
    const auto loaded = site.load();
    REQUIRE(loaded.config.has_value());
    const auto& vm = loaded.config->vms.at(VmName("vm1"));
    CHECK(vm.start_timeout == seconds(50));
    CHECK(vm.stop_timeout == seconds(400));
    CHECK(vm.boot_grace == seconds(120));
    CHECK(!vm.tidy);
    CHECK(vm.stop_mode == core::StopMode::power_off);
    CHECK(vm.on_running_elsewhere == core::OnRunningElsewhere::refuse);
    CHECK(vm.start_waits_for == core::StartWaitsFor::heartbeat);
    CHECK(vm.confirm.powered_off == milliseconds(250));
    CHECK(vm.confirm.invalid == seconds(8));
    CHECK(vm.confirm.heartbeat_red == seconds(60));
}

TEST_CASE("every host setting arrives") {
    Site site;
    site.dir.write("id_rsa", "key\n");
    site.dir.write("known_hosts", "192.0.2.1 ssh-ed25519 AAAA\n", 0644);
    site.dir.write("ca.pem", "-----BEGIN CERTIFICATE-----\n", 0644);
    site.at("/nodes/ec1/host/iscsi_adapter") = "vmhba65";
    site.at("/nodes/ec1/host/settle_s") = 0.5;
    site.at("/nodes/ec1/host/api/port") = 8443;
    site.remove("/nodes/ec1/host/api/thumbprint");
    site.at("/nodes/ec1/host/api/ca_file") = "ca.pem";
    site.at("/nodes/ec1/host/ssh") = Json::parse(
        R"({"port": 2222, "user": "root", "identity_file": "id_rsa", "known_hosts": "known_hosts",
            "interval_s": 4})");
    site.at("/freshness_s") = 2.5;
    site.at("/watch_interval_s") = 0.5;
    site.at("/metrics_listen") = "[::1]:9741";
    const auto loaded = site.load();
    REQUIRE(site.shown(loaded.problems) == Lines{});
    const auto& host = loaded.config->nodes.at("ec1").host;
    CHECK(host.iscsi_adapter == "vmhba65");
    CHECK(host.settle == milliseconds(500));
    CHECK(host.api->port == 8443);
    CHECK(std::get<SignedBy>(host.api->trust) == SignedBy{site.dir.file("ca.pem"), "192.0.2.1"});
    CHECK(*host.ssh == Ssh{2222, "root", site.dir.file("id_rsa"), site.dir.file("known_hosts"), seconds(4)});
    CHECK(loaded.config->freshness == milliseconds(2500));
    CHECK(loaded.config->watch_interval == milliseconds(500));
    CHECK(*loaded.config->metrics_listen == Listen{"::1", 9741});
}

TEST_CASE("a certificate by a CA may be for another name than the address") {
    Site site;
    site.dir.write("ca.pem", "-----BEGIN CERTIFICATE-----\n", 0644);
    site.remove("/nodes/ec1/host/api/thumbprint");
    site.at("/nodes/ec1/host/api/ca_file") = "ca.pem";
    site.at("/nodes/ec1/host/api/server_name") = "esxi1.example.com";
    const auto loaded = site.load();
    REQUIRE(loaded.config.has_value());
    CHECK(std::get<SignedBy>(loaded.config->nodes.at("ec1").host.api->trust).server_name ==
          "esxi1.example.com");
}

TEST_CASE("a host without a name is called by its address, also an IPv6 one") {
    Site site;
    site.remove("/nodes/ec1/host/name");
    site.at("/nodes/ec1/host/address") = "2001:db8::1";
    const auto loaded = site.load();
    REQUIRE(loaded.config.has_value());
    CHECK(loaded.config->nodes.at("ec1").host.name == HostName("2001:db8::1"));
}

TEST_CASE("thumbprints are taken in lower case and without colons") {
    for (const std::string& text : {Site::thumbprint('a'), std::string(64, 'a'), std::string(64, 'A')}) {
        Site site;
        site.at("/nodes/ec1/host/api/thumbprint") = text;
        const auto loaded = site.load();
        REQUIRE(loaded.config.has_value());
        CHECK(std::get<Pinned>(loaded.config->nodes.at("ec1").host.api->trust).thumbprint ==
              Site::thumbprint('A'));
    }
}

TEST_CASE("drop-ins are merged in name order, the last one counts") {
    Site site;
    site.dir.write("conf.d/20-b.json", R"({"vms": {"vm1": {"start_timeout_s": 20, "boot_grace_s": 2}}})");
    site.dir.write("conf.d/10-a.json", R"({"vms": {"vm1": {"start_timeout_s": 10, "stop_timeout_s": 100}}})");
    const auto loaded = site.load();
    REQUIRE(loaded.config.has_value());
    const auto& vm = loaded.config->vms.at(VmName("vm1"));
    CHECK(vm.start_timeout == seconds(20));
    CHECK(vm.stop_timeout == seconds(100));
    CHECK(vm.boot_grace == seconds(2));
    CHECK(core::file_path(vm.vmx) == "/vmfs/volumes/EC_iSCSI/vm1/vm1.vmx");
}

TEST_CASE("a drop-in adds a VM, and null takes one away") {
    Site site;
    site.dir.write("conf.d/vm2.json", R"({"vms": {"vm1": null, "vm2": {"vmx": "[EC_iSCSI] vm2/vm2.vmx"}}})");
    const auto loaded = site.load();
    REQUIRE(loaded.config.has_value());
    CHECK(loaded.config->vms.size() == 1);
    CHECK(loaded.config->vms.contains(VmName("vm2")));
}

TEST_CASE("only visible files that end in .json are drop-ins") {
    Site site;
    for (const char* name :
         {"conf.d/vm2.json~", "conf.d/.vm2.json", "conf.d/vm2.json.example", "conf.d/README"})
        site.dir.write(name, "this is no JSON");
    CHECK(site.load().config);
}

TEST_CASE("comments of both kinds are allowed in every file") {
    Site site;
    site.dir.write("vmhad.json", "// first\n" + site.value.dump() + "/* last */\n");
    site.dir.write("conf.d/a.json", "{ /* nothing */ \"freshness_s\": 9 // nine\n}");
    const auto loaded = config::load(site.source());
    REQUIRE(loaded.config.has_value());
    CHECK(loaded.config->freshness == seconds(9));
}

TEST_CASE("a null that removes nothing is worth a warning") {
    Site site;
    site.dir.write("conf.d/a.json", R"({"vms": {"vm9": null}})");
    CHECK(site.warnings() == Lines{"conf.d/a.json: vms.vm9: null removes nothing here, the key is not set"});
}

TEST_CASE("a configuration without VMs works, with a warning") {
    for (const bool absent : {true, false}) {
        Site site;
        site.remove("/vms");
        if (!absent) site.at("/vms") = Json::object();
        CHECK(site.warnings() == Lines{"vmhad.json: vms: no VM is configured, there is nothing to protect"});
    }
}

TEST_CASE("a host with SSH alone is a host like any other") {
    Site site;
    site.dir.write("id_rsa", "key\n");
    site.dir.write("known_hosts", "192.0.2.1 ssh-ed25519 AAAA\n", 0644);
    site.remove("/nodes/ec2/host/api");
    site.at("/nodes/ec2/host/ssh") =
        Json::parse(R"({"user": "root", "identity_file": "id_rsa", "known_hosts": "known_hosts"})");
    CHECK(site.warnings() == Lines{});
    CHECK(site.problems() == Lines{});
}

TEST_CASE("a stop that is too short for a guest shutdown is worth a warning") {
    Site site;
    site.at("/vms/vm1/stop_timeout_s") = 60;
    CHECK(site.warnings() ==
          Lines{"vmhad.json: vms.vm1: stop_timeout_s leaves no time for a guest shutdown, its last "
                "60 seconds are kept for power off: every stop will be hard"});
    site.at("/vms/vm1/stop_timeout_s") = 200;
    CHECK(site.warnings() ==
          Lines{"vmhad.json: vms.vm1: guest_shutdown_timeout_s is cut to stop_timeout_s less 60 "
                "seconds, which are kept for power off"});
    site.at("/vms/vm1/guest_shutdown_timeout_s") = 140;
    CHECK(site.warnings() == Lines{});
}

TEST_CASE("two VMs that may share a file, one by uuid and one by name, are worth a warning") {
    Site site;
    site.at("/vms/vm2/vmx") = "/vmfs/volumes/63c1a2b4-5d6e7f80-1a2b-001122334455/vm1/vm1.vmx";
    CHECK(
        site.warnings() ==
        Lines{"vmhad.json: vms.vm2.vmx: may be the same file as that of vm \"vm1\": one is written with the "
              "datastore's uuid, the other with its name"});
}

TEST_CASE("a configuration that everybody may write is worth a warning") {
    Site site;
    site.dir.write("vmhad.json", site.value.dump(), 0666);
    const auto loaded = config::load(site.source());
    REQUIRE(loaded.config.has_value());
    REQUIRE(loaded.warnings.size() == 1);
    CHECK(site.relative(loaded.warnings[0]) ==
          "vmhad.json: everybody may write this file, and so decide which hosts are trusted");
}

TEST_CASE("the core sees all hosts, one of them local, and all VMs") {
    Site site;
    site.at("/nodes/ec2/host/iscsi_adapter") = "vmhba64";
    const auto loaded = site.load();
    REQUIRE(loaded.config.has_value());
    const auto settings = to_settings(*loaded.config, "ec2");
    CHECK(settings.node == "ec2");
    CHECK(settings.freshness == seconds(5));
    REQUIRE(settings.hosts.size() == 2);
    CHECK(!settings.hosts.at(HostName("esxi1")).local);
    CHECK(settings.hosts.at(HostName("esxi2")).local);
    CHECK(settings.hosts.at(HostName("esxi2")).address == "192.0.2.2");
    CHECK(settings.hosts.at(HostName("esxi2")).iscsi_adapter == "vmhba64");
    CHECK(settings.hosts.at(HostName("esxi2")).transports() == "api");
    CHECK(settings.vms.size() == 1);
    CHECK(loaded.config->host(HostName("esxi2"))->address == "192.0.2.2");
    CHECK(loaded.config->host(HostName("esxi3")) == nullptr);
}

TEST_CASE("the last good configuration brings back what the files said together") {
    Site site;
    vmha::test::TempDir state;
    site.dir.write("conf.d/a.json", R"({"freshness_s": 9})");
    const auto good = site.load();
    REQUIRE(good.config);
    REQUIRE(save_last_good(state.path(), good.merged).has_value());
    const auto back = load_last_good(state.path(), site.source());
    REQUIRE(back.config);
    CHECK(back.config->freshness == seconds(9));
    CHECK(back.config->nodes.at("ec1").host == good.config->nodes.at("ec1").host);
    CHECK(back.merged == good.merged);
}

TEST_CASE("the last good configuration works without a secret, whose host is named in a warning") {
    Site site;
    vmha::test::TempDir state;
    REQUIRE(save_last_good(state.path(), site.load().merged).has_value());
    std::filesystem::remove(site.dir.file("esxi2.password"));
    const auto back = load_last_good(state.path(), site.source());
    CHECK(back.config);
    REQUIRE(back.warnings.size() == 1);
    CHECK(site.relative(back.warnings[0]) ==
          state.file("last-good.json") +
              ": nodes.ec2.host.api.password_file: cannot read esxi2.password: No "
              "such file or directory");
}

TEST_CASE("a last good configuration that is absent or broken is a problem") {
    Site site;
    vmha::test::TempDir state;
    auto back = load_last_good(state.path(), site.source());
    CHECK(!back.config);
    CHECK(site.shown(back.problems) ==
          Lines{"cannot read " + state.file("last-good.json") + ": No such file or directory"});
    state.write("last-good.json", "{\"nodes\": ");
    back = load_last_good(state.path(), site.source());
    CHECK(!back.config);
    CHECK(back.problems.size() == 1);
}

TEST_CASE("saving the last good configuration where that is impossible is an error") {
    vmha::test::TempDir state;
    const auto saved = save_last_good(state.file("absent"), "{}");
    REQUIRE(!saved);
    CHECK(saved.error().message ==
          "cannot write " + state.file("absent/last-good.json") + ": No such file or directory");
}

TEST_CASE("the shipped example is a good configuration, but for the passwords") {
    auto source = Source{.file = VMHA_SOURCE_DIR "/config/vmhad.json", .files_must_be_usable = false};
    const auto loaded = config::load(source);
    for (const auto& problem : loaded.problems) UNSCOPED_INFO(problem.text());
    REQUIRE(loaded.config.has_value());
    CHECK(loaded.warnings.size() == 2);

    Site plain;
    const auto defaults = plain.load();
    const auto& shown = loaded.config->vms.at(VmName("vm1"));
    const auto& built_in = defaults.config->vms.at(VmName("vm1"));
    CHECK(shown.start_timeout == built_in.start_timeout);
    CHECK(shown.confirm.heartbeat_red == built_in.confirm.heartbeat_red);
}

TEST_CASE("the shipped drop-in is a good one") {
    Site site;
    std::ifstream in(VMHA_SOURCE_DIR "/config/conf.d/10-vm2.json.example");
    site.dir.write("conf.d/10-vm2.json", std::string(std::istreambuf_iterator<char>(in), {}));
    const auto loaded = site.load();
    REQUIRE(site.shown(loaded.problems) == Lines{});
    CHECK(loaded.config->vms.at(VmName("vm2")).confirm.heartbeat_red == seconds(120));
}
