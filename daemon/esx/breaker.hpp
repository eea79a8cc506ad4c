// The login breaker (rule 8): a host locks an account after five wrong logins, and while it is locked even
// the right secret fails, also over SSH. Two nodes use the account, so each may be wrong twice at most.
#pragma once
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "common/result.hpp"

namespace vmha::esx {

// Where the breaker's memory outlives the process. The text holds no secret.
class BreakerStore {
public:
    virtual ~BreakerStore() = default;
    virtual Result<std::string> load() = 0;  // empty: nothing stored yet
    virtual Result<void> save(const std::string& text) = 0;
};

// Whose login, with which secret.
struct Credential {
    std::string host;
    std::string account;
    std::string secret;
};

struct Permit {
    enum class When { now, later, never };
    When when = When::now;
    int64_t at_s = 0;  // later: not before
    std::string why;   // later, never: for people
};

// Owned by the app, shared by all hosts, and through the store by all engines of the node: it is read again
// before every decision. No I/O but the store's; time is an argument, in seconds of the wall clock. If the
// store fails, what this process knows goes on to count. A secret is kept as a salted hash only; a new secret
// starts afresh.
//
//   refused once:  a secret that worked before gets one second try (after a restart of the host's API its
//   first
//                  refusal may be the restart's fault); one that never worked gets none
//   refused twice: no more logins, until the secret changes or somebody asks for one by hand
class Breaker {
public:
    explicit Breaker(BreakerStore& store);

    Permit ask(const Credential& credential, int64_t now_s);

    // A login is about to be sent, and what became of it. One without an answer may have been a wrong one: it
    // counts for 16 minutes, unless that secret has worked before.
    void began(const Credential& credential, int64_t now_s);
    void worked(const Credential& credential);
    void refused(const Credential& credential, int64_t now_s, bool api_just_back);
    void no_verdict(const Credential& credential);  // the answer was about something else

    // Somebody asked for it by hand: one more login with whatever secrets were refused.
    void grant(std::string_view host);

private:
    struct Entry {
        std::string host, account;
        int wrong = 0;
        int64_t retry_at_s = 0;
        bool has_worked = false;
        bool granted = false;
        std::vector<int64_t> unanswered_s;
    };

    std::string key_of(const Credential& credential) const;
    Entry& entry_of(const Credential& credential);
    void load();
    void save();

    BreakerStore& store_;
    std::string salt_;
    std::map<std::string, Entry> entries_;  // by salted hash
};

}  // namespace vmha::esx
