#include <array>
#include <boost/beast/http/status.hpp>
#include <charconv>

#include "daemon/net/http.hpp"

namespace vmha::net {

namespace {

void append_clean(std::string& text, std::string_view part) {
    for (const char c : part) text += (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) ? '?' : c;
}

void append_number(std::string& text, size_t number, int base = 10) {
    std::array<char, 24> digits{};
    const auto [end, error] = std::to_chars(digits.data(), digits.data() + digits.size(), number, base);
    if (error == std::errc()) text.append(digits.data(), end);
}

void append_fields(std::string& text, const HttpFields& fields) {
    for (const auto& [name, value] : fields) {
        append_clean(text, name);
        text += ": ";
        append_clean(text, value);
        text += "\r\n";
    }
}

void append_connection(std::string& text, bool keep_alive) {
    if (!keep_alive) text += "Connection: close\r\n";
}

void append_length(std::string& text, size_t length) {
    text += "Content-Length: ";
    append_number(text, length);
    text += "\r\n";
}

bool may_have_body(unsigned status) {
    return status / 100 != 1 && status != 204 && status != 304;
}

}  // namespace

void append_status_line(std::string& text, unsigned status) {
    text += "HTTP/1.1 ";
    append_number(text, status);
    text += ' ';
    text += reason_phrase(status);
    text += "\r\n";
}

std::string_view reason_phrase(unsigned status) {
    const auto phrase = boost::beast::http::obsolete_reason(static_cast<boost::beast::http::status>(status));
    return {phrase.data(), phrase.size()};
}

void append_request(std::string& text, const HttpRequest& request) {
    append_clean(text, request.method);
    text += ' ';
    append_clean(text, request.target);
    text += " HTTP/1.1\r\n";
    append_fields(text, request.fields);
    append_connection(text, request.keep_alive);
    if (!request.body.empty() || request.method != "GET") append_length(text, request.body.size());
    text += "\r\n";
    text += request.body;
}

void append_response(std::string& text, const HttpResponse& response) {
    append_status_line(text, response.status);
    append_fields(text, response.fields);
    if (may_have_body(response.status)) return append_body(text, response.body, response.keep_alive);
    append_connection(text, response.keep_alive);
    text += "\r\n";
}

void append_body(std::string& text, std::string_view body, bool keep_alive) {
    append_connection(text, keep_alive);
    append_length(text, body.size());
    text += "\r\n";
    text += body;
}

// The text lives in the coroutine's frame until the write has ended.
Task<Result<void>> write_request(ByteStream& stream, const HttpRequest& request) {
    std::string text;
    append_request(text, request);
    co_return co_await stream.write(boost::asio::buffer(text));
}

Task<Result<void>> write_response(ByteStream& stream, const HttpResponse& response) {
    std::string text;
    append_response(text, response);
    co_return co_await stream.write(boost::asio::buffer(text));
}

void append_chunked_head(std::string& text, const HttpResponse& response) {
    append_status_line(text, response.status);
    append_fields(text, response.fields);
    append_connection(text, response.keep_alive);
    text += "Transfer-Encoding: chunked\r\n\r\n";
}

void append_chunk(std::string& text, std::string_view data) {
    if (data.empty()) return;  // an empty chunk would end the message
    append_number(text, data.size(), 16);
    text += "\r\n";
    text += data;
    text += "\r\n";
}

void append_last_chunk(std::string& text) {
    text += "0\r\n\r\n";
}

Task<Result<void>> ChunkedWriter::begin(const HttpResponse& response) {
    text_.clear();
    append_chunked_head(text_, response);
    co_return co_await stream_.write(boost::asio::buffer(text_));
}

Task<Result<void>> ChunkedWriter::chunk(std::string_view data) {
    text_.clear();
    append_chunk(text_, data);
    co_return co_await stream_.write(boost::asio::buffer(text_));
}

Task<Result<void>> ChunkedWriter::end() {
    text_.clear();
    append_last_chunk(text_);
    co_return co_await stream_.write(boost::asio::buffer(text_));
}

}  // namespace vmha::net
