// What the journal is given: one entry for each line, with its fields; and what happens where it is not
// there.
#include "daemon/run/journal.hpp"

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include <algorithm>
#include <fstream>
#include <map>
#include <regex>
#include <set>

#include "daemon/run/files.hpp"
#include "daemon/run/log.hpp"
#include "tests/run/temp_dir.hpp"
#include "tests/support/catch.hpp"

using namespace vmha;
using namespace vmha::run;
using vmha::test::TempDir;
using Entry = std::map<std::string, std::string>;

namespace {

// A socket where the journal's would be, so that there is somebody to write to.
class FakeJournal {
public:
    FakeJournal() : fd_(::socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0)) {
        sockaddr_un address{};
        address.sun_family = AF_UNIX;
        path().copy(address.sun_path, sizeof(address.sun_path) - 1);
        REQUIRE(::bind(fd_.get(), reinterpret_cast<const sockaddr*>(&address), sizeof(address)) == 0);
    }
    std::string path() const { return dir_.file("socket"); }

    Journal journal() {
        return Journal(path(), [this](const iovec* parts, int count) {
            Entry entry;
            for (int i = 0; i < count; ++i) {
                const std::string field(static_cast<const char*>(parts[i].iov_base), parts[i].iov_len);
                const auto equals = field.find('=');
                CHECK(entry.emplace(field.substr(0, equals), field.substr(equals + 1)).second);
            }
            entries.push_back(std::move(entry));
            return result;
        });
    }

    // As a journal that hangs: nobody reads.
    void fill() {
        const Fd sender(::socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
        sockaddr_un address{};
        address.sun_family = AF_UNIX;
        path().copy(address.sun_path, sizeof(address.sun_path) - 1);
        REQUIRE(::connect(sender.get(), reinterpret_cast<const sockaddr*>(&address), sizeof(address)) == 0);
        while (::send(sender.get(), "x", 1, MSG_NOSIGNAL) == 1) continue;
    }

    std::vector<Entry> entries;
    int result = 0;

private:
    TempDir dir_;
    Fd fd_;
};

// A log whose stream is the journal's, as systemd sets it up.
class UnderJournal {
public:
    explicit UnderJournal(Journal journal) : out_(std::fopen(dir_.file("stderr").c_str(), "w")) {
        struct stat status {};
        REQUIRE(::fstat(::fileno(out_), &status) == 0);
        const std::string stream = std::to_string(status.st_dev) + ":" + std::to_string(status.st_ino);
        ::setenv("JOURNAL_STREAM", stream.c_str(), 1);
        log = std::make_unique<Log>(scrubber, out_, Level::info, std::move(journal));
        ::unsetenv("JOURNAL_STREAM");
    }
    ~UnderJournal() { std::fclose(out_); }
    std::string on_stderr() const { return dir_.read("stderr"); }

    Scrubber scrubber;
    std::unique_ptr<Log> log;

private:
    TempDir dir_;
    std::FILE* out_;
};

core::Say unhealthy() {
    core::Say say;
    say.topic = core::Topic::health;
    say.level = Level::error;
    say.vm = VmName("vm1");
    say.host = HostName("esxi1");
    say.from = "healthy";
    say.to = "unhealthy";
    say.reason = Reason::powered_off;
    say.message = "vm1: unhealthy (powered_off)";
    return say;
}

MessageId id_of(core::Topic topic, const std::string& to, core::About about = core::About::other) {
    core::Say say;
    say.topic = topic;
    say.to = to;
    say.about = about;
    return record_of(say).id;
}

}  // namespace

TEST_CASE("a state change is one entry with its fields, and no line beside it") {
    FakeJournal fake;
    UnderJournal site(fake.journal());
    site.log->write(record_of(unhealthy()));
    REQUIRE(fake.entries.size() == 1);
    CHECK(fake.entries[0] == Entry{{"MESSAGE", "vm1: unhealthy (powered_off)"},
                                   {"PRIORITY", "3"},
                                   {"SYSLOG_IDENTIFIER", "vmhad"},
                                   {"MESSAGE_ID", std::string(number_of(MessageId::vm_unhealthy))},
                                   {"VM", "vm1"},
                                   {"HOST", "esxi1"},
                                   {"FROM", "healthy"},
                                   {"TO", "unhealthy"},
                                   {"REASON", "powered_off"}});
    CHECK(site.on_stderr().empty());
}

TEST_CASE("a plain line is an entry without a number, so that all lines keep their order") {
    FakeJournal fake;
    UnderJournal site(fake.journal());
    site.log->warning("one\ntwo");
    REQUIRE(fake.entries.size() == 1);
    CHECK(fake.entries[0] ==
          Entry{{"MESSAGE", "one two"}, {"PRIORITY", "4"}, {"SYSLOG_IDENTIFIER", "vmhad"}});
}

