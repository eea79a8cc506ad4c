#include "client/import/vmx_path.hpp"

#include <algorithm>
#include <cctype>
#include <optional>

namespace vmha::migration {
namespace {

constexpr std::string_view volumes = "/vmfs/volumes/";

Error wrong(std::string_view text, std::string_view why) {
    return Error{Errc::invalid_input, "'" + std::string(text) + "' " + std::string(why)};
}

// The parts joined by single slashes; nullopt if one is "." or "..".
std::optional<std::string> joined(std::string_view file) {
    std::string out;
    while (!file.empty()) {
        const size_t slash = std::min(file.find('/'), file.size());
        const std::string_view part = file.substr(0, slash);
        file.remove_prefix(std::min(slash + 1, file.size()));
        if (part == "." || part == "..") return std::nullopt;
        if (part.empty()) continue;
        if (!out.empty()) out += '/';
        out += part;
    }
    return out;
}

}  // namespace

Result<VmxPath> parse_vmx_path(std::string_view text) {
    if (std::ranges::any_of(text, [](unsigned char c) { return c < 0x20 || c == 0x7f; }))
        return wrong(text, "has control characters in it");
    VmxPath path;
    std::string_view rest;
    if (const size_t close = text.find(']'); text.starts_with('[') && close != std::string_view::npos) {
        path.volume = text.substr(1, close - 1);
        rest = text.substr(close + 1);
        while (rest.starts_with(' ')) rest.remove_prefix(1);
        if (rest.starts_with('/')) return wrong(text, "has a slash behind the datastore");
    } else if (text.starts_with(volumes)) {
        rest = text.substr(volumes.size());
        while (rest.starts_with('/')) rest.remove_prefix(1);
        const size_t slash = std::min(rest.find('/'), rest.size());
        path.volume = rest.substr(0, slash);
        rest.remove_prefix(slash);
    } else {
        return wrong(text, "is no path of a .vmx: write /vmfs/volumes/DATASTORE/DIRECTORY/NAME.vmx");
    }
    if (path.volume.empty() || path.volume.find('/') != std::string::npos)
        return wrong(text, "names no datastore: write /vmfs/volumes/DATASTORE/DIRECTORY/NAME.vmx");
    const auto file = joined(rest);
    if (!file) return wrong(text, "has . or .. in it");
    if (!text.ends_with(".vmx") || file->size() <= 4 || file->ends_with("/.vmx"))
        return wrong(text, "does not name a .vmx file");
    path.file = *file;
    return path;
}

// 63c1a2b4-5d6e7f80-1a2b-001122334455: how VMFS writes the uuid of a volume.
bool VmxPath::by_uuid() const {
    constexpr std::string_view shape = "xxxxxxxx-xxxxxxxx-xxxx-xxxxxxxxxxxx";
    if (volume.size() != shape.size()) return false;
    for (size_t i = 0; i < shape.size(); ++i)
        if (shape[i] == '-' ? volume[i] != '-' : !std::isxdigit(static_cast<unsigned char>(volume[i])))
            return false;
    return true;
}

std::string VmxPath::folder() const {
    const size_t slash = file.rfind('/');
    if (slash == std::string::npos) return {};
    const std::string directory = file.substr(0, slash);
    return directory.substr(directory.rfind('/') + 1);
}

}  // namespace vmha::migration
