// Small files: whole or not at all, and a sentence for everything that can be wrong with a directory.
#include "daemon/run/files.hpp"

#include <fcntl.h>
#include <sys/resource.h>

#include "tests/run/child.hpp"
#include "tests/run/temp_dir.hpp"
#include "tests/support/catch.hpp"

using namespace vmha;
using namespace vmha::run;
using vmha::test::Child;
using vmha::test::TempDir;

namespace {

mode_t mode_of(const std::string& path) {
    struct stat status {};
    return ::stat(path.c_str(), &status) == 0 ? status.st_mode & 07777 : 0;
}

size_t entries(const std::string& directory) {
    size_t count = 0;
    for (const auto& entry : std::filesystem::directory_iterator(directory)) count += !entry.path().empty();
    return count;
}

std::string message(const Result<>& result) {
    return result ? "ok" : result.error().message;
}

}  // namespace

TEST_CASE("what is written is read back, with exactly the wished mode") {
    TempDir dir;
    const std::string text = std::string("a\0b\n", 4) + std::string(100'000, 'x');
    const mode_t before = ::umask(0077);
    CHECK(message(write_file(dir.file("f"), text, 0644, Sync::disk)) == "ok");
    ::umask(before);
    CHECK(*read_file(dir.file("f"), 200'000) == text);
    CHECK(mode_of(dir.file("f")) == 0644);
    CHECK(message(write_file(dir.file("f"), "new", 0600, Sync::none)) == "ok");
    CHECK(dir.read("f") == "new");
    CHECK(mode_of(dir.file("f")) == 0600);
    CHECK(entries(dir.path()) == 1);
}

TEST_CASE("a file beyond the limit is refused, one at the limit is not") {
    TempDir dir;
    dir.write("f", "12345");
    CHECK(*read_file(dir.file("f"), 5) == "12345");
    const auto refused = read_file(dir.file("f"), 4);
    REQUIRE(!refused);
    CHECK(refused.error().message == "cannot read " + dir.file("f") + ": it is larger than 4 bytes");
}

TEST_CASE("an absent file is told apart from one that cannot be read") {
    TempDir dir;
    const auto absent = read_file(dir.file("f"), 10);
    REQUIRE(!absent);
    CHECK(absent.error().code == Errc::not_found);
    CHECK(absent.error().message == "cannot read " + dir.file("f") + ": No such file or directory");
    const auto directory = read_file(dir.path(), 10);
    REQUIRE(!directory);
    CHECK(directory.error().code == Errc::io);
    CHECK(directory.error().message == "cannot read " + dir.path() + ": it is not a regular file");
}

TEST_CASE("a FIFO is refused at once") {
    TempDir dir;
    REQUIRE(::mkfifo(dir.file("f").c_str(), 0600) == 0);
    const auto refused = read_file(dir.file("f"), 10);
    REQUIRE(!refused);
    CHECK(refused.error().message == "cannot read " + dir.file("f") + ": it is not a regular file");
}

TEST_CASE("a full disk leaves the old text and no half-written file") {
    TempDir dir;
    dir.write("f", "old");
    Child child([&dir] {
        ::signal(SIGXFSZ, SIG_IGN);
        const rlimit limit{8, 8};
        ::setrlimit(RLIMIT_FSIZE, &limit);
        const auto written = write_file(dir.file("f"), std::string(100, 'x'), 0600, Sync::disk);
        return !written && written.error().message == "cannot write " + dir.file("f") + ": File too large"
                   ? 0
                   : 1;
    });
    CHECK(child.wait() == 0);
    CHECK(dir.read("f") == "old");
    CHECK(entries(dir.path()) == 1);
}

TEST_CASE("a directory that may not be written says so") {
    if (::geteuid() != 0) return;
    TempDir dir;
    ::chmod(dir.path().c_str(), 0755);
    Child child([&dir] {
        if (::setuid(vmha::test::nobody) != 0) return 2;
        const auto written = write_file(dir.file("f"), "x", 0600, Sync::none);
        const auto made = prepare_directory(dir.file("below/it"), 0755);
        const bool ok =
            !written && written.error().message == "cannot write " + dir.file("f") + ": Permission denied" &&
            !made && made.error().message == "cannot make " + dir.file("below") + ": Permission denied";
        return ok ? 0 : 1;
    });
    CHECK(child.wait() == 0);
}

TEST_CASE("what root writes belongs to the directory's owner") {
    if (::geteuid() != 0) return;
    TempDir dir;
    REQUIRE(::chown(dir.path().c_str(), vmha::test::nobody, vmha::test::nobody) == 0);
    REQUIRE(write_file(dir.file("f"), "x", 0600, Sync::none).has_value());
    REQUIRE(update_json(dir.file("j"), [](Json& value) { value["a"] = 1; }).has_value());
    REQUIRE(prepare_directory(dir.file("d"), 0700).has_value());
    Child child([&dir] {
        if (::setuid(vmha::test::nobody) != 0) return 2;
        const bool ok = read_file(dir.file("f"), 10).has_value() &&
                        update_json(dir.file("j"), [](Json& value) { value["b"] = 2; }).has_value() &&
                        write_file(dir.file("d/f"), "x", 0600, Sync::none).has_value();
        return ok ? 0 : 1;
    });
    CHECK(child.wait() == 0);
    CHECK(*load_json(dir.file("j")) == Json({{"a", 1}, {"b", 2}}));
}

// Whoever owns the state directory may try to lead root, who runs a oneshot, to files that are not his.
class Trap {
public:
    Trap() {
        REQUIRE(::chown(theirs.path().c_str(), vmha::test::nobody, vmha::test::nobody) == 0);
        precious.write("passwd", "root:x:0:0", 0644);
    }
    void link(const std::string& name, const std::string& to) const {
        REQUIRE(::symlink(to.c_str(), theirs.file(name).c_str()) == 0);
        REQUIRE(::lchown(theirs.file(name).c_str(), vmha::test::nobody, vmha::test::nobody) == 0);
    }
    bool untouched() const {
        struct stat status {};
        return ::stat(precious.file("passwd").c_str(), &status) == 0 && status.st_uid == 0 &&
               status.st_mode == (S_IFREG | 0644) && precious.read("passwd") == "root:x:0:0" &&
               entries(precious.path()) == 1;
    }
    TempDir theirs, precious;
};

TEST_CASE("root is not led by a link in another user's directory") {
    if (::geteuid() != 0) return;
    Trap trap;
    trap.link("state.json", trap.precious.file("passwd"));
    trap.link("flying", trap.precious.path());
    trap.link(".ids.json.lock", trap.precious.file("passwd"));
    trap.link("mark", trap.precious.file("passwd"));

    CHECK(!read_file(trap.theirs.file("state.json"), 100));
    CHECK(!read_file(trap.theirs.file("flying/passwd"), 100));
    CHECK(!write_file(trap.theirs.file("flying/passwd"), "x", 0600, Sync::none));
    CHECK(message(remove_file(trap.theirs.file("flying/passwd"))) == "ok");  // there is no such file to root
    CHECK(!prepare_directory(trap.theirs.file("flying"), 0700));
    CHECK(!prepare_directory(trap.theirs.file("flying/below"), 0700));
    CHECK(!update_json(trap.theirs.file("ids.json"), [](Json&) {}));
    CHECK(!open_shared(trap.theirs.file("mark")));
    CHECK(trap.untouched());

    // Replaces the link and not what it leads to.
    CHECK(message(write_file(trap.theirs.file("state.json"), "x", 0600, Sync::none)) == "ok");
    CHECK(trap.theirs.read("state.json") == "x");
    CHECK(trap.untouched());
}

TEST_CASE("root gives nothing away that was there before") {
    if (::geteuid() != 0) return;
    Trap trap;
    REQUIRE(::link(trap.precious.file("passwd").c_str(), trap.theirs.file("mark").c_str()) == 0);
    const std::string temporary = ".state.json." + std::to_string(::getpid()) + ".tmp";
    REQUIRE(::link(trap.precious.file("passwd").c_str(), trap.theirs.file(temporary).c_str()) == 0);
    CHECK(open_shared(trap.theirs.file("mark")).has_value());
    CHECK(message(write_file(trap.theirs.file("state.json"), "x", 0600, Sync::none)) == "ok");
    CHECK(trap.untouched());
}

TEST_CASE("root waits for no FIFO in the place of a lock") {
    if (::geteuid() != 0) return;
    Trap trap;
    REQUIRE(::mkfifo(trap.theirs.file("lock").c_str(), 0600) == 0);
    CHECK(message(open_shared(trap.theirs.file("lock")) ? Result<>() : Error{Errc::io, "refused"}) ==
          "refused");
}

TEST_CASE("an empty file of root's that a killed oneshot left becomes its directory's owner's") {
    if (::geteuid() != 0) return;
    Trap trap;
    trap.theirs.write("lock", "");
    REQUIRE(open_shared(trap.theirs.file("lock")).has_value());
    struct stat status {};
    REQUIRE(::stat(trap.theirs.file("lock").c_str(), &status) == 0);
    CHECK(status.st_uid == vmha::test::nobody);
}

TEST_CASE("root follows the links that root has made") {
    if (::geteuid() != 0) return;
    TempDir etc, real;
    real.write("vmhad.json", "{}");
    REQUIRE(::symlink(real.path().c_str(), etc.file("state").c_str()) == 0);
    REQUIRE(::symlink(real.file("vmhad.json").c_str(), etc.file("vmhad.json").c_str()) == 0);
    CHECK(*read_file(etc.file("vmhad.json"), 100) == "{}");
    CHECK(*read_file(etc.file("state/vmhad.json"), 100) == "{}");
    CHECK(message(write_file(etc.file("state/ids.json"), "x", 0600, Sync::disk)) == "ok");
    CHECK(real.read("ids.json") == "x");
}

TEST_CASE("a directory is made with its parents and its mode, whatever the umask") {
    TempDir dir;
    const mode_t before = ::umask(0077);
    CHECK(message(prepare_directory(dir.file("a/b"), 0755)) == "ok");
    ::umask(before);
    CHECK(mode_of(dir.file("a")) == 0755);
    CHECK(mode_of(dir.file("a/b")) == 0755);
    CHECK(message(prepare_directory(dir.file("a/b"), 0700)) == "ok");
    CHECK(mode_of(dir.file("a/b")) == 0755);
}

TEST_CASE("a file in the place of a directory is named") {
    TempDir dir;
    dir.write("a", "");
    CHECK(message(prepare_directory(dir.file("a"), 0755)) ==
          "cannot make " + dir.file("a") + ": a file of that name is there");
    CHECK(message(prepare_directory(dir.file("a/b"), 0755)) ==
          "cannot make " + dir.file("a/b") + ": Not a directory");
}

TEST_CASE("half-written files of ended processes are swept out, others stay") {
    TempDir dir;
    Child ended([] { return 0; });
    const auto gone = std::to_string(ended.pid());
    ended.wait();
    dir.write(".f." + gone + ".tmp", "half");
    dir.write(".f." + std::to_string(::getpid()) + ".tmp", "being written");
    dir.write(".f.tmp", "not ours");
    dir.write("f." + gone + ".tmp", "not ours either");
    REQUIRE(prepare_directory(dir.path(), 0755).has_value());
    CHECK(entries(dir.path()) == 3);
    CHECK(!std::filesystem::exists(dir.file(".f." + gone + ".tmp")));
}

TEST_CASE("JSON state: absent is empty, broken is an error, saved is private") {
    TempDir dir;
    CHECK(*load_json(dir.file("f")) == Json::object());
    REQUIRE(save_json(dir.file("f"), {{"k", "v"}}).has_value());
    CHECK(*load_json(dir.file("f")) == Json({{"k", "v"}}));
    CHECK(mode_of(dir.file("f")) == 0600);
    for (const char* text : {"", "{\"a\":", "[]", "{} {}"}) {
        dir.write("f", text);
        const auto broken = load_json(dir.file("f"));
        REQUIRE(!broken);
        CHECK(broken.error().message.starts_with("cannot read " + dir.file("f") + ": "));
    }
}

TEST_CASE("a broken JSON file is replaced by the next change") {
    TempDir dir;
    dir.write("f", "{\"a\":");
    REQUIRE(update_json(dir.file("f"), [](Json& value) { value["b"] = 1; }).has_value());
    CHECK(*load_json(dir.file("f")) == Json({{"b", 1}}));
}

TEST_CASE("changes by several processes at once are all kept") {
    TempDir dir;
    const auto count_up = [&dir] {
        for (int i = 0; i < 50; ++i)
            if (!update_json(dir.file("f"), [](Json& value) { value["n"] = value.value("n", 0) + 1; }))
                return 1;
        return 0;
    };
    Child a(count_up), b(count_up), c(count_up);
    CHECK(a.wait() + b.wait() + c.wait() == 0);
    CHECK(load_json(dir.file("f"))->at("n") == 150);
}

TEST_CASE("a reader sees the old or the new text, never a part, also when the writer is killed") {
    TempDir dir;
    const std::string a(60'000, 'a'), b(60'000, 'b');
    dir.write("f", a);
    Child writer([&] {
        while (true) {
            if (!write_file(dir.file("f"), b, 0600, Sync::none) ||
                !write_file(dir.file("f"), a, 0600, Sync::none))
                return 1;
        }
    });
    for (int i = 0; i < 300; ++i) {
        const auto text = read_file(dir.file("f"), 100'000);
        REQUIRE(text.has_value());
        REQUIRE((*text == a || *text == b));
    }
    CHECK(writer.kill() == 128 + SIGKILL);
    const auto text = dir.read("f");
    CHECK((text == a || text == b));
}
