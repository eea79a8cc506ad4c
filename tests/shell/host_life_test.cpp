// Host against a real sshd: its link, from the first login to the end.
#include <signal.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>

#include "tests/shell/host_lab.hpp"

using namespace vmha;
using namespace vmha::test;
using core::Link;

namespace {

void replace(const std::string& file, const std::string& by) {
    const auto fresh = file + ".new";
    std::filesystem::copy(by, fresh, std::filesystem::copy_options::overwrite_existing);
    ::chmod(fresh.c_str(), 0600);
    std::filesystem::rename(fresh, file);
}

// A server that forces every command through a script, which answers for the SSH service as ESXi's does.
SshServer::Settings with_service(const std::string& file) {
    return {.lines = {"ForceCommand case \"$SSH_ORIGINAL_COMMAND\" in *init.d/SSH*) cat " + file +
                      ";; *) eval \"$SSH_ORIGINAL_COMMAND\";; esac"}};
}

}  // namespace

TEST_CASE("a host comes up by one login, and stays with it") {
    HostLab lab;
    lab.start();
    REQUIRE(lab.becomes(Link::up));
    lab.run_for(2000);  // longer than the freshness
    CHECK(lab.links() == std::vector{Link::connecting, Link::up});
    CHECK(lab.last().reason == Reason::running);
    CHECK(lab.last().detail.empty());
    CHECK(lab.server.logged("Connection from") == 1);
    lab.stop();
    CHECK(lab.until([&] { return lab.server.logged("Received disconnect") == 1; }, 1000));
}

TEST_CASE("a lost connection is told and made anew") {
    HostLab lab;
    lab.start();
    REQUIRE(lab.becomes(Link::up));
    lab.server.signal_connections(SIGKILL);
    REQUIRE(lab.becomes(Link::down, 1000));
    CHECK(lab.last().reason == Reason::host_unreachable);
    CHECK(lab.last().detail.find("esxi1") != std::string::npos);
    REQUIRE(lab.becomes(Link::up));
    CHECK(lab.server.logged("Connection from") == 2);
}

TEST_CASE("a host that drops every connection at once is asked more and more seldom") {
    HostLab lab;
    lab.config.limits.backoff_first = core::milliseconds(100);
    lab.config.limits.backoff_most = core::milliseconds(1000);
    lab.start();
    for (int drops = 0; drops < 4; ++drops) {
        REQUIRE(lab.becomes(Link::up));
        lab.server.signal_connections(SIGKILL);
        REQUIRE(lab.becomes(Link::down));
    }
    const auto begin = std::chrono::steady_clock::now();
    REQUIRE(lab.becomes(Link::up));
    CHECK(std::chrono::steady_clock::now() - begin > std::chrono::milliseconds(500));
}

TEST_CASE("while nobody listens it is tried again and again, with pauses, and told once") {
    HostLab lab;
    lab.server.end();
    lab.start();
    REQUIRE(lab.becomes(Link::down));
    lab.run_for(1500);
    CHECK(lab.links() == std::vector{Link::connecting, Link::down});
    CHECK(lab.last().detail.find("SSH service (TSM-SSH)") != std::string::npos);
    lab.server.start();
    REQUIRE(lab.becomes(Link::up, 1500));
}

TEST_CASE("a refused key is sent once, and not again before it changes") {
    HostLab lab;
    lab.config.identity_file = lab.server.stranger();
    lab.start();
    REQUIRE(lab.becomes(Link::bad_password));
    CHECK(lab.last().reason == Reason::not_authenticated);
    CHECK(lab.last().detail.find(lab.config.identity_file) != std::string::npos);
    lab.run_for(1500);
    CHECK(lab.server.logged("Connection from") == 1);
    CHECK(lab.links() == std::vector{Link::connecting, Link::bad_password});
    SECTION("the right one is taken from the file") {
        replace(lab.config.identity_file, lab.server.identity_file());
    }
    SECTION("the host is taught to take it, and somebody asks for a try") {
        replace(lab.server.directory() + "/authorized_keys", lab.config.identity_file + ".pub");
        lab.run_for(300);
        CHECK(lab.server.logged("Connection from") == 1);
        lab.host->retry_login();
    }
    REQUIRE(lab.becomes(Link::up));
    CHECK(lab.server.logged("Failed publickey") == 1);
}

TEST_CASE("one more login is granted by hand, not two") {
    HostLab lab;
    lab.config.identity_file = lab.server.stranger();
    lab.start();
    REQUIRE(lab.becomes(Link::bad_password));
    lab.host->retry_login();
    REQUIRE(lab.until([&] { return lab.server.logged("Connection from") == 2; }));
    lab.run_for(500);
    CHECK(lab.server.logged("Connection from") == 2);
}

TEST_CASE("a key that has worked before is tried again later, and then seldom") {
    HostLab lab;
    lab.start();
    REQUIRE(lab.becomes(Link::up));
    replace(lab.server.directory() + "/authorized_keys", lab.server.stranger() + ".pub");
    lab.server.signal_connections(SIGKILL);
    REQUIRE(lab.becomes(Link::bad_password));
    CHECK(lab.server.logged("Failed publickey") == 1);
    lab.run_for(350);
    CHECK(lab.server.logged("Failed publickey") == 1);
    REQUIRE(lab.until([&] { return lab.server.logged("Failed publickey") == 2; }, 1000));
    lab.run_for(900);
    CHECK(lab.server.logged("Failed publickey") == 2);
    replace(lab.server.directory() + "/authorized_keys", lab.server.identity_file() + ".pub");
    REQUIRE(lab.becomes(Link::up, 1500));
}

