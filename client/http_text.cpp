#include "client/http_text.hpp"

#include <boost/asio/buffer.hpp>
#include <boost/beast/http/basic_parser.hpp>
#include <boost/beast/http/error.hpp>

namespace vmha::client {
namespace {

namespace http = boost::beast::http;
using boost::beast::error_code;
using boost::beast::string_view;

constexpr uint32_t header_bytes_max = 16 * 1024;

}  // namespace

// The events of Beast's parser, without the containers for header fields that the shims have no use for.
class ResponseReader::Parser final : public http::basic_parser<false> {
public:
    explicit Parser(const std::function<void(std::string_view)>& on_body) : on_body_(on_body) {
        eager(true);
        header_limit(header_bytes_max);
        body_limit(boost::none);  // an event stream has no end; the owner limits what it keeps
    }

    int status = 0;

private:
    void on_request_impl(http::verb, string_view, string_view, int, error_code&) override {}
    void on_response_impl(int code, string_view, int, error_code&) override { status = code; }
    void on_field_impl(http::field, string_view, string_view, error_code&) override {}
    void on_header_impl(error_code&) override {}
    void on_body_init_impl(const boost::optional<std::uint64_t>&, error_code&) override {}
    std::size_t on_body_impl(string_view piece, error_code&) override { return deliver(piece); }
    void on_chunk_header_impl(std::uint64_t, string_view, error_code&) override {}
    std::size_t on_chunk_body_impl(std::uint64_t, string_view piece, error_code&) override {
        return deliver(piece);
    }
    void on_finish_impl(error_code&) override {}

    std::size_t deliver(string_view piece) {
        on_body_({piece.data(), piece.size()});
        return piece.size();
    }

    const std::function<void(std::string_view)>& on_body_;
};

std::string request_text(const Request& request) {
    std::string text = request.method + " " + request.target + " HTTP/1.1\r\nHost: vmhad\r\n";
    if (request.method == "POST") {
        text += "Content-Type: application/json\r\nContent-Length: ";
        text += std::to_string(request.body.size()) + "\r\n\r\n" + request.body;
    } else {
        text += "\r\n";
    }
    return text;
}

ResponseReader::ResponseReader(std::function<void(std::string_view)> on_body)
    : on_body_(std::move(on_body)), parser_(std::make_unique<Parser>(on_body_)) {}

ResponseReader::~ResponseReader() = default;

Result<> ResponseReader::feed(std::string_view bytes) {
    pending_ += bytes;
    while (!pending_.empty() && !done()) {
        error_code error;
        const std::size_t used = parser_->put(boost::asio::buffer(pending_), error);
        pending_.erase(0, used);
        if (error == http::error::need_more) return {};
        if (error) return Error{Errc::bad_reply, "cannot read the answer of vmhad: " + error.message()};
        // Beast treats 1xx as a whole message without a body (RFC 9110, 15.2): the real one follows.
        if (parser_->is_done() && parser_->status / 100 == 1) {
            interim_ = true;
            parser_ = std::make_unique<Parser>(on_body_);
        }
    }
    return {};
}

Result<> ResponseReader::end_of_input() {
    if (done()) return {};
    error_code error;
    if (parser_->got_some()) parser_->put_eof(error);
    if (!error && done()) return {};
    return Error{Errc::closed, "vmhad closed the connection before its answer was complete"};
}

bool ResponseReader::answered() const {
    return interim_ || header_done();
}

bool ResponseReader::header_done() const {
    return parser_->is_header_done();
}

bool ResponseReader::done() const {
    return parser_->is_done() && parser_->status / 100 != 1;
}

int ResponseReader::status() const {
    return header_done() ? parser_->status : 0;
}

}  // namespace vmha::client
