// The command lines of vmha-exec and vmha-genw.
#include "client/arguments.hpp"

#include <cstdlib>

#include "common/exit_codes.hpp"
#include "tests/support/catch.hpp"

using namespace vmha;
using namespace vmha::client;

namespace {

using Parser = Result<ShimArguments> (*)(int, char**, const ShimEnvironment&);

Result<ShimArguments> parse(Parser parser, std::vector<std::string> words,
                            const ShimEnvironment& environment = {}) {
    words.insert(words.begin(), "program");
    std::vector<char*> pointers;
    for (std::string& word : words) pointers.push_back(word.data());
    pointers.push_back(nullptr);
    return parser(static_cast<int>(words.size()), pointers.data(), environment);
}

using Words = std::vector<std::string>;

}  // namespace

TEST_CASE("options may stand anywhere") {
    const std::vector<Words> spellings{
        {"start", "vm1", "vm2", "--timeout", "60", "--socket", "/s"},
        {"--timeout", "60", "start", "vm1", "--socket", "/s", "vm2"},
        {"--socket=/s", "--timeout=60", "start", "--", "vm1", "vm2"},
    };
    for (const Words& words : spellings) {
        const auto parsed = parse(parse_exec, words);
        REQUIRE(parsed.has_value());
        CHECK(parsed->action == Action::start);
        CHECK(parsed->vms == Words{"vm1", "vm2"});
        CHECK(parsed->timeout_s == 60);
        CHECK(parsed->socket == "/s");
    }
}

TEST_CASE("options may stand anywhere even where POSIXLY_CORRECT is set") {
    ::setenv("POSIXLY_CORRECT", "1", 1);
    const auto parsed = parse(parse_exec, {"stop", "vm1", "--timeout", "5"});
    ::unsetenv("POSIXLY_CORRECT");
    REQUIRE(parsed.has_value());
    CHECK(parsed->timeout_s == 5);
}

TEST_CASE("without a VM the resource's name is taken, without its prefix") {
    CHECK(parse(parse_exec, {"start"}, {nullptr, "exec-VM1"})->vms == Words{"VM1"});
    CHECK(parse(parse_exec, {"start"}, {nullptr, "VM1"})->vms == Words{"VM1"});
    CHECK(parse(parse_exec, {"start"}, {nullptr, "exec-exec-VM1"})->vms == Words{"exec-VM1"});
    CHECK(parse(parse_exec, {"start", "vm2"}, {nullptr, "exec-VM1"})->vms == Words{"vm2"});
    CHECK(parse(parse_exec, {"start", "--all"}, {nullptr, "exec-VM1"})->vms.empty());
    CHECK(parse(parse_exec, {"start"}).has_error());
    CHECK(parse(parse_exec, {"start"}, {nullptr, ""}).has_error());
    CHECK(parse(parse_exec, {"start"}, {nullptr, "exec-"}).has_error());
    CHECK(parse(parse_exec, {"start"}, {nullptr, "exec-VM 1"}).has_error());
}

TEST_CASE("a VM named twice is one VM") {
    CHECK(parse(parse_exec, {"stop", "vm2", "vm1", "vm2"})->vms == Words{"vm2", "vm1"});
}

TEST_CASE("wrong usage is an error that names what is wrong") {
    const std::vector<std::pair<Words, std::string>> cases{
        {{}, "start or stop"},
        {{"restart", "vm1"}, "'restart'"},
        {{"start", "vm1", "--fast"}, "'--fast'"},
        {{"start", "vm1", "-x"}, "'-x'"},
        {{"start", "vm1", "--timeout"}, "'--timeout' needs a value"},
        {{"start", "vm1", "--timeout", "0"}, "'0'"},
        {{"start", "vm1", "--timeout", "-5"}, "'-5'"},
        {{"start", "vm1", "--timeout", "ten"}, "'ten'"},
        {{"start", "vm1", "--timeout", "5s"}, "'5s'"},
        {{"start", "vm1", "--timeout", "99999999999999999999"}, "'99999999999999999999'"},
        {{"start", "vm/1"}, "'vm/1'"},
        {{"start", "../x"}, "'../x'"},
        {{"start", ""}, "''"},
        {{"start", "--all", "vm1"}, "--all"},
    };
    for (const auto& [words, part] : cases) {
        const auto parsed = parse(parse_exec, words, {nullptr, "exec-vm1"});
        INFO("expected a complaint with " << part);
        REQUIRE(parsed.has_error());
        INFO(parsed.error().message);
        CHECK(parsed.error().message.find(part) != std::string::npos);
    }
}

TEST_CASE("the monitor's command line") {
    CHECK(parse(parse_genw, {})->vms.empty());
    CHECK(parse(parse_genw, {"vm1", "--follow", "vm2"})->follow);
    CHECK(parse(parse_genw, {"vm1", "--follow", "vm2"})->vms == Words{"vm1", "vm2"});
    CHECK_FALSE(parse(parse_genw, {"vm1"}, {nullptr, "exec-vm7"})->follow);
    CHECK(parse(parse_genw, {"--config", "/c", "--node", "ec1"})->node == "ec1");
    CHECK(parse(parse_genw, {"--all"}).has_error());
}

TEST_CASE("the socket is the option's, else the environment's, else the default") {
    CHECK(parse(parse_genw, {"--socket", "/a"}, {"/b", nullptr})->socket == "/a");
    CHECK(parse(parse_genw, {}, {"/b", nullptr})->socket == "/b");
    CHECK(parse(parse_genw, {}, {"", nullptr})->socket == "/run/vmhad/vmhad.sock");
    CHECK(parse(parse_genw, {})->socket == "/run/vmhad/vmhad.sock");
}

TEST_CASE("help and version need nothing else") {
    CHECK(parse(parse_exec, {"--help"})->help);
    CHECK(parse(parse_exec, {"-h"})->help);
    CHECK(parse(parse_exec, {"--version"})->version);
    CHECK(parse(parse_genw, {"--help"})->help);
}

TEST_CASE("of several VMs' codes the first of 2, 1, 5, 4, 3 counts") {
    const auto merged = [](std::vector<int> codes) {
        ExitCode code = ExitCode::ok;
        for (int one : codes) code = worse(code, static_cast<ExitCode>(one));
        return static_cast<int>(code);
    };
    CHECK(merged({}) == 0);
    CHECK(merged({0, 3, 0}) == 3);
    CHECK(merged({3, 4}) == 4);
    CHECK(merged({4, 5, 3}) == 5);
    CHECK(merged({5, 1, 4}) == 1);
    CHECK(merged({1, 2, 5}) == 2);
    CHECK(merged({2, 1, 0}) == 2);
}
