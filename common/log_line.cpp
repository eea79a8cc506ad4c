#include "common/log_line.hpp"

#include <array>

namespace vmha {

std::string log_line(std::time_t wall_clock, Level level, std::string_view text) {
    std::tm parts{};
    localtime_r(&wall_clock, &parts);
    std::array<char, 32> stamp{};
    const size_t length = std::strftime(stamp.data(), stamp.size(), "%Y/%m/%d %H:%M:%S", &parts);
    std::string line(stamp.data(), length);
    line += " [";
    line += static_cast<char>(level);
    line += "] ";
    line += printable(text);
    return line;
}

std::string printable(std::string_view text) {
    std::string clean(text);
    for (char& c : clean)
        if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) c = c == '\n' || c == '\t' ? ' ' : '?';
    return clean;
}

}  // namespace vmha
