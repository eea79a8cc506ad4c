#include "daemon/net/deadline.hpp"

namespace vmha::net::detail {

Task<> wait_until(Deadline at, bool& expired) {
    expired = co_await sleep_until(at);
}

}  // namespace vmha::net::detail
