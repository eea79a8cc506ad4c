#include "client/import/address.hpp"

#include <arpa/inet.h>

#include <array>

namespace vmha::migration {

std::optional<std::string> normal_address(const std::string& text) {
    if (text.find('\0') != std::string::npos) return std::nullopt;
    std::array<char, INET6_ADDRSTRLEN> out{};
    for (const int family : {AF_INET, AF_INET6}) {
        std::array<unsigned char, sizeof(in6_addr)> bytes{};
        if (::inet_pton(family, text.c_str(), bytes.data()) == 1)
            return ::inet_ntop(family, bytes.data(), out.data(), out.size());
    }
    return std::nullopt;
}

bool same_address(const std::string& a, const std::string& b) {
    return normal_address(a).value_or(a) == normal_address(b).value_or(b);
}

}  // namespace vmha::migration
