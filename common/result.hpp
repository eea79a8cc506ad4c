// The one error vocabulary. Operating errors are values; a message says "cannot <verb> <object>: <cause>",
// lower case, no full stop, and names the host. Programmer errors are assertions.
#pragma once
#include <boost/assert/source_location.hpp>
#include <boost/system/result.hpp>
#include <string>

namespace vmha {

enum class Errc {
    timeout,              // the deadline passed
    unreachable,          // no connection could be made
    closed,               // the connection ended while it was needed
    certificate_changed,  // the peer's certificate is not the pinned one
    host_key_changed,     // the peer's SSH key is not the known one, or none is known
    key_refused,          // the host does not take our SSH key
    tls,                  // the handshake failed for another reason
    bad_password,         // the host refused the login
    locked_out,           // the breaker (or the host) allows no login now
    not_authenticated,    // the session is no longer valid
    fault,                // the host answered with a fault
    bad_reply,            // the answer is not what the protocol promises
    invalid_input,        // what the caller gave is wrong; nothing was changed
    not_found,
    io,  // a file or system call failed
};

struct Error {
    Errc code;
    std::string message;
};

template <class T = void>
using Result = boost::system::result<T, Error>;

// Reached only when value() is called on an error: a programmer's mistake, so it ends the program.
[[noreturn]] void throw_exception_from_error(const Error& error, const boost::source_location& where);

}  // namespace vmha
