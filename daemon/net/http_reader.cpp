#include <boost/beast/http/basic_parser.hpp>
#include <boost/beast/http/error.hpp>
#include <cstring>
#include <optional>

#include "daemon/net/http.hpp"

namespace http = boost::beast::http;
using boost::system::error_code;
using BeastText = boost::beast::string_view;

namespace vmha::net {

namespace {

constexpr size_t first_buffer_bytes = 4 * 1024;
constexpr size_t last_buffer_bytes = 64 * 1024;

template <bool is_request>
using Message = std::conditional_t<is_request, HttpRequest, HttpResponse>;

// Beast's parser, filling our plain structs without a container of its own.
template <bool is_request>
class TextParser final : public http::basic_parser<is_request> {
public:
    TextParser(Message<is_request>& into, const HttpLimits& limits) : into_(into) {
        this->eager(true);
        this->header_limit(static_cast<std::uint32_t>(std::min(limits.header_bytes, last_buffer_bytes / 2)));
        this->body_limit(limits.body_bytes);
        into_.fields.clear();
        into_.body.clear();
    }

    void finish() {
        if constexpr (is_request) into_.minor_version = minor_version_;
        into_.keep_alive = this->keep_alive() && minor_version_ != 0;
    }

    bool is_interim() const {
        if constexpr (is_request)
            return false;
        else
            return into_.status / 100 == 1 && into_.status != 101;
    }

private:
    void on_request_impl(http::verb, BeastText method, BeastText target, int version, error_code&) override {
        if constexpr (is_request) {
            into_.method.assign(method.data(), method.size());
            into_.target.assign(target.data(), target.size());
        }
        minor_version_ = version % 10;
    }
    void on_response_impl(int status, BeastText, int version, error_code&) override {
        if constexpr (!is_request) into_.status = static_cast<unsigned>(status);
        minor_version_ = version % 10;
    }
    void on_field_impl(http::field, BeastText name, BeastText value, error_code&) override {
        // What comes after the body (trailers) could contradict the header, so it is not taken.
        if (!this->is_header_done()) into_.fields.push_back({std::string(name), std::string(value)});
    }
    void on_header_impl(error_code&) override {}
    void on_body_init_impl(const boost::optional<std::uint64_t>& length, error_code&) override {
        // A peer's word alone does not make us reserve megabytes.
        if (length) into_.body.reserve(std::min<std::uint64_t>(*length, last_buffer_bytes));
    }
    size_t on_body_impl(BeastText part, error_code&) override {
        into_.body.append(part.data(), part.size());
        return part.size();
    }
    void on_chunk_header_impl(std::uint64_t, BeastText, error_code&) override {}
    size_t on_chunk_body_impl(std::uint64_t, BeastText part, error_code&) override {
        into_.body.append(part.data(), part.size());
        return part.size();
    }
    void on_finish_impl(error_code&) override {}

    Message<is_request>& into_;
    int minor_version_ = 1;
};

HttpProblem problem_of(const error_code& cause) {
    if (cause == http::error::header_limit) return HttpProblem::header_too_large;
    if (cause == http::error::body_limit) return HttpProblem::body_too_large;
    return HttpProblem::malformed;
}

}  // namespace

const std::string* HttpFields::find(std::string_view name) const {
    for (const auto& field : *this)
        if (boost::beast::iequals({field.name.data(), field.name.size()}, {name.data(), name.size()}))
            return &field.value;
    return nullptr;
}

struct HttpReader::Impl {
    ByteStream& stream;
    HttpLimits limits;
    std::vector<char> buffer = std::vector<char>(first_buffer_bytes);
    size_t begin = 0;
    size_t end = 0;
    bool was_filled = false;
    HttpProblem problem = HttpProblem::none;
    std::optional<TextParser<true>> request;
    std::optional<TextParser<false>> response;

    Error failed(const error_code& cause) {
        problem = problem_of(cause);
        return {Errc::bad_reply, "cannot read an HTTP message: " + cause.message()};
    }

    template <bool is_request>
    Result<bool> parse(std::optional<TextParser<is_request>>& parser, Message<is_request>& into) {
        while (begin != end) {
            if (!parser) parser.emplace(into, limits);
            error_code error;
            begin += parser->put(boost::asio::const_buffer(buffer.data() + begin, end - begin), error);
            if (error == http::error::need_more) {
                if (begin != 0 || end != last_buffer_bytes) return false;
                error = http::error::header_limit;  // a line of the chunk framing without an end
            }
            if (error) return failed(error);
            if (!parser->is_done()) continue;
            parser->finish();
            const bool interim = parser->is_interim();
            parser.reset();
            if (!interim) return true;
        }
        return false;
    }

    // A response without a length ends with its connection.
    bool ends_at_eof() {
        if (!response || !response->is_header_done() || !response->need_eof()) return false;
        error_code error;
        response->put_eof(error);
        response->finish();
        response.reset();
        return !error;
    }
};

HttpReader::HttpReader(ByteStream& stream, const HttpLimits& limits)
    : impl_(std::make_unique<Impl>(Impl{stream, limits})) {}
HttpReader::~HttpReader() = default;

Result<bool> HttpReader::parse(HttpRequest& into) {
    return impl_->parse(impl_->request, into);
}
Result<bool> HttpReader::parse(HttpResponse& into) {
    return impl_->parse(impl_->response, into);
}

boost::asio::mutable_buffer HttpReader::space() {
    size_t& begin = impl_->begin;
    size_t& end = impl_->end;
    auto& buffer = impl_->buffer;
    if (begin == end) begin = end = 0;
    if (begin != 0 && end == buffer.size()) {
        std::memmove(buffer.data(), buffer.data() + begin, end - begin);
        end -= begin;
        begin = 0;
    }
    const bool full = end == buffer.size() || impl_->was_filled;
    if (full && buffer.size() < last_buffer_bytes) buffer.resize(buffer.size() * 2);
    impl_->was_filled = false;
    return {buffer.data() + end, buffer.size() - end};
}

void HttpReader::received(size_t bytes) {
    impl_->end += bytes;
    impl_->was_filled = impl_->end == impl_->buffer.size();
}

bool HttpReader::mid_message() const {
    return impl_->begin != impl_->end || impl_->request || impl_->response;
}

HttpProblem HttpReader::problem() const {
    return impl_->problem;
}

Task<Result<void>> HttpReader::read(HttpRequest& into) {
    for (;;) {
        const auto complete = parse(into);
        if (!complete) co_return complete.error();
        if (*complete) co_return Result<void>();
        const auto bytes = co_await impl_->stream.read_some(space());
        if (!bytes) co_return bytes.error();
        received(*bytes);
    }
}

Task<Result<void>> HttpReader::read(HttpResponse& into) {
    for (;;) {
        const auto complete = parse(into);
        if (!complete) co_return complete.error();
        if (*complete) co_return Result<void>();
        const auto bytes = co_await impl_->stream.read_some(space());
        if (!bytes && bytes.error().code == Errc::closed && impl_->ends_at_eof()) co_return Result<void>();
        if (!bytes) co_return bytes.error();
        received(*bytes);
    }
}

}  // namespace vmha::net
