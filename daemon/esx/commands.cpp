#include "daemon/esx/commands.hpp"

#include <algorithm>

namespace vmha::esx {

namespace {

Called unsent(Error error) {
    Called called;
    called.error = std::move(error);
    return called;
}

}  // namespace

Commands::Commands(boost::asio::any_io_executor executor, Dial dial, Peer peer, Limits limits)
    : dial_(std::move(dial)),
      peer_(std::move(peer)),
      limits_(limits),
      turn_(executor),
      turn_apart_(executor) {}

void Commands::begin(std::unique_ptr<Link> link, std::string cookie) {
    link_ = std::move(link);
    cookie_ = std::move(cookie);
}

void Commands::end() {
    cookie_.clear();
    if (link_) link_->close();
    link_.reset();
}

Task<Called> Commands::call(const Request& request, Deadline deadline) {
    const std::string what = "cannot call " + request.method() + " on " + peer_.name;
    const auto held = co_await turn_.urgent(deadline);
    if (!held) co_return unsent({Errc::timeout, what + ": other calls did not end in time"});
    if (has_session() && (!link_ || !link_->alive())) {
        auto opened =
            co_await Link::open(dial_, peer_, std::min(deadline, net::deadline_in(limits_.connect)));
        if (!opened) co_return unsent(opened.error());
        link_ = std::move(*opened);
    }
    if (!has_session()) co_return unsent({Errc::not_authenticated, what + ": there is no session"});
    // Kept alive over end() and begin(), which may come while we wait for the answer.
    const auto link = link_;
    co_return co_await link->call(request, cookie_, std::min(deadline, net::deadline_in(limits_.call)));
}

Task<Called> Commands::call_apart(const Request& request, Deadline deadline) {
    const std::string what = "cannot call " + request.method() + " on " + peer_.name;
    const auto held = co_await turn_apart_.urgent(deadline);
    if (!held) co_return unsent({Errc::timeout, what + ": an earlier call still blocks"});
    const std::string cookie = cookie_;
    if (cookie.empty()) co_return unsent({Errc::not_authenticated, what + ": there is no session"});
    auto link = co_await Link::open(dial_, peer_, std::min(deadline, net::deadline_in(limits_.connect)));
    if (!link) co_return unsent(link.error());
    auto called = co_await (*link)->call(request, cookie, deadline);
    (*link)->close();
    co_return called;
}

}  // namespace vmha::esx
