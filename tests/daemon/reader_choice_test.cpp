#include "daemon/reader_choice.hpp"

#include "tests/support/catch.hpp"

using namespace vmha;
using namespace vmha::core;

namespace {

const HostName host("esxi1");

LinkChanged api_link(Link link, uint64_t session = 1, const std::string& detail = "") {
    return {host, link, Reason::host_unreachable, detail, session, Via::api};
}

ShellChanged ssh_link(Link link, const std::string& detail = "") {
    return {host, link, Reason::host_unreachable, detail};
}

Read full(uint64_t session) {
    Read read;
    read.host = host;
    read.session = session;
    read.full = true;
    return read;
}

template <class T>
const T* only(const ReaderChoice::Events& events) {
    return events.size() == 1 ? std::get_if<T>(&events.front()) : nullptr;
}

}  // namespace

TEST_CASE("a host with an API alone is told as its API tells it") {
    ReaderChoice choice(host, true, false);
    CHECK(!choice.ssh_shall_read());
    const auto up = choice.from_api(api_link(Link::up));
    REQUIRE(only<LinkChanged>(up));
    CHECK(only<LinkChanged>(up)->link == Link::up);
    CHECK(only<LinkChanged>(up)->reader == Via::api);
    CHECK(only<Read>(choice.from_api(full(1)))->session == 1);
    CHECK(only<LinkChanged>(choice.from_api(api_link(Link::down)))->link == Link::down);
    CHECK(only<Read>(choice.from_api(full(2)))->session == 2);
    CHECK(choice.via() == Via::api);
}

TEST_CASE("a host with SSH alone is up when it has told everything, not when it has logged in") {
    ReaderChoice choice(host, false, true);
    CHECK(choice.ssh_shall_read());
    const auto login = choice.from_ssh(ssh_link(Link::up));
    REQUIRE(login.size() == 2);
    CHECK(std::get<ShellChanged>(login[0]).link == Link::up);
    CHECK(std::get<LinkChanged>(login[1]).link == Link::connecting);
    const auto told = choice.from_ssh(full(1));
    REQUIRE(told.size() == 2);
    CHECK(std::get<LinkChanged>(told[0]).link == Link::up);
    CHECK(std::get<LinkChanged>(told[0]).reader == Via::ssh);
    CHECK(std::get<Read>(told[1]).session == 1);
    CHECK(only<Read>(choice.from_ssh(full(1)))->session == 1);

    const auto gone = choice.from_ssh(ssh_link(Link::down, "no answer"));
    REQUIRE(gone.size() == 2);
    CHECK(std::get<LinkChanged>(gone[1]).link == Link::down);
    CHECK(std::get<LinkChanged>(gone[1]).detail == "no answer");
}

TEST_CASE("a management service that is away takes the link down, until everything is told again") {
    ReaderChoice choice(host, false, true);
    choice.from_ssh(ssh_link(Link::up));
    choice.from_ssh(full(1));
    const auto away = choice.cannot_read("hostd does not answer");
    REQUIRE(only<LinkChanged>(away));
    CHECK(only<LinkChanged>(away)->link == Link::down);
    CHECK(only<LinkChanged>(away)->detail == "hostd does not answer");
    const auto back = choice.from_ssh(full(2));
    REQUIRE(back.size() == 2);
    CHECK(std::get<LinkChanged>(back[0]).link == Link::up);
    CHECK(std::get<Read>(back[1]).session == 2);
}

TEST_CASE("with two ways the API reads, and SSH takes its place while it is down") {
    ReaderChoice choice(host, true, true);
    choice.from_ssh(ssh_link(Link::up));
    choice.from_api(api_link(Link::up));
    CHECK(only<Read>(choice.from_api(full(7)))->session == 1);
    CHECK(!choice.ssh_shall_read());

    const auto down = choice.from_api(api_link(Link::bad_password, 7, "the password is wrong"));
    CHECK(only<LinkChanged>(down)->link == Link::bad_password);
    CHECK(choice.ssh_shall_read());
    const auto told = choice.from_ssh(full(1));
    REQUIRE(told.size() == 2);
    CHECK(std::get<LinkChanged>(told[0]).link == Link::up);
    CHECK(std::get<LinkChanged>(told[0]).detail == "read over SSH: the password is wrong");
    CHECK(std::get<Read>(told[1]).session == 2);
    CHECK(choice.via() == Via::ssh);

    SECTION("what the API does meanwhile changes only the sentence") {
        const auto changed = choice.from_api(api_link(Link::locked_out, 7, "locked out"));
        CHECK(only<LinkChanged>(changed)->link == Link::up);
        CHECK(only<LinkChanged>(changed)->detail == "read over SSH: locked out");
    }
    SECTION("when the API is back it reads, in a session of its own") {
        CHECK(only<LinkChanged>(choice.from_api(api_link(Link::up, 8)))->reader == Via::api);
        CHECK(!choice.ssh_shall_read());
        CHECK(choice.from_ssh(full(1)).empty());
        CHECK(only<Read>(choice.from_api(full(8)))->session == 3);
        CHECK(choice.via() == Via::api);
    }
    SECTION("when SSH is lost too the link is what the API's is") {
        const auto lost = choice.from_ssh(ssh_link(Link::down));
        REQUIRE(lost.size() == 2);
        CHECK(std::get<LinkChanged>(lost[1]).link == Link::bad_password);
    }
}

TEST_CASE("a look that another session answers has failed, and one that nobody asked for is dropped") {
    ReaderChoice choice(host, true, true);
    choice.from_ssh(ssh_link(Link::up));
    choice.from_api(api_link(Link::up));
    choice.from_api(full(1));
    Looked looked;
    looked.host = host;
    looked.session = 1;
    looked.look = 5;
    CHECK(only<Looked>(choice.from_api(looked))->session == 1);
    CHECK(only<LookFailed>(choice.from_ssh(looked))->look == 5);
    looked.look = 0;
    CHECK(choice.from_ssh(looked).empty());

    choice.from_api(full(2));
    looked.look = 6;
    CHECK(only<LookFailed>(choice.from_api(looked))->look == 6);

    Read late = full(1);
    late.look = 9;
    CHECK(only<LookFailed>(choice.from_api(late))->look == 9);
    Read old;
    old.host = host;
    old.session = 1;
    CHECK(choice.from_api(old).empty());
}

TEST_CASE("answers to writes, processes and locks pass whoever reads") {
    ReaderChoice choice(host, true, true);
    CHECK(only<WriteDone>(choice.from_ssh(WriteDone{})));
    CHECK(only<ProcessesTold>(choice.from_ssh(ProcessesTold{})));
    CHECK(only<LockTold>(choice.from_ssh(LockTold{})));
    CHECK(only<VmxChecked>(choice.from_ssh(VmxChecked{})));
}
