// A pair of connected ByteStreams in memory: what one writes the other reads. Header only.
#pragma once
#include <algorithm>
#include <cstring>
#include <memory>
#include <string>
#include <utility>

#include "daemon/net/stream.hpp"
#include "daemon/net/wakeup.hpp"

namespace vmha::net {

// One direction. A writer waits while `limit` bytes lie unread; at most `piece` bytes are handed out per
// read.
struct MemoryPipe {
    MemoryPipe(const boost::asio::any_io_executor& executor, size_t limit_, size_t piece_)
        : limit(limit_), piece(piece_), readable(executor), writable(executor) {}
    size_t limit;
    size_t piece;
    std::string bytes;
    bool closed = false;
    Wakeup readable;
    Wakeup writable;

    void close() {
        closed = true;
        readable.ring();
        writable.ring();
    }
};

class MemoryStream : public ByteStream {
public:
    MemoryStream(std::shared_ptr<MemoryPipe> in, std::shared_ptr<MemoryPipe> out)
        : in_(std::move(in)), out_(std::move(out)) {}
    ~MemoryStream() override { MemoryStream::close(); }

    Task<Result<size_t>> read_some(boost::asio::mutable_buffer into) override {
        const auto in = in_;
        while (in->bytes.empty() && !in->closed)
            if (!co_await in->readable.wait())
                co_return Error{Errc::closed, "cannot read from memory: cancelled"};
        if (in->bytes.empty()) co_return Error{Errc::closed, "cannot read from memory: closed"};
        const size_t size = std::min({into.size(), in->bytes.size(), in->piece});
        std::memcpy(into.data(), in->bytes.data(), size);
        in->bytes.erase(0, size);
        in->writable.ring();
        co_return size;
    }

    Task<Result<void>> write(boost::asio::const_buffer from) override {
        const auto out = out_;
        while (from.size() != 0) {
            while (out->bytes.size() >= out->limit && !out->closed)
                if (!co_await out->writable.wait())
                    co_return Error{Errc::closed, "cannot write to memory: cancelled"};
            if (out->closed) co_return Error{Errc::closed, "cannot write to memory: closed"};
            const size_t size = std::min(from.size(), out->limit - out->bytes.size());
            out->bytes.append(static_cast<const char*>(from.data()), size);
            from += size;
            out->readable.ring();
        }
        co_return Result<void>();
    }

    void close() override {
        in_->close();
        out_->close();
    }

private:
    std::shared_ptr<MemoryPipe> in_;
    std::shared_ptr<MemoryPipe> out_;
};

struct MemoryOptions {
    size_t limit = 1 << 20;  // bytes that lie unread before a writer waits
    size_t piece = 1 << 20;  // bytes a read returns at most; 1: every byte comes alone
};

inline std::pair<StreamPtr, StreamPtr> memory_streams(const boost::asio::any_io_executor& executor,
                                                      const MemoryOptions& options = {}) {
    auto there = std::make_shared<MemoryPipe>(executor, options.limit, options.piece);
    auto back = std::make_shared<MemoryPipe>(executor, options.limit, options.piece);
    return {std::make_unique<MemoryStream>(there, back), std::make_unique<MemoryStream>(back, there)};
}

}  // namespace vmha::net
