#include "common/manual/roff.hpp"

namespace vmha::manual {

Result<std::string> roff(std::string_view text) {
    constexpr std::string_view ellipsis = "\u2026";
    std::string out;
    // A line that begins with one of these would be a request.
    if (text.starts_with('.') || text.starts_with('\'')) out += "\\&";
    while (!text.empty()) {
        const char c = text.front();
        if (text.starts_with(ellipsis)) {
            out += "...";
            text.remove_prefix(ellipsis.size());
            continue;
        }
        if (static_cast<unsigned char>(c) >= 0x80 || (c < ' ' && c >= 0))
            return Error{Errc::invalid_input,
                         "cannot write '" + std::string(text.substr(0, 20)) + "' as roff"};
        if (c == '\\')
            out += "\\e";
        else if (c == '-')
            out += "\\-";
        else
            out += c;
        text.remove_prefix(1);
    }
    return out;
}

Result<std::string> tagged(std::string_view tag, std::string_view text) {
    const auto bold = roff(tag);
    if (bold.has_error()) return bold.error();
    const auto body = roff(text);
    if (body.has_error()) return body.error();
    return ".TP\n.B \"" + *bold + "\"\n" + *body + "\n";
}

}  // namespace vmha::manual
