#include "daemon/esx/session.hpp"

namespace vmha::esx {

namespace {

Error error_of(const Called& called, const std::string& doing) {
    if (called.error) return *called.error;
    return {called.code(), "cannot " + doing + ": " + called.why()};
}

}  // namespace

Task<Result<ServiceContent>> ask_service_content(Caller& caller, Deadline deadline) {
    const auto request = request::service_content();
    const auto called = co_await caller.call(request, deadline);
    if (!called) co_return error_of(called, "ask what the host is");
    co_return content_of(*called.reply);
}

Task<Sign> sign_of_life(Caller& caller, const ServiceContent& content, Deadline deadline) {
    const auto request = request::current_session(content);
    const auto called = co_await caller.call(request, deadline);
    if (called.refused_with("NotAuthenticated")) co_return Sign::lost;
    if (!called) co_return Sign::cannot_tell;
    co_return shows_session(retrieved_of(*called.reply)) ? Sign::alive : Sign::lost;
}

Task<Result<std::string>> sign_in(Link& link, const ServiceContent& content, const SignIn& with,
                                  Deadline deadline) {
    const auto& credential = with.credential;
    const std::string doing = "log in to " + credential.host + " as " + credential.account;
    const auto permit = with.breaker.ask(credential, with.wall_s());
    if (permit.when != Permit::When::now)
        co_return Error{Errc::locked_out, "cannot " + doing + ": the password was " + permit.why};
    with.breaker.began(credential, with.wall_s());
    const auto request = request::login(content, credential.account, credential.secret);
    const auto called = co_await link.call(request, {}, deadline);
    if (called && !called.cookie.empty()) {
        with.breaker.worked(credential);
        co_return called.cookie;
    }
    if (called.refused_with("InvalidLogin")) {
        with.breaker.refused(credential, with.wall_s(), with.api_just_back);
        co_return Error{Errc::bad_password,
                        "cannot " + doing + ": the host refused the user name or password"};
    }
    if (called || called.fault) with.breaker.no_verdict(credential);
    if (called) co_return Error{Errc::bad_reply, "cannot " + doing + ": the reply has no session cookie"};
    co_return error_of(called, doing);
}

Task<Result<Session>> look_around(Caller& caller, std::string cookie, const ServiceContent& content,
                                  const std::function<core::Time()>& clock, Deadline deadline) {
    Session session;
    session.cookie = std::move(cookie);
    session.content = content;

    const auto time_request = request::current_time();
    const auto before = clock();
    const auto time = co_await caller.call(time_request, deadline);
    if (!time) co_return error_of(time, "read the host's clock");
    const auto host_time = time_of(time.reply->returned().child_value());
    if (!host_time) co_return Error{Errc::bad_reply, "cannot read the host's clock: not a time"};
    session.clock = {*host_time, before + (clock() - before) / 2};

    const auto view_request = request::create_view(content);
    const auto view = co_await caller.call(view_request, deadline);
    if (!view) co_return error_of(view, "create a view of the inventory");
    session.view = moref_of(view.reply->returned());

    const auto places_request = request::places(content, session.view);
    const auto places = co_await caller.call(places_request, deadline);
    if (!places) co_return error_of(places, "find the folder for VMs");
    const auto retrieved = retrieved_of(*places.reply);
    if (session_lost(retrieved.objects))
        co_return Error{Errc::not_authenticated, "cannot find the folder for VMs: the session has expired"};
    session.places = places_of(retrieved);
    co_return session;
}

}  // namespace vmha::esx
