#include "daemon/shell/text/frames.hpp"

#include <functional>
#include <optional>

#include "daemon/shell/text/lines.hpp"

namespace vmha::shell::text {

namespace {

using Frames = std::map<std::string, Frame, std::less<>>;

struct Raw {
    std::string_view text;
    int64_t status = 0;
};

// Calls `found` with each whole frame. False: something is missing.
bool scan(std::string_view text, std::string_view marker,
          const std::function<bool(std::string_view name, const Raw& raw)>& found) {
    std::optional<std::string_view> name;
    size_t begin = 0;
    bool done = false;
    for (std::string_view rest = text, line; take_line(rest, line);) {
        const size_t line_at = static_cast<size_t>(line.data() - text.data());
        if (!line.starts_with(marker)) continue;
        const auto words = trimmed(line.substr(marker.size()));
        if (words.starts_with("begin ") && !name) {
            name = words.substr(6);
            begin = text.size() - rest.size();
        } else if (words.starts_with("end ") && name && words.substr(4).starts_with(*name)) {
            const auto status = integer_of(words.substr(4 + name->size()));
            if (!status) return false;
            // The end stands on a line of its own: one line end before it is the frame's, not the output's.
            auto inside = text.substr(begin, line_at - begin);
            if (inside.ends_with('\n')) inside.remove_suffix(1);
            if (!found(*name, {inside, *status})) return false;
            name.reset();
        } else if (words == "done" && !name) {
            done = true;
        } else {
            return false;
        }
    }
    return done && !name;
}

}  // namespace

Result<Frames> read_frames(std::string_view out, std::string_view err, std::string_view marker) {
    Frames frames;
    const bool whole = scan(out, marker, [&](std::string_view name, const Raw& raw) {
        return frames.emplace(name, Frame{static_cast<int>(raw.status), raw.text, {}}).second;
    });
    if (!whole) return Error{Errc::bad_reply, "the output is not whole"};
    scan(err, marker, [&](std::string_view name, const Raw& raw) {
        const auto frame = frames.find(name);
        if (frame != frames.end()) frame->second.err = raw.text;
        return true;
    });
    return frames;
}

}  // namespace vmha::shell::text
