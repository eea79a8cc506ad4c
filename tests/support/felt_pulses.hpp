// Stands for the watchdog: takes note of every task's beats, and of the longest time between two of them.
#pragma once
#include <map>

#include "daemon/net/pulse.hpp"

namespace vmha::test {

class FeltPulses {
public:
    struct Felt {
        net::BootClock::duration at_most{}, longest{};
        net::Deadline last = net::BootClock::now();
        int beats = 0;
        bool rests = false;

        net::BootClock::duration silent() const { return net::BootClock::now() - last; }
        bool within() const { return longest <= at_most && (rests || silent() <= at_most); }
    };

    net::Pulses pulses() {
        return [felt = felt_](std::string task, net::BootClock::duration at_most) {
            (*felt)[task].at_most = at_most;
            return std::make_unique<Pulse>(felt, std::move(task));
        };
    }
    const Felt& operator[](const std::string& task) const { return felt_->at(task); }
    bool has(const std::string& task) const { return felt_->contains(task); }
    bool all_within() const {
        for (const auto& [task, felt] : *felt_)
            if (!felt.within()) return false;
        return true;
    }

private:
    using Map = std::map<std::string, Felt>;
    class Pulse : public net::Pulse {
    public:
        Pulse(std::shared_ptr<Map> felt, std::string task) : felt_(std::move(felt)), task_(std::move(task)) {}
        ~Pulse() override { felt_->erase(task_); }
        void beat() override {
            Felt& felt = (*felt_)[task_];
            if (!felt.rests) felt.longest = std::max(felt.longest, felt.silent());
            felt.rests = false;
            felt.last = net::BootClock::now();
            ++felt.beats;
        }
        void rest() override { (*felt_)[task_].rests = true; }

    private:
        std::shared_ptr<Map> felt_;
        std::string task_;
    };

    std::shared_ptr<Map> felt_ = std::make_shared<Map>();
};

}  // namespace vmha::test
