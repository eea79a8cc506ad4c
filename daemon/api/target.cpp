#include "daemon/api/target.hpp"

namespace vmha::api {

Target split_target(std::string_view target) {
    const auto question = target.find('?');
    if (question == std::string_view::npos) return {target, {}};
    return {target.substr(0, question), target.substr(question + 1)};
}

std::optional<std::string_view> Target::parameter(std::string_view key) const {
    for (std::string_view rest = query; !rest.empty();) {
        const auto end = rest.find('&');
        const auto pair = rest.substr(0, end);
        rest = end == std::string_view::npos ? std::string_view() : rest.substr(end + 1);
        const auto equals = pair.find('=');
        if (pair.substr(0, equals) != key) continue;
        return equals == std::string_view::npos ? std::string_view() : pair.substr(equals + 1);
    }
    return std::nullopt;
}

std::optional<std::string_view> match_path(std::string_view pattern, std::string_view path) {
    const auto hole = pattern.find("{}");
    if (hole == std::string_view::npos)
        return pattern == path ? std::optional(std::string_view()) : std::nullopt;
    const auto head = pattern.substr(0, hole);
    const auto tail = pattern.substr(hole + 2);
    if (path.size() <= head.size() + tail.size() || !path.starts_with(head) || !path.ends_with(tail))
        return std::nullopt;
    const auto name = path.substr(head.size(), path.size() - head.size() - tail.size());
    return name.find('/') == std::string_view::npos ? std::optional(name) : std::nullopt;
}

}  // namespace vmha::api
