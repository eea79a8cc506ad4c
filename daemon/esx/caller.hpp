// Who carries calls to the host within one session.
#pragma once
#include "daemon/esx/link.hpp"

namespace vmha::esx {

class Caller {
public:
    virtual ~Caller() = default;
    // The request must live until the call has come back.
    virtual Task<Called> call(const Request& request, Deadline deadline) = 0;
};

// Straight over one link. Neither link nor caller may be used by two coroutines at a time.
class LinkCaller : public Caller {
public:
    LinkCaller(Link& link, std::string cookie) : link_(link), cookie_(std::move(cookie)) {}
    Task<Called> call(const Request& request, Deadline deadline) override {
        return link_.call(request, cookie_, deadline);
    }

private:
    Link& link_;
    std::string cookie_;
};

}  // namespace vmha::esx
