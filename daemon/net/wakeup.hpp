// A bell between coroutines of one thread.
#pragma once
#include "daemon/net/deadline.hpp"

namespace vmha::net {

// Owned by the one who waits. A ring that comes while nobody waits is kept, several count as one. One waiter.
class Wakeup {
public:
    explicit Wakeup(const boost::asio::any_io_executor& executor) : timer_(executor) {}

    void ring() {
        rung_ = true;
        timer_.cancel();
    }

    // True when it was rung, false when the deadline passed or the waiter was cancelled.
    Task<bool> wait(Deadline until = Deadline::max()) {
        if (!rung_) {
            timer_.expires_at(until);
            co_await timer_.async_wait(boost::asio::as_tuple(boost::asio::use_awaitable));
        }
        co_return std::exchange(rung_, false);
    }

private:
    Timer timer_;
    bool rung_ = false;
};

}  // namespace vmha::net
