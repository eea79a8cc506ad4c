// "vim-cmd vmsvc/getallvms": the inventory, as ugly as it comes (columns of any width, texts of several
// lines).
#pragma once
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "common/result.hpp"
#include "daemon/core/vmx_path.hpp"

namespace vmha::shell::text {

// A line that looks like an entry. Names and annotations may hold what looks like a path, and lines of an
// annotation what looks like an entry: only get.summary tells whether an entry is what it seems.
struct Row {
    std::string vmid;
    std::string name;
    std::vector<core::VmxPath> paths;  // all that the line holds, the likeliest first; none: it holds no path
    bool operator==(const Row&) const = default;
};

struct Listing {
    std::vector<Row> rows;          // a vmid may come twice
    std::set<std::string> skipped;  // "Skipping invalid VM '16'": in the inventory, and unreadable
};

// `err`: only "Skipping …" is looked for in it. No header: it is no listing, and an error, as is a fault
// after it.
Result<Listing> read_listing(std::string_view out, std::string_view err = {});

}  // namespace vmha::shell::text
