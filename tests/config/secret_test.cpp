// Secrets and other named files: where they are looked for, and which are refused.
#include "daemon/config/secret.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include "site.hpp"

using namespace vmha;
using namespace vmha::config;
using namespace vmha::config::test;

namespace {

const std::string password = "vmhad.json: nodes.ec1.host.api.password_file: ";

}  // namespace

TEST_CASE("a secret comes without its line end, and with all other blanks") {
    vmha::test::TempDir dir;
    CHECK(*read_secret(dir.write("a", " two words \n"), "") == " two words ");
    CHECK(*read_secret(dir.write("b", "windows\r\n"), "") == "windows");
    CHECK(*read_secret(dir.write("c", "no end"), "") == "no end");
    CHECK(*read_secret(dir.write("d", "one\n\n"), "") == "one\n");
}

TEST_CASE("a secret that group or others can read or change is refused") {
    for (const mode_t mode : {0640, 0604, 0620, 0602, 0660, 0644, 0666, 0610}) {
        Site site;
        site.dir.write("esxi1.password", "secret", mode);
        CHECK(site.problems() ==
              Lines{password + "cannot use esxi1.password: others than its owner may read or change "
                               "it, chmod 600 helps"});
    }
    for (const mode_t mode : {0600, 0400, 0700}) {
        Site site;
        site.dir.write("esxi1.password", "secret", mode);
        CHECK(site.problems() == Lines{});
    }
}

TEST_CASE("an empty secret, a directory, a FIFO and an absent file are refused without waiting") {
    Site site;
    site.dir.write("esxi1.password", "\n");
    CHECK(site.problems() == Lines{password + "cannot use esxi1.password: it is empty"});
    site.dir.write("esxi1.password", "");
    CHECK(site.problems() == Lines{password + "cannot use esxi1.password: it is empty"});
    std::filesystem::remove(site.dir.file("esxi1.password"));
    CHECK(site.problems() == Lines{password + "cannot read esxi1.password: No such file or directory"});
    std::filesystem::create_directory(site.dir.file("esxi1.password"));
    CHECK(site.problems() == Lines{password + "cannot use esxi1.password: it is not a regular file"});
    std::filesystem::remove(site.dir.file("esxi1.password"));
    REQUIRE(::mkfifo(site.dir.file("esxi1.password").c_str(), 0600) == 0);
    CHECK(site.problems() == Lines{password + "cannot use esxi1.password: it is not a regular file"});
}

TEST_CASE("a secret of more than 64 KiB is refused") {
    Site site;
    site.dir.write("esxi1.password", std::string((64 << 10) + 1, 'x'));
    CHECK(site.problems() == Lines{password + "cannot read esxi1.password: it is larger than 65536 bytes"});
}

TEST_CASE("the same rules hold for a private key") {
    Site site;
    site.dir.write("id_rsa", "key\n", 0640);
    site.dir.write("known_hosts", "192.0.2.1 ssh-ed25519 AAAA\n", 0644);
    site.at("/nodes/ec1/host/ssh") =
        Json::parse(R"({"user": "root", "identity_file": "id_rsa", "known_hosts": "known_hosts"})");
    CHECK(site.problems() ==
          Lines{"vmhad.json: nodes.ec1.host.ssh.identity_file: cannot use id_rsa: others than its "
                "owner may read or change it, chmod 600 helps"});
}

TEST_CASE("a relative name is looked up among the credentials first, then beside the configuration") {
    Site site;
    vmha::test::TempDir credentials;
    credentials.write("esxi1.password", "from systemd\n", 0400);
    site.credentials = credentials.path();
    const auto loaded = site.load();
    REQUIRE(loaded.config.has_value());
    CHECK(loaded.config->nodes.at("ec1").host.api->password_file == credentials.file("esxi1.password"));
    CHECK(loaded.config->nodes.at("ec2").host.api->password_file == site.dir.file("esxi2.password"));
}

TEST_CASE("an absolute name is taken as it is") {
    Site site;
    vmha::test::TempDir elsewhere;
    site.at("/nodes/ec1/host/api/password_file") = elsewhere.write("secret", "x\n");
    const auto loaded = site.load();
    REQUIRE(loaded.config.has_value());
    CHECK(loaded.config->nodes.at("ec1").host.api->password_file == elsewhere.file("secret"));
}

TEST_CASE("a name with a directory is looked up among the credentials as systemd names it") {
    Site site;
    vmha::test::TempDir credentials;
    site.credentials = credentials.path();
    site.at("/nodes/ec1/host/api/password_file") = "credentials/esxi1.password";
    site.at("/nodes/ec2/host/api/password_file") = "./credentials//esxi2.password";
    credentials.write("credentials_esxi1.password", "from systemd\n", 0400);
    credentials.write("credentials_esxi2.password", "from systemd\n", 0400);
    const auto loaded = site.load();
    REQUIRE(loaded.config.has_value());
    CHECK(loaded.config->nodes.at("ec1").host.api->password_file ==
          credentials.file("credentials_esxi1.password"));
    CHECK(loaded.config->nodes.at("ec2").host.api->password_file ==
          credentials.file("credentials_esxi2.password"));
}