TEST_CASE("a key file that cannot be used is told, and used once it can") {
    HostLab lab;
    ::chmod(lab.config.identity_file.c_str(), 0644);
    lab.start();
    REQUIRE(lab.becomes(Link::bad_password));
    CHECK(lab.last().detail.find("chmod 600") != std::string::npos);
    lab.run_for(200);
    CHECK(lab.server.logged("Connection from") == 0);
    ::chmod(lab.config.identity_file.c_str(), 0600);
    REQUIRE(lab.becomes(Link::up));
}

TEST_CASE("a host whose key has changed is not trusted until people say so") {
    HostLab lab;
    lab.start();
    REQUIRE(lab.becomes(Link::up));
    lab.server.end();
    lab.server.take_new_host_key();
    lab.server.start();
    REQUIRE(lab.becomes(Link::untrusted));
    CHECK(lab.last().reason == Reason::host_key_changed);
    CHECK(lab.last().detail.find(lab.server.host_fingerprint()) != std::string::npos);
    CHECK(lab.server.logged("Accepted publickey") == 1);
    lab.server.write_known_hosts(lab.server.known_line());
    REQUIRE(lab.becomes(Link::up));
}

TEST_CASE("a host that stands still goes down within the freshness, and comes back") {
    HostLab lab;
    lab.start();
    REQUIRE(lab.becomes(Link::up));
    lab.server.signal_connections(SIGSTOP);
    REQUIRE(lab.becomes(Link::down, 1900));
    REQUIRE(lab.becomes(Link::up));
}

TEST_CASE("a host that allows one channel says so once") {
    HostLab lab({.lines = {"MaxSessions 1"}});
    lab.start();
    REQUIRE(lab.becomes(Link::up));
    CHECK(lab.last().detail.find("one channel") != std::string::npos);
    lab.run_for(500);
    CHECK(lab.links() == std::vector{Link::connecting, Link::up});
}

TEST_CASE("an SSH service that is switched off is told while the session goes on, and when it is back") {
    char pattern[] = "/tmp/vmha-service-XXXXXX";
    REQUIRE(::mkdtemp(pattern) != nullptr);
    const std::string folder = pattern, file = folder + "/status";
    const auto say = [&](const std::string& text) {
        std::ofstream(file + ".new") << text;
        std::filesystem::rename(file + ".new", file);
    };
    say("SSH is running\n");
    HostLab lab(with_service(file));
    lab.start();
    REQUIRE(lab.becomes(Link::up));
    lab.run_for(500);
    CHECK(lab.all<core::ShellChanged>().size() == 2);
    say("SSH is not running\n");
    lab.server.end_listener();
    REQUIRE(lab.until([&] { return lab.last().detail.find("switched off") != std::string::npos; }));
    CHECK(lab.last().link == Link::up);
    lab.run_for(500);
    CHECK(lab.all<core::ShellChanged>().size() == 3);
    say("garbage\n");
    lab.run_for(500);
    CHECK(lab.all<core::ShellChanged>().size() == 3);
    say("SSH is running\n");
    REQUIRE(lab.until([&] { return lab.last().detail.empty(); }));
    CHECK(lab.server.logged("Connection from") == 1);
    std::filesystem::remove_all(folder);
}

TEST_CASE("every order is answered once, with and without a session") {
    HostLab lab;
    const bool with_session = GENERATE(true, false);
    if (!with_session) lab.server.end();
    lab.start();
    REQUIRE(lab.becomes(with_session ? Link::up : Link::down));
    const core::VmxPath path{"EC_iSCSI", "vm1/vm1.vmx"};
    const auto limit = core::Time(net::BootClock::now().time_since_epoch()) + core::seconds(5);
    core::Write write;
    write.id = 7;
    write.host = lab.config.name;
    write.verb = core::Verb::unregister;
    write.vmid = "3";
    write.limit = limit;
    lab.host->perform(write);
    lab.host->look({11, VmName("vm1"), lab.config.name, "3"});
    lab.host->look({12, VmName("vm1"), lab.config.name, ""});
    lab.host->check_vmx({VmName("vm1"), lab.config.name, path});
    lab.host->ask_processes({VmName("vm1"), lab.config.name});
    lab.host->ask_lock({VmName("vm1"), lab.config.name, path});
    // Processes are told by looks as well.
    const auto answered = [&] {
        return lab.all<core::WriteDone>().size() == 1 &&
               lab.all<core::LookFailed>().size() + lab.all<core::Looked>().size() == 2 &&
               lab.all<core::VmxChecked>().size() == 1 && !lab.all<core::ProcessesTold>().empty() &&
               lab.all<core::LockTold>().size() == 1;
    };
    CHECK(lab.until(answered, 8000));
    CHECK((lab.all<core::WriteDone>().at(0).outcome == core::Outcome::unsent) == !with_session);
    lab.run_for(200);
    CHECK(answered());
}

TEST_CASE("a host is stopped in any state, at once and silently") {
    HostLab lab;
    SECTION("up") {
        lab.start();
        REQUIRE(lab.becomes(Link::up));
    }
    SECTION("while it connects") {
        lab.start();
    }
    SECTION("while nobody listens") {
        lab.server.end();
        lab.start();
        REQUIRE(lab.becomes(Link::down));
    }
    SECTION("while orders are carried out") {
        lab.start();
        REQUIRE(lab.becomes(Link::up));
        lab.host->read(true);
        for (core::LookId id = 1; id < 20; ++id) lab.host->look({id, VmName("vm1"), lab.config.name, "3"});
        lab.run_for(30);
    }
    lab.stop();
    const auto before = lab.events.size();
    lab.run_for(300);
    CHECK(lab.events.size() == before);
}
