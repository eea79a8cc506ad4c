// Files are placed whole, with their mode from the first moment, and over another one only where that was
// asked for.
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>

#include "client/import/files/disk.hpp"
#include "tests/support/catch.hpp"

namespace vmha::migration {
namespace {

namespace fs = std::filesystem;
using Catch::Contains;

class Folder {
public:
    Folder() {
        std::string name = (fs::temp_directory_path() / "import_disk_XXXXXX").string();
        REQUIRE(::mkdtemp(name.data()));
        path_ = name;
    }
    Folder(const Folder&) = delete;
    Folder& operator=(const Folder&) = delete;
    ~Folder() { fs::remove_all(path_); }

    std::string file(const std::string& name) const { return (path_ / name).string(); }
    size_t count() const {
        return static_cast<size_t>(std::distance(fs::directory_iterator(path_), fs::directory_iterator()));
    }

private:
    fs::path path_;
};

mode_t mode_of(const std::string& file) {
    struct stat status {};
    REQUIRE(::stat(file.c_str(), &status) == 0);
    return status.st_mode & 07777;
}

TEST_CASE("a file gets its text and its mode, whatever the umask is, and leaves nothing beside it") {
    const Folder folder;
    const mode_t before = ::umask(077);
    const bool placed = place_file({folder.file("a"), "text", 0644}, false).has_value();
    ::umask(before);
    CHECK(placed);
    CHECK(*read_whole_file(folder.file("a"), 100) == "text");
    CHECK(mode_of(folder.file("a")) == 0644);
    CHECK(place_file({folder.file("b"), "key", 0600, ::geteuid(), true}, false).has_value());
    CHECK(mode_of(folder.file("b")) == 0600);
    CHECK(folder.count() == 2);
}

TEST_CASE("a file that is there is replaced only where that was asked for") {
    const Folder folder;
    REQUIRE(place_file({folder.file("a"), "old"}, false).has_value());
    const auto refused = place_file({folder.file("a"), "new"}, false);
    REQUIRE(refused.has_error());
    CHECK_THAT(refused.error().message, Contains("cannot write " + folder.file("a") + ": File exists"));
    CHECK(*read_whole_file(folder.file("a"), 100) == "old");
    CHECK(place_file({folder.file("a"), "new"}, true).has_value());
    CHECK(*read_whole_file(folder.file("a"), 100) == "new");
    CHECK(folder.count() == 1);
}

TEST_CASE("a link in the place is replaced, not followed") {
    const Folder folder;
    REQUIRE(place_file({folder.file("target"), "old"}, false).has_value());
    fs::create_symlink(folder.file("target"), folder.file("link"));
    CHECK(place_file({folder.file("link"), "new"}, true).has_value());
    CHECK(*read_whole_file(folder.file("target"), 100) == "old");
    CHECK_FALSE(fs::is_symlink(folder.file("link")));
}

TEST_CASE("what is missing, too large or no file is an error that names it") {
    const Folder folder;
    REQUIRE(place_file({folder.file("a"), "12345"}, false).has_value());
    CHECK(read_whole_file(folder.file("a"), 5).has_value());
    CHECK_THAT(read_whole_file(folder.file("a"), 4).error().message, Contains("larger than 4 bytes"));
    CHECK(read_whole_file(folder.file("none"), 5).error().code == Errc::not_found);
    CHECK_THAT(read_whole_file(folder.file(""), 5).error().message, Contains("not a regular file"));
    CHECK(place_file({folder.file("none/a"), "x"}, false).has_error());
}

}  // namespace
}  // namespace vmha::migration
