// Getting into a host: what product is it, signing in, finding the way around, signing out.
#pragma once
#include "daemon/esx/breaker.hpp"
#include "daemon/esx/caller.hpp"
#include "daemon/esx/requests.hpp"
#include "daemon/esx/watch.hpp"

namespace vmha::esx {

Task<Result<ServiceContent>> ask_service_content(Caller& caller, Deadline deadline);

enum class Sign { alive, lost, cannot_tell };

// Does the session that the caller's cookie belongs to live? Reads currentSession.
Task<Sign> sign_of_life(Caller& caller, const ServiceContent& content, Deadline deadline);

// Asks the breaker, sends the login and tells the breaker what became of it. Gives the cookie.
// Errc::bad_password when the host refused it, Errc::locked_out when the breaker did not let it go.
struct SignIn {
    Breaker& breaker;
    const std::function<int64_t()>& wall_s;
    Credential credential;
    bool api_just_back = false;
};
Task<Result<std::string>> sign_in(Link& link, const ServiceContent& content, const SignIn& with,
                                  Deadline deadline);

// The view, the places and the host's clock. `number` is not set here.
Task<Result<Session>> look_around(Caller& caller, std::string cookie, const ServiceContent& content,
                                  const std::function<core::Time()>& clock, Deadline deadline);

}  // namespace vmha::esx
