// man_page TEMPLATE SCHEMA PAGE: a man page of its template. A line that is one of these words is replaced by
// a table of the code, so that the two cannot differ:
//   @EXIT_CODES@   @REASONS@   @KEYS@ of the configuration, @KEYS /$defs/vm@ of an object in it
// and @VERSION@, anywhere, by the version.
#include <cstdio>
#include <fstream>
#include <iterator>
#include <sstream>

#include "common/exit_codes.hpp"
#include "common/manual/roff.hpp"
#include "common/manual/schema_keys.hpp"
#include "common/reasons.hpp"

namespace vmha::manual {
namespace {

Result<std::string> read_file(const char* name) {
    std::ifstream in(name, std::ios::binary);
    std::string text{std::istreambuf_iterator<char>(in), {}};
    if (!in) return Error{Errc::io, std::string("cannot read ") + name};
    return text;
}

Result<std::string> exit_codes() {
    std::string out;
    for (const ExitCodeRow& row : exit_code_table()) {
        const auto one = tagged(std::to_string(static_cast<int>(row.code)), row.sentence);
        if (one.has_error()) return one.error();
        out += *one;
    }
    return out;
}

Result<std::string> reasons() {
    std::string out;
    for (const Reason reason : all_reasons()) {
        const auto one = tagged(word(reason), sentence(reason));
        if (one.has_error()) return one.error();
        out += *one;
    }
    return out;
}

// What stands for this line.
Result<std::string> line_of_page(const std::string& line, const Json& schema) {
    constexpr std::string_view keys = "@KEYS ";
    if (line == "@EXIT_CODES@") return exit_codes();
    if (line == "@REASONS@") return reasons();
    if (line == "@KEYS@") return schema_keys(schema, "");
    if (line.starts_with(keys) && line.ends_with('@'))
        return schema_keys(schema, line.substr(keys.size(), line.size() - keys.size() - 1));
    constexpr std::string_view version = "@VERSION@";
    std::string out = line;
    if (const auto at = out.find(version); at != std::string::npos)
        out.replace(at, version.size(), VMHA_VERSION);
    return out + "\n";
}

Result<std::string> make_page(const char* input, const char* schema_file) {
    const auto text = read_file(input);
    if (text.has_error()) return text.error();
    const auto schema_text = read_file(schema_file);
    if (schema_text.has_error()) return schema_text.error();
    const auto schema = parse_json(*schema_text);
    if (schema.has_error()) return schema.error();
    std::istringstream lines(*text);
    std::string page;
    for (std::string line; std::getline(lines, line);) {
        const auto made = line_of_page(line, *schema);
        if (made.has_error()) return made.error();
        page += *made;
    }
    return page;
}

}  // namespace
}  // namespace vmha::manual

int main(int argc, char** argv) {
    if (argc != 4) {
        std::fputs("usage: man_page TEMPLATE SCHEMA PAGE\n", stderr);
        return 2;
    }
    const auto page = vmha::manual::make_page(argv[1], argv[2]);
    if (page.has_error()) {
        std::fprintf(stderr, "%s: %s\n", argv[1], page.error().message.c_str());
        return 1;
    }
    std::ofstream out(argv[3], std::ios::binary | std::ios::trunc);
    out << *page;
    out.close();
    if (!out) std::fprintf(stderr, "cannot write %s\n", argv[3]);
    return out ? 0 : 1;
}
