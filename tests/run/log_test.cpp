// Lines of the log: their form and length, and no secret in them.
#include "daemon/run/log.hpp"

#include <regex>

#include "tests/run/temp_dir.hpp"
#include "tests/support/catch.hpp"

using namespace vmha;
using namespace vmha::run;
using vmha::test::TempDir;

namespace {

class LogFile {
public:
    LogFile() : out_(std::fopen(dir.file("log").c_str(), "w")) {}
    ~LogFile() { std::fclose(out_); }
    std::FILE* stream() { return out_; }
    std::string text() { return dir.read("log"); }
    TempDir dir;

private:
    std::FILE* out_;
};

}  // namespace

TEST_CASE("a line has time, level and text") {
    LogFile file;
    Scrubber scrubber;
    Log log(scrubber, file.stream());
    log.error("one");
    log.warning("two");
    log.info("three {}");
    CHECK(std::regex_match(
        file.text(), std::regex(R"((\d{4}/\d\d/\d\d \d\d:\d\d:\d\d \[[EWI]\] (one|two|three \{\})\n){3})")));
    CHECK(file.text().find("[E] one\n") != std::string::npos);
    CHECK(file.text().find("[W] two\n") != std::string::npos);
    CHECK(file.text().find("[I] three {}\n") != std::string::npos);
}

TEST_CASE("debug lines appear only where they were asked for") {
    Scrubber scrubber;
    LogFile quiet, loud;
    Log(scrubber, quiet.stream()).debug("detail");
    Log(scrubber, loud.stream(), Level::debug).debug("detail");
    CHECK(quiet.text().empty());
    CHECK(loud.text().find("[D] detail\n") != std::string::npos);
}

TEST_CASE("text from outside cannot forge a second line") {
    LogFile file;
    Scrubber scrubber;
    Log log(scrubber, file.stream());
    log.info("a\n2026/11/22 07:18:02 [I] b\x1b[31m");
    CHECK(std::ranges::count(file.text(), '\n') == 1);
    CHECK(file.text().find('\x1b') == std::string::npos);
}

TEST_CASE("a long line is cut at a character's border") {
    LogFile file;
    Scrubber scrubber;
    Log log(scrubber, file.stream());
    std::string text;
    for (int i = 0; i < 5000; ++i) text += "ä";
    log.info(text);
    CHECK(file.text().size() <= Log::line_max);
    CHECK(file.text().size() > Log::line_max - 4);
    CHECK(file.text().ends_with("ä…\n"));
}

TEST_CASE("shorten keeps what fits and never more than allowed") {
    CHECK(shorten("abc", 3) == "abc");
    CHECK(shorten("abcdef", 5) == "ab…");
    CHECK(shorten("aääb", 5) == "a…");
    CHECK(shorten("abcdef", 3) == "…");
}

TEST_CASE("a secret appears nowhere, however it is written") {
    Scrubber scrubber;
    scrubber.hide("a<b&\"c'");
    CHECK(scrubber.scrub("login with a<b&\"c' failed") == "login with *** failed");
    CHECK(scrubber.scrub("<password>a&lt;b&amp;\"c'</password>") == "<password>***</password>");
    CHECK(scrubber.scrub("<password>a&lt;b&amp;&quot;c&apos;</password>") == "<password>***</password>");
    CHECK(scrubber.scrub(R"({"password":"a<b&\"c'"})") == R"({"password":"***"})");
}

TEST_CASE("every place of every secret is hidden, the longer one first") {
    Scrubber scrubber;
    scrubber.hide("secret");
    scrubber.hide("secret2");
    scrubber.hide("**");
    scrubber.hide("");
    CHECK(scrubber.scrub("secretsecret2 secret") == "****** ***");
    CHECK(scrubber.scrub("nothing") == "nothing");
}

TEST_CASE("a secret that would be cut at the line's end is hidden first") {
    LogFile file;
    Scrubber scrubber;
    scrubber.hide("Passw0rd!");
    Log log(scrubber, file.stream());
    for (size_t before = Log::line_max - 45; before < Log::line_max - 20; ++before)
        log.info(std::string(before, '.') + "Passw0rd!");
    CHECK(file.text().find("Pas") == std::string::npos);
}

TEST_CASE("a log that cannot be written harms nobody") {
    std::FILE* full = std::fopen("/dev/full", "w");
    REQUIRE(full != nullptr);
    Scrubber scrubber;
    Log log(scrubber, full);
    log.error("lost");
    log.error("lost, too");
    std::fclose(full);
}
