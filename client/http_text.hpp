// HTTP/1.1 as text: a request as bytes, and bytes as a response. The parser is Beast's; nothing here does
// I/O.
#pragma once
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "common/result.hpp"

namespace vmha::client {

struct Request {
    std::string method = "GET";
    std::string target;
    std::string body;  // JSON; sent with POST only
};

std::string request_text(const Request& request);

// Reads one response. Interim responses (1xx) are skipped, but noted: they prove that somebody is there.
// After an error it must not be fed again.
class ResponseReader {
public:
    explicit ResponseReader(std::function<void(std::string_view piece)> on_body);
    ~ResponseReader();
    ResponseReader(const ResponseReader&) = delete;
    ResponseReader& operator=(const ResponseReader&) = delete;

    Result<> feed(std::string_view bytes);
    // The connection ended. An error unless the response is whole.
    Result<> end_of_input();

    bool answered() const;  // a response header came, interim or final
    bool header_done() const;
    bool done() const;
    int status() const;  // 0 before the final header

private:
    class Parser;
    std::function<void(std::string_view)> on_body_;
    std::unique_ptr<Parser> parser_;
    std::string pending_;
    bool interim_ = false;
};

}  // namespace vmha::client
