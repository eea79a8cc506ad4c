// A connected stream of bytes: TCP, TLS over TCP, or a Unix socket. HTTP is text on top of it (http.hpp), so
// that no other file instantiates Beast over a socket type, and tests use streams in memory.
#pragma once
#include <boost/asio/awaitable.hpp>
#include <boost/asio/buffer.hpp>
#include <cstddef>
#include <memory>

#include "common/result.hpp"

namespace vmha::net {

// GCC 12 destroys an aggregate that is built with braces inside an expression with co_await twice (seen
// with 12.2): give it a name in a statement of its own.
template <class T = void>
using Task = boost::asio::awaitable<T>;

// Owned by whoever opened it; used by one coroutine that reads and at most one that writes. An error, a
// timeout or a cancellation leaves the stream dead: close it, never use it again. Operations never throw,
// except that a cancelled coroutine throws from its next co_await, as Asio does.
class ByteStream {
public:
    virtual ~ByteStream() = default;

    // At least one byte, or Errc::closed at the end of the stream.
    virtual Task<Result<size_t>> read_some(boost::asio::mutable_buffer into) = 0;

    // All of it.
    virtual Task<Result<void>> write(boost::asio::const_buffer from) = 0;

    // At once, without waiting for the peer (a TLS stream sends its close_notify if it can do so without
    // waiting).
    virtual void close() = 0;
};

using StreamPtr = std::unique_ptr<ByteStream>;

}  // namespace vmha::net