TEST_CASE("a secret that the service was not handed is named as a credential, with the way to it") {
    Site site;
    vmha::test::TempDir credentials;
    site.credentials = credentials.path();
    site.at("/nodes/ec1/host/api/password_file") = "credentials/esxi1.password";
    const auto missing = [&](const std::string& why) {
        return Lines{password +
                     "cannot read credentials/esxi1.password: the service was handed no credential "
                     "\"credentials_esxi1.password\" when it started; put the file there as root, call it "
                     "credentials/esxi1.password in the configuration, then systemctl restart vmhad (" +
                     why + ")"};
    };
    CHECK(site.problems() == missing("No such file or directory"));
    // An absolute name goes past the credentials, where root's folder lets the service not in.
    site.at("/nodes/ec1/host/api/password_file") = site.dir.file("credentials/esxi1.password");
    CHECK(site.problems() == missing("No such file or directory"));
    if (::geteuid() == 0) return;
    site.dir.write("credentials/esxi1.password", "secret\n");
    REQUIRE(::chmod(site.dir.file("credentials").c_str(), 0) == 0);
    CHECK(site.problems() == missing("Permission denied"));
    REQUIRE(::chmod(site.dir.file("credentials").c_str(), 0700) == 0);
}

TEST_CASE("a secret beside the configuration that is not there is named with both places") {
    Site site;
    vmha::test::TempDir credentials;
    site.credentials = credentials.path();
    std::filesystem::remove(site.dir.file("esxi1.password"));
    CHECK(site.problems() ==
          Lines{password +
                "cannot read esxi1.password: No such file or directory; nor is it among the service's "
                "credentials in " +
                credentials.path() +
                ": put it as root into credentials/ beside the configuration, call it "
                "credentials/esxi1.password there, then systemctl restart vmhad"});
}

TEST_CASE(
    "at start a missing file harms its link alone, but no file that everybody may write says whom to trust") {
    Site site;
    site.remove("/nodes/ec1/host/api/thumbprint");
    site.at("/nodes/ec1/host/api/ca_file") = "ca.pem";
    std::filesystem::remove(site.dir.file("esxi2.password"));
    site.load();
    auto source = site.source();
    source.files_may_be_missing = true;
    auto loaded = config::load(source);
    CHECK(loaded.config.has_value());
    CHECK(loaded.warnings.size() == 2);
    site.dir.write("ca.pem", "-----BEGIN CERTIFICATE-----", 0646);
    loaded = config::load(source);
    CHECK(!loaded.config);
    CHECK(loaded.problems.size() == 1);
}

TEST_CASE("a credential may be read by whom its access list names, by nobody else") {
    vmha::test::TempDir dir;
    const auto file = dir.write("password", "secret\n", 0440);
    CHECK(read_secret(file, dir.path()).has_value());
    CHECK(read_secret(file, dir.path() + "/").has_value());
    CHECK(!read_secret(file, ""));
    CHECK(!read_secret(file, dir.path() + "/below"));
    REQUIRE(::chmod(file.c_str(), 0444) == 0);
    CHECK(!read_secret(file, dir.path()));
}

TEST_CASE("no message shows what is in a secret's file") {
    vmha::test::TempDir dir;
    const auto refused = read_secret(dir.write("password", "Passw0rd!\n", 0644), "");
    REQUIRE(!refused);
    CHECK(refused.error().message.find("Passw0rd") == std::string::npos);
}

TEST_CASE("files that say whom to trust must be there, filled and not everybody's to write") {
    Site site;
    site.remove("/nodes/ec1/host/api/thumbprint");
    site.at("/nodes/ec1/host/api/ca_file") = "ca.pem";
    const std::string at = "vmhad.json: nodes.ec1.host.api.ca_file: ";
    CHECK(site.problems() == Lines{at + "cannot read ca.pem: No such file or directory"});
    site.dir.write("ca.pem", "", 0644);
    CHECK(site.problems() == Lines{at + "cannot use ca.pem: it is empty"});
    site.dir.write("ca.pem", "this is no certificate", 0644);
    CHECK(site.problems() == Lines{at + "cannot use ca.pem: it holds no certificate in PEM form"});
    site.dir.write("ca.pem", "-----BEGIN CERTIFICATE-----", 0646);
    CHECK(site.problems() == Lines{at + "cannot use ca.pem: everybody may write it, chmod o-w helps"});
}
