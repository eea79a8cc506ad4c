// What root can read and the service's user cannot. Only root can take that user's place: for others there is
// nothing to try.
#include "daemon/config/service_check.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include "site.hpp"

using namespace vmha;
using namespace vmha::config;
using namespace vmha::config::test;

namespace {

// A number that is no account's here has the rights of everybody.
const Account stranger{"vmha", 64123, 64123, {64123}};

// A configuration whose files everybody may read, with its secrets where they belong.
struct OpenSite : Site {
    OpenSite() {
        REQUIRE(::chmod(dir.path().c_str(), 0755) == 0);
        for (const std::string host : {"esxi1", "esxi2"}) {
            dir.write("credentials/" + host + ".password", "secret\n");
            at(host == "esxi1" ? "/nodes/ec1/host/api/password_file" : "/nodes/ec2/host/api/password_file") =
                "credentials/" + host + ".password";
        }
        REQUIRE(::chmod(dir.file("credentials").c_str(), 0700) == 0);
        dir.write("conf.d/vm2.json", R"({"vms": {"vm2": {"vmx": "[EC_iSCSI] vm2/vm2.vmx"}}})", 0644);
        save();
    }
    void save() {
        load();
        mode("vmhad.json", 0644);
    }
    void mode(const std::string& name, mode_t mode) { REQUIRE(::chmod(dir.file(name).c_str(), mode) == 0); }
    Loaded as(const std::optional<Account>& account = stranger) {
        auto loaded = config::load(source());
        check_for_service(dir.file("vmhad.json"), loaded, account);
        for (auto& line : loaded.warnings) line = relative(line);
        return loaded;
    }
};

const bool is_root = ::geteuid() == 0;
const std::string begin = "the service, which runs as the user vmha, cannot read ";

}  // namespace

TEST_CASE("files that everybody may read, and secrets that systemd hands over, are good for the service") {
    if (!is_root) return;
    OpenSite site;
    const auto loaded = site.as();
    CHECK(loaded.config);
    CHECK(loaded.warnings == Lines{});
}

TEST_CASE("a file of the configuration that was edited with umask 077 is named with what helps") {
    if (!is_root) return;
    OpenSite site;
    site.mode("vmhad.json", 0600);
    site.mode("conf.d/vm2.json", 0600);
    CHECK(site.as().warnings == Lines{begin + "vmhad.json: chmod 644 vmhad.json",
                                      begin + "conf.d/vm2.json: chmod 644 conf.d/vm2.json"});
}

TEST_CASE("a folder that lets nobody in is named once, for all that is in it") {
    if (!is_root) return;
    OpenSite site;
    site.mode("conf.d", 0700);
    CHECK(site.as().warnings == Lines{begin + "conf.d: chmod 755 conf.d"});
}

TEST_CASE("a group that the service's user belongs to is enough") {
    if (!is_root) return;
    OpenSite site;
    site.mode("vmhad.json", 0640);
    REQUIRE(::chown(site.dir.file("vmhad.json").c_str(), 0, 64124) == 0);
    CHECK(site.as().warnings.size() == 1);
    auto member = stranger;
    member.groups.push_back(64124);
    CHECK(site.as(member).warnings == Lines{});
}

TEST_CASE("a secret elsewhere, and a file that says whom to trust, are warned of too") {
    if (!is_root) return;
    OpenSite site;
    site.dir.write("id_rsa", "key\n", 0600);
    site.dir.write("known_hosts", "192.0.2.1 ssh-rsa AAAA\n", 0600);
    site.at("/nodes/ec1/host/ssh") =
        Json::parse(R"({"user": "root", "identity_file": "id_rsa", "known_hosts": "known_hosts"})");
    site.save();
    CHECK(site.as().warnings ==
          Lines{begin +
                    "id_rsa: move it to credentials, and write credentials/id_rsa in the configuration, or "
                    "hand it over with LoadCredential=",
                begin + "known_hosts: chmod 644 known_hosts"});
}

TEST_CASE("opening a folder outside of the configuration to everybody is no advice") {
    if (!is_root) return;
    OpenSite site;
    vmha::test::TempDir elsewhere;  // 0700
    site.at("/nodes/ec1/host/api/ca_file") = elsewhere.write("ca.pem", "-----BEGIN CERTIFICATE-----\n", 0644);
    site.remove("/nodes/ec1/host/api/thumbprint");
    site.save();
    CHECK(site.as().warnings == Lines{begin + elsewhere.file("ca.pem") + ": it may not enter " +
                                      elsewhere.path() + ": move it to where that user can read it"});
}

TEST_CASE("where there is no such account nothing is said, and the check leaves its user what it was") {
    OpenSite site;
    site.mode("vmhad.json", 0600);
    CHECK(site.as(std::nullopt).warnings == Lines{});
    const auto user = ::geteuid();
    const auto group = ::getegid();
    site.as();
    CHECK(::geteuid() == user);
    CHECK(::getegid() == group);
}

TEST_CASE("the account is looked up by its name, with all its groups") {
    const auto root = find_account("root");
    REQUIRE(root);
    CHECK(root->user == 0);
    CHECK(std::ranges::find(root->groups, 0U) != root->groups.end());
    CHECK(!find_account("no-such-account"));
}
