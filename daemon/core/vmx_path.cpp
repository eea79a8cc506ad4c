#include "daemon/core/vmx_path.hpp"

namespace vmha::core {
namespace {

constexpr std::string_view volumes = "/vmfs/volumes/";

// Joins the parts with single slashes; nullopt if one of them is "." or "..", or none is left.
std::optional<std::string> clean(std::string_view file) {
    std::string out;
    while (!file.empty()) {
        const size_t slash = file.find('/');
        const std::string_view part = file.substr(0, slash);
        file = slash == std::string_view::npos ? std::string_view{} : file.substr(slash + 1);
        if (part.empty()) continue;
        if (part == "." || part == "..") return std::nullopt;
        if (!out.empty()) out += '/';
        out += part;
    }
    if (out.empty()) return std::nullopt;
    return out;
}

}  // namespace

std::optional<VmxPath> parse_vmx_path(std::string_view text) {
    std::string_view volume;
    std::string_view rest;
    if (text.starts_with('[')) {
        const size_t close = text.find(']');
        if (close == std::string_view::npos) return std::nullopt;
        volume = text.substr(1, close - 1);
        rest = text.substr(close + 1);
        while (rest.starts_with(' ')) rest.remove_prefix(1);
        if (rest.starts_with('/')) return std::nullopt;
    } else if (text.starts_with(volumes)) {
        text.remove_prefix(volumes.size());
        while (text.starts_with('/')) text.remove_prefix(1);
        const size_t slash = text.find('/');
        if (slash == std::string_view::npos) return std::nullopt;
        volume = text.substr(0, slash);
        rest = text.substr(slash + 1);
    }
    if (volume.empty() || text.ends_with('/')) return std::nullopt;
    auto file = clean(rest);
    if (!file) return std::nullopt;
    return VmxPath{std::string(volume), std::move(*file)};
}

std::string datastore_path(const VmxPath& path) {
    return "[" + path.volume + "] " + path.file;
}

std::string file_path(const VmxPath& path) {
    return std::string(volumes) + path.volume + "/" + path.file;
}

}  // namespace vmha::core
