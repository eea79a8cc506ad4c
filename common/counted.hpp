// "1 VM", "14 VMs": a number with its noun.
#pragma once
#include <cstddef>
#include <string>
#include <string_view>

namespace vmha {

inline std::string counted(std::size_t count, std::string_view noun) {
    return std::to_string(count) + " " + std::string(noun) + (count == 1 ? "" : "s");
}

}  // namespace vmha
