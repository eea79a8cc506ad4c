// One command of a session: its words come over a Unix socket, what it prints goes back over it.
//
// Request: the number of words, then the words, then the connection's number, each ended by a zero byte.
// Answer: frames of a letter (o: standard output, e: standard error, x: the exit status, in digits), the
// length as 8 hexadecimal digits, and the text.
#pragma once
#include <memory>
#include <string>

#include "daemon/net/stream.hpp"
#include "daemon/net/wakeup.hpp"
#include "tests/simulator/front/ssh_server.hpp"

namespace vmha::sim {

// Keeps itself alive while its coroutines run; the server is told when it ends. A command whose caller has
// gone is forgotten; what it began goes on.
class SshCommand : public std::enable_shared_from_this<SshCommand> {
public:
    SshCommand(const boost::asio::any_io_executor& executor, SshServer& server, net::StreamPtr stream);

    static net::Task<> run(std::shared_ptr<SshCommand> self);
    void close();

private:
    static net::Task<> watch(std::shared_ptr<SshCommand> self);
    net::Task<bool> read_request();
    net::Task<> carry_out();
    net::Task<> write_output();
    net::Task<bool> write_frame(char kind, const std::string& text);
    net::Task<bool> write_flood();
    void begin(bool lost);
    void lose();
    void say(const Printed& printed);

    boost::asio::any_io_executor executor_;
    SshServer* server_;  // null once closed
    net::StreamPtr stream_;
    net::Wakeup bell_;
    Argv argv_;
    unsigned connection_ = 0;
    Spoiled spoiled_ = Spoiled::no;
    Printed waiting_;  // not yet written
    Shell::Ticket ticket_ = 0;
    bool is_vim_cmd_ = false;
};

}  // namespace vmha::sim
