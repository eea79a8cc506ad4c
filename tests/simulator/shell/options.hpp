// The options of esxcli: --name=value, --name value, -n value.
#pragma once
#include <optional>
#include <string>

#include "tests/simulator/shell/shell.hpp"

namespace vmha::sim {

inline std::optional<std::string> option(const Argv& words, const std::string& name, char letter) {
    for (size_t at = 0; at < words.size(); ++at) {
        if (words[at].starts_with("--" + name + "=")) return words[at].substr(name.size() + 3);
        const bool here = words[at] == "--" + name || words[at] == std::string{'-', letter};
        if (here && at + 1 < words.size()) return words[at + 1];
    }
    return std::nullopt;
}

inline bool has_flag(const Argv& words, const std::string& name, char letter) {
    for (const auto& word : words)
        if (word == "--" + name || word == std::string{'-', letter}) return true;
    return false;
}

}  // namespace vmha::sim
