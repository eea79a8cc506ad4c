// Accounts and sessions.
#include "tests/simulator/model/faults.hpp"
#include "tests/simulator/model/site.hpp"

namespace vmha::site {
namespace {

constexpr int account_lock_failures = 5;
constexpr Time account_unlock = std::chrono::seconds(900);

}  // namespace

Answer<Session> Site::login(HostId id, const std::string& user, const std::string& password,
                            const std::string& address, const std::string& agent, const std::string& cookie) {
    Host& host = at(id);
    const auto old = host.sessions.find(cookie);
    if (old != host.sessions.end() && !is_expired(id, cookie)) return faults::invalid_login();
    bool right = false;
    for (const auto& account : host.config.accounts)
        right = right || (account.user == user && account.password == password);
    // Security.AccountLockFailures and AccountUnlockTime: while it is locked the right password fails too.
    auto& wrong = host.wrong_logins[user];
    if (now_ - wrong.last >= account_unlock) wrong.count = 0;
    if (wrong.count >= account_lock_failures) return faults::invalid_login();
    if (!right) {
        ++wrong.count;
        wrong.last = now_;
        return faults::invalid_login();
    }
    wrong.count = 0;
    if (old != host.sessions.end()) host.sessions.erase(old);
    // The number makes the same site give the same cookies in the same order; nobody has to guess them.
    const std::string seed = std::to_string(config_.seed) + host.uuid + std::to_string(++host.last_session);
    Session session{.key = uuid_from("session " + seed),
                    .cookie = uuid_from("cookie " + seed),
                    .user = user,
                    .address = address,
                    .agent = agent,
                    .login = now_,
                    .last_active = now_,
                    .calls = 0};
    host.sessions[session.cookie] = session;
    changed(id, Change::What::sessions);
    return session;
}

void Site::logout(HostId id, const std::string& cookie) {
    if (at(id).sessions.erase(cookie) != 0) changed(id, Change::What::sessions);
}

bool Site::is_expired(HostId id, const std::string& cookie) const {
    const auto found = hosts_[id].sessions.find(cookie);
    if (found == hosts_[id].sessions.end()) return false;
    return found->second.expired || now_ - found->second.last_active >= config_.session_idle;
}

Session* Site::use_session(HostId id, const std::string& cookie) {
    auto& sessions = at(id).sessions;
    const auto found = sessions.find(cookie);
    if (found == sessions.end() || is_expired(id, cookie)) return nullptr;
    found->second.last_active = now_;
    ++found->second.calls;
    return &found->second;
}

void Site::expire_sessions(HostId id, std::optional<ExpiredShape> shape) {
    if (shape) at(id).expired_shape = *shape;
    for (auto& [cookie, session] : at(id).sessions) session.expired = true;
    changed(id, Change::What::sessions);
}

}  // namespace vmha::site
