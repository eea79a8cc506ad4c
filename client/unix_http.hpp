// Blocking HTTP/1.1 over a Unix socket with poll(). No exceptions come out.
#pragma once
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "client/deadline.hpp"
#include "client/http_text.hpp"

namespace vmha::client {

// Why an exchange brought no answer.
enum class Trouble {
    none,
    no_socket,  // there is no socket file
    refused,    // the file is there, nobody listens
    denied,     // no permission for the socket
    no_answer,  // connected, but no response header in time
    deadline,   // the header came, the rest did not in time
    closed,     // the connection ended before the answer was complete
    bad_reply,  // not HTTP, or too large
    io,
};

// The trouble as a sentence about the socket, for people.
std::string describe(Trouble trouble, const std::string& socket_path);

// One request on one connection. It owns the socket and closes it when it ends. A response with status 200 is
// given to on_line line by line if that is set; everything else is kept as body().
class Exchange {
public:
    // on_line returns false to end the exchange: nothing after that line is wanted.
    using OnLine = std::function<bool(std::string_view line)>;

    // header_deadline: by when a response header must have come; total: by when everything must.
    Exchange(const std::string& socket_path, const Request& request, Deadline header_deadline, Deadline total,
             OnLine on_line = {});
    ~Exchange();
    Exchange(const Exchange&) = delete;
    Exchange& operator=(const Exchange&) = delete;

    int fd() const { return fd_; }
    short wanted() const;     // poll events; 0 once ended
    Deadline limit() const;   // the next deadline that matters
    void advance(short got);  // after poll; got == 0 checks the deadlines only

    bool ended() const { return fd_ < 0; }
    bool answered() const { return reader_.answered(); }
    Trouble trouble() const { return trouble_; }
    int status() const { return reader_.status(); }
    const std::string& body() const { return body_; }

private:
    void connect(const std::string& socket_path);
    void send_some();
    void receive_some();
    void take(std::string_view piece);
    void finish(Trouble trouble);

    Deadline header_deadline_;
    Deadline total_;
    OnLine on_line_;
    ResponseReader reader_;
    std::string unsent_;
    std::string body_;  // or the unfinished line
    Trouble trouble_ = Trouble::none;
    bool enough_ = false;  // on_line_ wants no more
    bool too_large_ = false;
    int fd_ = -1;
};

// Waits until one of the exchanges can go on, or `until`, and lets them.
void poll_once(std::span<Exchange* const> exchanges, Deadline until);

struct Reply {
    Trouble trouble = Trouble::none;
    int status = 0;
    std::string body;
};

// One request from connect to the last byte.
Reply call(const std::string& socket_path, const Request& request, Deadline header_deadline, Deadline total,
           Exchange::OnLine on_line = {});

}  // namespace vmha::client
