// Coroutines of one thread take turns.
#pragma once
#include <boost/asio/any_io_executor.hpp>
#include <list>

#include "daemon/net/deadline.hpp"
#include "daemon/net/wakeup.hpp"

namespace vmha::esx {

// First come, first served. Owned by what it guards; outlives its holders.
class Turn {
public:
    explicit Turn(boost::asio::any_io_executor executor) : executor_(std::move(executor)) {}

    // Held until it is destroyed.
    class Held {
    public:
        Held() = default;
        explicit Held(Turn* turn) : turn_(turn) {}
        Held(Held&& other) noexcept : turn_(std::exchange(other.turn_, nullptr)) {}
        Held& operator=(Held&&) = delete;
        ~Held() {
            if (turn_ != nullptr) turn_->pass_on();
        }
        explicit operator bool() const { return turn_ != nullptr; }

    private:
        Turn* turn_ = nullptr;
    };

    // Empty when the deadline came first.
    net::Task<Held> take(net::Deadline until) {
        if (!taken_) {
            taken_ = true;
            co_return Held(this);
        }
        Waiting self(*this);
        co_await self.bell.wait(until);
        if (!self.given) co_return Held();
        self.given = false;
        co_return Held(this);
    }

private:
    struct Waiting {
        explicit Waiting(Turn& owner) : turn(owner), bell(owner.executor_) { turn.queue_.push_back(this); }
        ~Waiting() {
            turn.queue_.remove(this);
            if (given) turn.pass_on();  // given to a coroutine that was cancelled
        }
        Waiting(const Waiting&) = delete;
        Waiting& operator=(const Waiting&) = delete;
        Turn& turn;
        net::Wakeup bell;
        bool given = false;
    };

    void pass_on() {
        if (queue_.empty()) {
            taken_ = false;
            return;
        }
        Waiting* next = queue_.front();
        queue_.pop_front();
        next->given = true;
        next->bell.ring();
    }

    boost::asio::any_io_executor executor_;
    std::list<Waiting*> queue_;
    bool taken_ = false;
};

}  // namespace vmha::esx
