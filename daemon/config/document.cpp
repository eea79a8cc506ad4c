#include "daemon/config/document.hpp"

#include <algorithm>

namespace vmha::config {
namespace {

bool is_plain(std::string_view key) {
    const auto plain = [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
               c == '-' || c == '$';
    };
    return !key.empty() && std::ranges::all_of(key, plain);
}

}  // namespace

std::string child_path(const std::string& parent, std::string_view key) {
    const std::string name = is_plain(key) ? std::string(key) : dump_json(Json(key));
    return parent.empty() ? name : parent + "." + name;
}

std::vector<std::string> Document::patch(const Json& patch, const std::string& file) {
    std::vector<std::string> in_vain;
    apply(root_, patch, "", file, in_vain);
    return in_vain;
}

void Document::apply(Json& target, const Json& patch, const std::string& path, const std::string& file,
                     std::vector<std::string>& in_vain) {
    for (const auto& [key, value] : patch.items()) {
        const std::string place = child_path(path, key);
        const auto found = target.find(key);
        if (value.is_null()) {
            if (found == target.end()) {
                in_vain.push_back(place);
                continue;
            }
            target.erase(found);
            set_origin(place, file);
        } else if (value.is_object()) {
            if (found == target.end() || !found->is_object()) {
                target[key] = Json::object();
                set_origin(place, file);
            }
            apply(target[key], value, place, file, in_vain);
        } else {
            target[key] = value;
            set_origin(place, file);
        }
    }
}

void Document::set_origin(const std::string& path, const std::string& file) {
    const std::string below = path + ".";
    const auto first = origin_.lower_bound(below);
    auto last = first;
    while (last != origin_.end() && last->first.starts_with(below)) ++last;
    origin_.erase(first, last);
    origin_[path] = file;
}

const std::string& Document::file_of(std::string path) const {
    while (true) {
        if (const auto found = origin_.find(path); found != origin_.end()) return found->second;
        // The last dot may stand inside quotes: then no origin is found there and the next dot ends the
        // search right.
        const size_t dot = path.rfind('.');
        path.erase(dot == std::string::npos ? 0 : dot);
    }
}

}  // namespace vmha::config
