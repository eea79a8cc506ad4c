// Which way a write goes to a host that has two. The free licence lets the API read and nothing else, while
// vim-cmd over SSH may write (facts D1).
#pragma once
#include <optional>
#include <string>
#include <string_view>

#include "daemon/core/decide.hpp"
#include "daemon/core/operation.hpp"

namespace vmha::core {

// The API, unless it is not there, is down, or is known to refuse.
Via via_of(const HostView& host);

std::string_view word(Via via);

// Why no write is possible there now, though another time it was: SSH, which is needed for it, is down.
std::optional<std::string> no_way_to_write(const HostView& host);

namespace decisions {

// SSH, which the writes there need, has just been lost: it may come back, or the host is dead, which its API
// is about to show.
std::optional<Decision> await_way_to_write(const HostView& host, Time now);

}  // namespace decisions

// Says once when the writes of a host with two ways take the other one.
void say_via(Turn& turn, HostView& host);

}  // namespace vmha::core
