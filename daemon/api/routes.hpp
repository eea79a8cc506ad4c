// The one table of what can be asked: method, path, access, and who answers.
#pragma once
#include <chrono>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>

#include "daemon/api/access.hpp"
#include "daemon/api/hub.hpp"
#include "daemon/api/target.hpp"
#include "daemon/net/http.hpp"

namespace vmha::api {

// A whole answer.
struct Reply {
    unsigned status = 200;
    std::string body;        // JSON
    std::string_view allow;  // 405: the methods that are allowed
    std::string_view content_type = "application/json";
};

void set_error(Reply& reply, unsigned status, std::string_view word, std::string_view sentence);

// An answer that goes on: `feed` brings its lines, `first` is sent at once.
struct Streaming {
    std::shared_ptr<Feed> feed;
    std::string first;
    std::optional<core::Ask> ask;  // an operation: submit this once the feed is in place
};

// One request, while it is answered. Owned by its connection.
struct Exchange {
    Backend& backend;
    Hub& hub;
    const net::HttpRequest& request;
    Target target;
    std::string_view name;  // what stands in the place of {} in the route's path
    Reply& reply;
    std::optional<Streaming> streaming;  // set by a handler whose answer is a stream
};

using Handler = void (*)(Exchange&);

struct Route {
    std::string_view method;
    std::string_view path;
    Access access;
    bool waits_for_view;  // before the local host has been seen whole, up to ?timeout_ms= (10,000)
    Handler handler;
};

std::span<const Route> routes();

// The route of a request; if there is none, why is in `reply`.
const Route* find_route(std::string_view method, std::string_view path, std::string_view& name, Reply& reply);

// Of the request's ?timeout_ms=; nullopt where that is no number from 0 to 600,000.
std::optional<std::chrono::milliseconds> view_timeout(const Target& target);

}  // namespace vmha::api
