// Session against a real sshd: whom it trusts, and with what it logs in.
#include <sys/stat.h>

#include <filesystem>
#include <fstream>

#include "tests/shell/session_lab.hpp"
#include "tests/support/catch.hpp"

using namespace vmha;
using namespace vmha::test;

namespace {

bool says(const Error& error, const std::string& text) {
    INFO(error.message);
    CHECK(error.message.find("esxi1") != std::string::npos);
    return error.message.find(text) != std::string::npos;
}

}  // namespace

TEST_CASE("RSA keys log in, with signatures that are not SHA-1, and meet an RSA host key") {
    SessionLab lab({.login_key_type = "rsa", .host_key_type = "rsa"});
    const auto session = lab.open();
    CHECK(lab.run(*session, "echo on").output->out == "on\n");
    CHECK(lab.server.logged("Accepted publickey") == 1);
}

TEST_CASE("an unknown host is refused before the login, with the fingerprint of its key and what to do") {
    SessionLab lab;
    lab.server.write_known_hosts("");
    const auto error = lab.refusal();
    CHECK(error.code == Errc::host_key_changed);
    CHECK(says(error, lab.server.host_fingerprint()));
    CHECK(says(error, "not in " + lab.server.known_hosts()));
    CHECK(says(error, "ssh-keyscan -p " + std::to_string(lab.server.endpoint().port()) + " 127.0.0.41"));
    lab.run_for(100);
    CHECK(lab.server.logged("publickey") == 0);
}

TEST_CASE("a host whose key has changed is refused, with the fingerprint of the new one") {
    SessionLab lab;
    lab.open().reset();
    lab.server.end();
    lab.server.take_new_host_key();
    lab.server.start();
    const auto error = lab.refusal();
    CHECK(error.code == Errc::host_key_changed);
    CHECK(says(error, "has changed"));
    CHECK(says(error, lab.server.host_fingerprint()));
    CHECK(says(error, "ssh-keygen -R '[127.0.0.41]:"));
}

TEST_CASE("a host that is known by a key of another type only is refused") {
    SessionLab lab({.host_key_type = "rsa"});
    const auto ecdsa = contents_of(lab.server.stranger("ecdsa") + ".pub");
    const auto line = lab.server.known_line();
    lab.server.write_known_hosts(line.substr(0, line.find(' ')) + " " + ecdsa);
    const auto error = lab.refusal();
    CHECK(error.code == Errc::host_key_changed);
    CHECK(says(error, lab.server.host_fingerprint()));
}

TEST_CASE("a known_hosts file that cannot be read trusts nobody") {
    SessionLab lab;
    lab.settings.known_hosts += ".not-there";
    const auto error = lab.refusal();
    CHECK(error.code == Errc::host_key_changed);
    CHECK(says(error, "No such file"));
}

TEST_CASE("the host's key for another port or address does not count") {
    SessionLab lab;
    const auto key = lab.server.known_line().substr(lab.server.known_line().find(' '));
    lab.server.write_known_hosts("127.0.0.41" + key +
                                 "[127.0.0.42]:" + std::to_string(lab.server.endpoint().port()) + key);
    CHECK(lab.refusal().code == Errc::host_key_changed);
}

TEST_CASE("hashed names in known_hosts are understood") {
    SessionLab lab;
    const auto hash = "ssh-keygen -q -H -f '" + lab.server.known_hosts() + "' >/dev/null 2>&1";
    REQUIRE(std::system(hash.c_str()) == 0);
    REQUIRE(contents_of(lab.server.known_hosts()).starts_with("|1|"));
    lab.open();
}

TEST_CASE("a host key that is marked as revoked is refused, though another line has it") {
    SessionLab lab;
    lab.server.write_known_hosts(lab.server.known_line() + "@revoked * " +
                                 lab.server.known_line().substr(lab.server.known_line().find(' ') + 1));
    const auto error = lab.refusal();
    CHECK(error.code == Errc::host_key_changed);
    CHECK(says(error, "revoked"));
    CHECK(says(error, lab.server.host_fingerprint()));
    CHECK(lab.server.logged("publickey") == 0);
}

