// HTTP/1.1 as text over a ByteStream. Beast parses; nothing of Beast shows here.
#pragma once
#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/net/stream.hpp"

namespace vmha::net {

struct HttpField {
    std::string name;
    std::string value;
};

struct HttpFields : std::vector<HttpField> {
    using std::vector<HttpField>::vector;
    // The first field of that name in any case, or null.
    const std::string* find(std::string_view name) const;
};

struct HttpRequest {
    std::string method = "GET";
    std::string target = "/";
    HttpFields fields;
    std::string body;
    int minor_version = 1;   // of HTTP/1.x, as received
    bool keep_alive = true;  // never with HTTP/1.0
};

struct HttpResponse {
    unsigned status = 200;
    HttpFields fields;
    std::string body;
    bool keep_alive = true;
};

struct HttpLimits {
    size_t header_bytes = 8 * 1024;
    size_t body_bytes = 64 * 1024;
};

// What was wrong with a message that could not be read.
enum class HttpProblem { none, malformed, header_too_large, body_too_large };

// Reads the messages of one connection, one after the other; bytes that belong to the next one are kept.
// Owned by the connection, beside the stream, which must outlive it. After an error it is of no more use.
class HttpReader {
public:
    explicit HttpReader(ByteStream& stream, const HttpLimits& limits = {});
    ~HttpReader();
    HttpReader(const HttpReader&) = delete;
    HttpReader& operator=(const HttpReader&) = delete;

    // The next message, its body complete and without its chunks; `into` is overwritten, so a caller that
    // passes the same one again reuses its memory. Errc::closed when the stream ends (mid_message() tells
    // whether that cut one off), Errc::bad_reply for everything problem() tells. Interim responses (1xx) are
    // skipped.
    Task<Result<void>> read(HttpRequest& into);
    Task<Result<void>> read(HttpResponse& into);

    // The same in steps, for a server that wants to know when the first byte has come: true when `into` is
    // complete, false when more bytes are needed: read them into space() and report them to received().
    Result<bool> parse(HttpRequest& into);
    Result<bool> parse(HttpResponse& into);
    boost::asio::mutable_buffer space();
    void received(size_t bytes);

    bool mid_message() const;
    HttpProblem problem() const;

private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

// A whole message, header and body in one text. Content-Length and Connection are set here: do not put them
// into `fields`. Control characters in names and values are replaced, so that no text can forge a header
// line.
void append_request(std::string& text, const HttpRequest& request);
void append_response(std::string& text, const HttpResponse& response);

// The same in pieces, for a server that has no use for HttpResponse: status line, then header lines of the
// caller's own (each with its CRLF), then this, which ends the header.
void append_status_line(std::string& text, unsigned status);
void append_body(std::string& text, std::string_view body, bool keep_alive);

// One write each.
Task<Result<void>> write_request(ByteStream& stream, const HttpRequest& request);
Task<Result<void>> write_response(ByteStream& stream, const HttpResponse& response);

// A response whose length is not known when it begins.
void append_chunked_head(std::string& text, const HttpResponse& response);  // without its body
void append_chunk(std::string& text, std::string_view data);                // nothing when data is empty
void append_last_chunk(std::string& text);

// The same on a stream. Not owning.
class ChunkedWriter {
public:
    explicit ChunkedWriter(ByteStream& stream) : stream_(stream) {}
    Task<Result<void>> begin(const HttpResponse& response);
    Task<Result<void>> chunk(std::string_view data);
    Task<Result<void>> end();

private:
    ByteStream& stream_;
    std::string text_;
};

std::string_view reason_phrase(unsigned status);

}  // namespace vmha::net
