// Questions to vmhad that survive its restart: asked side by side, each again until it has its answer.
#pragma once
#include <functional>
#include <span>
#include <string>

#include "client/unix_http.hpp"

namespace vmha::client {

struct Question {
    std::function<Request()>
        request;  // called for each attempt, so that a request can carry the time that is left
    // Streams: called for each line, returns true for the last one. A stream that ends without it is asked
    // again. Unset: the answer is the whole body.
    std::function<bool(std::string_view line)> is_last;

    enum class End { open, answered, unreachable, deadline };
    End end = End::open;
    Reply reply;  // answered: status and body; unreachable: the trouble
};

struct Patience {
    int64_t header_ms = 3000;  // within this a response header has to come
    int64_t unreachable_ms =
        3000;  // for so long "no socket", "refused" and "closed" are tried again; 0: not at all
    std::function<void(Trouble)> on_trouble;  // first trouble of a row
};

// Returns when every question has an end other than open. What cannot be cured by waiting (silence, no
// permission, not HTTP) makes a question unreachable at once.
void ask_all(const std::string& socket_path, std::span<Question> questions, const Patience& patience,
             Deadline total);

}  // namespace vmha::client