TEST_CASE("a host that its line in known_hosts excludes is not known by it, but by another line") {
    SessionLab lab;
    const auto line = lab.server.known_line();
    const auto name = line.substr(0, line.find(' '));
    const auto excluding = "*,!" + name + line.substr(line.find(' '));
    lab.server.write_known_hosts(excluding);
    const auto error = lab.refusal();
    CHECK(error.code == Errc::host_key_changed);
    CHECK(says(error, "not in " + lab.server.known_hosts()));
    lab.server.write_known_hosts(excluding + line);
    lab.open();
    const auto other = "[127.0.0.41]:1";
    lab.server.write_known_hosts(name + ",!" + other + line.substr(line.find(' ')));
    lab.open();
}

TEST_CASE("known_hosts may lie in a folder whose name has a percent sign") {
    SessionLab lab;
    const auto folder = lab.server.directory() + "/a%h b";
    std::filesystem::create_directory(folder);
    std::filesystem::copy(lab.server.known_hosts(), folder + "/known");
    lab.settings.known_hosts = folder + "/known";
    lab.open();
}

TEST_CASE("a key that the host does not know is refused after exactly one attempt") {
    SessionLab lab;
    lab.settings.identity_file = lab.server.stranger();
    const auto error = lab.refusal();
    CHECK(error.code == Errc::key_refused);
    CHECK(says(error, lab.settings.identity_file));
    REQUIRE(lab.until([&] { return lab.server.logged("Failed publickey") > 0; }));
    lab.run_for(100);
    CHECK(lab.server.logged("Failed ") == 1);
    CHECK(lab.server.logged("Connection from") == 1);
}

TEST_CASE("a server that allows one attempt and hangs up is understood, too") {
    SessionLab lab({.lines = {"MaxAuthTries 1"}});
    lab.settings.identity_file = lab.server.stranger();
    const auto error = lab.refusal();
    INFO(error.message);
    CHECK(error.code == Errc::key_refused);
}

TEST_CASE("an ed25519 key is refused as in FIPS mode, and the message says which keys are taken") {
    SessionLab lab({.login_key_type = "ed25519"});
    const auto error = lab.refusal();
    CHECK(error.code == Errc::key_refused);
    CHECK(says(error, "RSA and ECDSA"));
}

TEST_CASE("a key that others may read is not used: nothing is sent to the host") {
    SessionLab lab;
    ::chmod(lab.settings.identity_file.c_str(), 0640);
    auto opened = lab.try_open();
    REQUIRE_FALSE(opened.has_value());
    CHECK(opened.error().code == Errc::invalid_input);
    CHECK(opened.error().message.find("chmod 600") != std::string::npos);
    lab.run_for(100);
    CHECK(lab.server.logged("Connection from") == 0);
}

TEST_CASE("files that hold no key, and keys with a passphrase, are named and nobody is asked") {
    SessionLab lab;
    const auto file = lab.server.directory() + "/bad";
    SECTION("garbage") {
        std::ofstream(file) << "-----BEGIN OPENSSH PRIVATE KEY-----\ngarbage\n";
    }
    SECTION("empty") {
        std::ofstream(file) << "";
    }
    SECTION("a passphrase") {
        const auto make = "ssh-keygen -q -N secret -t ecdsa -f '" + file + "' </dev/null";
        REQUIRE(std::system(make.c_str()) == 0);
    }
    SECTION("a passphrase, in the older format") {
        const auto make = "ssh-keygen -q -N secret -m PEM -t rsa -b 2048 -f '" + file + "' </dev/null";
        REQUIRE(std::system(make.c_str()) == 0);
    }
    ::chmod(file.c_str(), 0600);
    lab.settings.identity_file = file;
    auto opened = lab.try_open();
    REQUIRE_FALSE(opened.has_value());
    CHECK(opened.error().code == Errc::invalid_input);
    CHECK(opened.error().message.find(file) != std::string::npos);
}

TEST_CASE("an account without a shell logs in, but is not taken for one that runs commands") {
    SessionLab lab({.lines = {"ForceCommand echo This account is currently not available."}});
    const auto error = lab.refusal();
    CHECK(error.code == Errc::not_authenticated);
    CHECK(says(error, "no shell"));
}