TEST_CASE("no field of an entry shows a secret") {
    FakeJournal fake;
    UnderJournal site(fake.journal());
    site.scrubber.hide("Passw0rd!");
    site.log->write(
        {Level::info, MessageId::remark, "login with Passw0rd! failed", {{"TO", "is Passw0rd!"}}});
    REQUIRE(fake.entries.size() == 1);
    CHECK(fake.entries[0].at("MESSAGE") == "login with *** failed");
    CHECK(fake.entries[0].at("TO") == "is ***");
}

TEST_CASE("what the journal refuses goes to its stream, with the priority in front") {
    FakeJournal fake;
    fake.result = -EPERM;
    UnderJournal site(fake.journal());
    site.log->error("bad");
    CHECK(site.on_stderr() == "<3>bad\n");
}

TEST_CASE("without a journal the line goes to its stream") {
    TempDir dir;
    int sent = 0;
    UnderJournal site(Journal(dir.file("none"), [&](const iovec*, int) { return ++sent, 0; }));
    site.log->info("lost and found");
    CHECK(site.on_stderr() == "<6>lost and found\n");
    CHECK(sent == 0);
}

TEST_CASE("a journal that hangs is not waited for") {
    FakeJournal fake;
    fake.fill();
    UnderJournal site(fake.journal());
    site.log->info("goes on");
    CHECK(fake.entries.empty());
    CHECK(site.on_stderr() == "<6>goes on\n");
}

TEST_CASE("every state of a link, an operation and a VM has its number") {
    using core::About;
    using core::Topic;
    CHECK(id_of(Topic::link, "up") == MessageId::link_up);
    CHECK(id_of(Topic::link, "down") == MessageId::link_down);
    CHECK(id_of(Topic::link, "connecting") == MessageId::link_down);
    CHECK(id_of(Topic::link, "bad_password") == MessageId::login_refused);
    CHECK(id_of(Topic::link, "locked_out") == MessageId::login_stopped);
    CHECK(id_of(Topic::link, "untrusted") == MessageId::host_untrusted);
    CHECK(id_of(Topic::transition, "powering on") == MessageId::operation_moved);
    CHECK(id_of(Topic::transition, "started") == MessageId::operation_done);
    CHECK(id_of(Topic::transition, "stopped") == MessageId::operation_done);
    CHECK(id_of(Topic::transition, "failed") == MessageId::operation_failed);
    CHECK(id_of(Topic::transition, "timed out") == MessageId::operation_failed);
    CHECK(id_of(Topic::health, "healthy") == MessageId::vm_healthy);
    CHECK(id_of(Topic::health, "unknown") == MessageId::vm_unknown);
    CHECK(id_of(Topic::note, "", About::left_over) == MessageId::left_over);
    CHECK(id_of(Topic::note, "", About::not_ready) == MessageId::not_ready);
    CHECK(id_of(Topic::note, "", About::paused) == MessageId::monitoring_paused);
    CHECK(id_of(Topic::note, "") == MessageId::remark);
}

TEST_CASE("the numbers are 128 bits in hexadecimal, and no two are the same") {
    std::set<std::string_view> numbers;
    for (const auto& entry : message_entries()) {
        CHECK(std::regex_match(std::string(entry.number), std::regex("[0-9a-f]{32}")));
        CHECK(numbers.insert(entry.number).second);
        CHECK(entry.id != MessageId::none);
    }
    CHECK(number_of(MessageId::none).empty());
    CHECK(number_of(MessageId::socket_lost).size() == 32);
    CHECK(message_entries().size() == static_cast<size_t>(MessageId::socket_lost));
}

TEST_CASE("the catalog explains every number and no other, by fields that its lines carry") {
    std::ifstream in(VMHA_SOURCE_DIR "/systemd/vmha.catalog");
    std::map<std::string, std::string> texts;
    std::string number;
    for (std::string line; std::getline(in, line);) {
        if (line.starts_with('#')) continue;
        if (line.starts_with("-- ")) {
            number = line.substr(3);
            CHECK(texts.emplace(number, "").second);
        } else {
            texts[number] += line + "\n";
        }
    }
    texts.erase("");
    for (const auto& entry : message_entries()) {
        const std::string text = texts[std::string(entry.number)];
        INFO(entry.number);
        CHECK(text.starts_with("Subject: "));
        CHECK(text.find("\nDefined-By: vmha\n") != std::string::npos);
        const std::regex field("@([A-Z]+)@");
        for (std::sregex_iterator found(text.begin(), text.end(), field), end; found != end; ++found)
            CHECK((" " + std::string(entry.fields) + " ").find(" " + (*found)[1].str() + " ") !=
                  std::string::npos);
    }
    CHECK(texts.size() == message_entries().size());
}
