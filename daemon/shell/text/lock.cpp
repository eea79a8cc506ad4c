#include "daemon/shell/text/lock.hpp"

#include <algorithm>

#include "daemon/shell/text/lines.hpp"

namespace vmha::shell::text {

namespace {

constexpr size_t most_owners = 64;  // as many hosts as one volume can have
constexpr std::string_view hexadecimal = "0123456789abcdef";

// "4fbbf995-325ce3c2-e7ee-bcaec58ad83d" at the beginning -> "bc:ae:c5:8a:d8:3d"; empty: no uuid, or nobody's.
std::string mac_of(std::string_view text) {
    const std::string uuid = lowered(text.substr(0, 35));
    if (uuid.size() != 35) return {};
    for (size_t i = 0; i < uuid.size(); ++i) {
        const bool dash = i == 8 || i == 17 || i == 22;
        if (dash ? uuid[i] != '-' : hexadecimal.find(uuid[i]) == std::string_view::npos) return {};
    }
    if (uuid.find_first_not_of("0-") == std::string::npos) return {};
    std::string mac;
    for (size_t i = 23; i < 35; i += 2) {
        if (!mac.empty()) mac += ':';
        mac += uuid.substr(i, 2);
    }
    return mac;
}

void add(std::vector<std::string>& owners, std::string mac) {
    if (!mac.empty() && owners.size() < most_owners &&
        std::find(owners.begin(), owners.end(), mac) == owners.end())
        owners.push_back(std::move(mac));
}

// "RO Owner[0] HB Offset 3907584 <uuid>", "MW Owner[0] HB Offset … <uuid>"
void add_shared(std::vector<std::string>& owners, std::string_view text, std::string_view kind) {
    for (size_t at = text.find(kind); at != std::string_view::npos; at = text.find(kind, at)) {
        const auto line = text.substr(at, std::min(text.find('\n', at), text.size()) - at);
        for (size_t word = line.find(' '); word != std::string_view::npos; word = line.find(' ', word + 1))
            add(owners, mac_of(line.substr(word + 1)));
        at += line.size();
    }
}

int weight(core::LockMode mode) {
    switch (mode) {
        case core::LockMode::exclusive: return 3;
        case core::LockMode::multi_writer: return 2;
        case core::LockMode::read_only: return 1;
        case core::LockMode::free: break;
    }
    return 0;
}

}  // namespace

Result<core::DiskLock> read_lock(std::string_view text) {
    // The first "mode" is the lock's; the address line has the file's own, which is 600.
    const size_t begin = text.find("Lock [");
    const size_t at = begin == std::string_view::npos ? begin : text.find(" mode ", begin);
    const size_t end = begin == std::string_view::npos ? begin : text.find(']', text.find("owner ", begin));
    if (at == std::string_view::npos || end == std::string_view::npos || at > end) return not_a("lock", text);
    const auto rest = text.substr(at + 6);
    const auto mode = integer_of(rest.substr(0, rest.find_first_not_of(hexadecimal)));
    core::DiskLock lock;
    const size_t owner = text.find("owner ", begin);
    if (mode == 0) return lock;
    if (mode == 1) {
        add(lock.owners, mac_of(text.substr(owner + 6)));
        if (!lock.owners.empty()) lock.mode = core::LockMode::exclusive;
    } else if (mode == 2) {
        lock.mode = core::LockMode::read_only;
        add_shared(lock.owners, text, "RO Owner[");
    } else if (mode == 3) {
        lock.mode = core::LockMode::multi_writer;
        add_shared(lock.owners, text, "MW Owner[");
    } else {
        return not_a("lock", text);
    }
    return lock;
}

bool outweighs(const core::DiskLock& a, const core::DiskLock& b) {
    return weight(a.mode) > weight(b.mode);
}

}  // namespace vmha::shell::text
