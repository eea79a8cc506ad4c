// Coroutines of one thread take turns, urgent ones first.
#pragma once
#include <boost/asio/any_io_executor.hpp>
#include <functional>
#include <list>
#include <memory>

#include "daemon/net/deadline.hpp"
#include "daemon/net/wakeup.hpp"

namespace vmha::net {

// Owned by what it guards, outlives its holders. First come, first served among the urgent ones, then among
// the others. A holder who can be interrupted is asked to give way when an urgent one comes.
class Turn {
public:
    explicit Turn(boost::asio::any_io_executor executor) : executor_(std::move(executor)) {}

    struct GiveWay {
        std::shared_ptr<Wakeup> bell;  // rung when an urgent one waits
        std::function<bool()> may;     // asked at that moment
    };

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

    // Empty when the deadline came first. An urgent one gives way to nobody.
    Task<Held> take(Deadline until, bool urgent, GiveWay give_way) {
        if (!taken_) {
            taken_ = true;
            give_way_ = std::move(give_way);
            co_return Held(this);
        }
        Waiting self(*this, urgent, std::move(give_way));
        if (urgent && give_way_.bell && give_way_.may()) give_way_.bell->ring();
        co_await self.bell.wait(until);
        if (!self.given) co_return Held();
        self.given = false;
        co_return Held(this);
    }
    Task<Held> urgent(Deadline until) { return take(until, true, {}); }

private:
    struct Waiting {
        Waiting(Turn& owner, bool is_urgent, GiveWay gives_way)
            : turn(owner), urgent(is_urgent), give_way(std::move(gives_way)), bell(owner.executor_) {
            auto place = turn.queue_.end();
            if (urgent)
                for (place = turn.queue_.begin(); place != turn.queue_.end() && (*place)->urgent;) ++place;
            turn.queue_.insert(place, this);
        }
        ~Waiting() {
            turn.queue_.remove(this);
            if (given) turn.pass_on();  // given to a coroutine that was cancelled
        }
        Waiting(const Waiting&) = delete;
        Waiting& operator=(const Waiting&) = delete;
        Turn& turn;
        bool urgent;
        GiveWay give_way;
        Wakeup bell;
        bool given = false;
    };

    void pass_on() {
        give_way_ = {};
        if (queue_.empty()) {
            taken_ = false;
            return;
        }
        Waiting* next = queue_.front();
        queue_.pop_front();
        give_way_ = std::move(next->give_way);  // an urgent one may come before it goes on
        next->given = true;
        next->bell.ring();
    }

    boost::asio::any_io_executor executor_;
    std::list<Waiting*> queue_;
    GiveWay give_way_;
    bool taken_ = false;
};

}  // namespace vmha::net
