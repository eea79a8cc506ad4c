// One client of the socket: reads its requests one after the other and answers them.
#pragma once
#include <memory>
#include <string>

#include "daemon/api/routes.hpp"
#include "daemon/net/task_group.hpp"

namespace vmha::api {

struct Limits {
    net::HttpLimits http{8 * 1024, 64 * 1024};
    std::chrono::milliseconds request{5'000};  // from a request's first byte to its last
    std::chrono::milliseconds idle{120'000};   // between two requests
    std::chrono::milliseconds stall{10'000};   // one write that the client does not take
    std::chrono::milliseconds sweep{500};      // how often the limits of time are looked at
    size_t connections = 256;
    size_t kept_for_operators = 16;
};

// What all connections of a server share.
struct Context {
    Backend& backend;
    Hub& hub;
    Operators operators;
    Limits limits;
    net::TaskGroup& tasks;
    net::Deadline recently{};  // the time of the last sweep: exact enough for limits, and free
    bool stopping = false;
};

// Kept alive by its own coroutines. A limit of time is a point in time that the server's sweep compares, so
// that a request that keeps it costs no timer.
class Connection : public std::enable_shared_from_this<Connection> {
public:
    Connection(Context& context, net::UnixConnection client);

    // Until the client leaves, breaks a rule, or the server stops.
    net::Task<> serve();

    // Called by the sweep: acts on a limit that has passed.
    void check_limit(net::Deadline now);

    // Called when the server stops: a connection without a request under way ends at once, others after their
    // answer.
    void finish();

    bool is_operator() const { return access_ == Access::operate; }
    void close();

private:
    enum class Phase { idle, receiving, working, writing, streaming };

    void enter(Phase phase);
    net::Task<bool> answer();  // false: the connection ends
    net::Task<bool> send(bool keep_alive);
    net::Task<bool> wait_for_view(const Target& target);
    net::Task<> ask_for_lock(Exchange& exchange);
    net::Task<> refuse_message();
    net::Task<> refuse_late();
    net::Task<> stream(Streaming streaming);
    net::Task<bool> stream_lines(Feed& feed);
    net::Task<> watch_for_end(std::shared_ptr<Feed> feed);
    bool allowed(const Route& route);

    Context& context_;
    net::StreamPtr stream_;
    net::HttpReader reader_;
    Access access_;
    pid_t pid_;
    net::HttpRequest request_;
    Reply reply_;
    std::string out_;
    Phase phase_ = Phase::idle;
    bool refused_ = false;  // 408 is on its way: what still comes in is not answered
    net::Deadline limit_ = net::Deadline::max();
};

}  // namespace vmha::api
