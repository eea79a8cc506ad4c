// One HTTPS connection to a host: requests in, answers out in their order.
#pragma once
#include <deque>
#include <memory>
#include <string>

#include "daemon/net/http.hpp"
#include "daemon/net/wakeup.hpp"
#include "tests/simulator/front/host_server.hpp"

namespace vmha::sim {

// Keeps itself alive while its two coroutines run; the server is told when it ends. One coroutine always
// reads, also while a call waits: so a client that goes away during WaitForUpdatesEx is noticed and its wait
// dropped.
class Connection : public std::enable_shared_from_this<Connection> {
public:
    Connection(const boost::asio::any_io_executor& executor, HostServer& server);

    static net::Task<> run(std::shared_ptr<Connection> self, net::StreamPtr tcp, std::string address);
    void close();
    void wake();          // something that held it back may be over
    void give_up_wait();  // hostd is gone, and with it the call that waits there

private:
    static net::Task<> write_answers(std::shared_ptr<Connection> self);
    static net::Task<> after(std::shared_ptr<Connection> self, site::Time delay, net::HttpRequest request,
                             site::Effect effect);
    net::Task<> read_requests();
    void next();
    void handle(net::HttpRequest request);
    void handle_call(net::HttpRequest request);
    void carry_out(const net::HttpRequest& request, const site::Effect& effect);
    void handle_get(const net::HttpRequest& request);
    void reply_no_hostd();
    void reply(unsigned status, const std::string& type, std::string body, const std::string& cookie = {});

    boost::asio::any_io_executor executor_;
    HostServer* server_;  // null once closed
    net::StreamPtr stream_;
    std::string address_;
    std::deque<net::HttpRequest> queue_;
    bool busy_ = false;       // a request has been taken and not been answered
    bool keep_alive_ = true;  // of that request
    std::string out_;
    bool last_ = false;       // close once `out_` is written
    Api::Ticket ticket_ = 0;  // the call that waits
    net::Wakeup bell_;
};

}  // namespace vmha::sim
