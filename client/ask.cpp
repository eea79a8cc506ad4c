#include "client/ask.hpp"

#include <algorithm>
#include <memory>
#include <vector>

namespace vmha::client {
namespace {

constexpr int64_t again_first_ms = 10;
constexpr int64_t again_max_ms = 250;
constexpr int64_t stable_ns = 1'000'000'000;

// One question's way to its answer, over as many connections as it takes.
class Pursuit {
public:
    Pursuit(Question& question, const std::string& socket_path, const Patience& patience, Deadline total)
        : question_(question), socket_path_(socket_path), patience_(patience), total_(total) {}

    bool open() const { return question_.end == Question::End::open; }
    Exchange* exchange() const { return exchange_.get(); }
    Deadline wake() const { return exchange_ ? exchange_->limit() : again_; }

    void advance() {
        if (!exchange_ && again_.passed()) begin();
        if (exchange_ && exchange_->ended()) settle();
        if (open() && total_.passed()) question_.end = Question::End::deadline;
    }

private:
    void begin() {
        begun_ns_ = boot_ns();
        last_seen_ = false;
        Exchange::OnLine on_line;
        if (question_.is_last)
            on_line = [this](std::string_view line) { return !(last_seen_ = question_.is_last(line)); };
        exchange_ =
            std::make_unique<Exchange>(socket_path_, question_.request(),
                                       Deadline::in_ms(patience_.header_ms), total_, std::move(on_line));
    }

    bool whole() const {
        if (exchange_->trouble() != Trouble::none) return false;
        // Only a daemon that is about to end refuses an operation so.
        if (question_.is_last && exchange_->status() == 503) return false;
        return last_seen_ || !question_.is_last || exchange_->status() != 200;
    }

    void settle() {
        Trouble trouble = exchange_->trouble();
        if (whole()) return end(Question::End::answered);
        if (trouble == Trouble::none) trouble = Trouble::closed;
        question_.reply.trouble = trouble;
        const bool curable =
            trouble == Trouble::no_socket || trouble == Trouble::refused || trouble == Trouble::closed;
        if (total_.passed()) return end(Question::End::deadline);
        if (!curable) return end(Question::End::unreachable);
        if (exchange_->answered()) in_trouble_ = false;
        if (!in_trouble_) {
            in_trouble_ = true;
            give_up_ = Deadline::in_ms(patience_.unreachable_ms);
            if (patience_.on_trouble && patience_.unreachable_ms > 0) patience_.on_trouble(trouble);
        }
        if (give_up_.passed()) return end(Question::End::unreachable);
        if (boot_ns() - begun_ns_ >= stable_ns) again_ms_ = again_first_ms;
        again_ = Deadline::in_ms(again_ms_);
        again_ms_ = std::min(again_ms_ * 2, again_max_ms);
        exchange_.reset();
    }

    void end(Question::End how) {
        question_.end = how;
        question_.reply = {exchange_->trouble(), exchange_->status(), exchange_->body()};
        exchange_.reset();
    }

    Question& question_;
    const std::string& socket_path_;
    const Patience& patience_;
    Deadline total_;
    std::unique_ptr<Exchange> exchange_;
    bool last_seen_ = false;
    bool in_trouble_ = false;
    int64_t begun_ns_ = 0;
    int64_t again_ms_ = again_first_ms;
    Deadline again_ = Deadline::in_ms(0);
    Deadline give_up_ = Deadline::never();
};

}  // namespace

void ask_all(const std::string& socket_path, std::span<Question> questions, const Patience& patience,
             Deadline total) {
    std::vector<std::unique_ptr<Pursuit>> pursuits;
    for (Question& question : questions)
        pursuits.push_back(std::make_unique<Pursuit>(question, socket_path, patience, total));
    for (;;) {
        std::vector<Exchange*> busy;
        Deadline wake = total;
        bool open = false;
        for (const auto& pursuit : pursuits) {
            if (!pursuit->open()) continue;
            pursuit->advance();
            if (!pursuit->open()) continue;
            open = true;
            wake = std::min(wake, pursuit->wake());
            if (pursuit->exchange()) busy.push_back(pursuit->exchange());
        }
        if (!open) return;
        poll_once(busy, wake);
    }
}

}  // namespace vmha::client
