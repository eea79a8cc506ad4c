#include "daemon/esx/breaker.hpp"

#include <openssl/evp.h>
#include <openssl/rand.h>

#include <algorithm>
#include <array>

#include "common/json.hpp"

namespace vmha::esx {

namespace {

constexpr int64_t after_restart_s = 60;
constexpr int64_t after_lockout_s = 16 * 60;  // a stranger's wrong logins lock the account for 15 minutes
constexpr int wrong_most = 2;

std::string hex(const unsigned char* bytes, size_t count) {
    static constexpr char digits[] = "0123456789abcdef";
    std::string text;
    for (size_t i = 0; i < count; ++i) {
        text += digits[bytes[i] >> 4];
        text += digits[bytes[i] & 15];
    }
    return text;
}

std::string random_salt() {
    std::array<unsigned char, 16> bytes{};
    RAND_bytes(bytes.data(), bytes.size());
    return hex(bytes.data(), bytes.size());
}

std::string sha256(const std::string& text) {
    std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
    unsigned size = 0;
    EVP_Digest(text.data(), text.size(), digest.data(), &size, EVP_sha256(), nullptr);
    return hex(digest.data(), size);
}

// The length in front keeps ("ab","c") and ("a","bc") apart.
std::string framed(const std::string& text) {
    return std::to_string(text.size()) + ":" + text;
}

}  // namespace

Breaker::Breaker(BreakerStore& store) : store_(store) {
    load();
}

std::string Breaker::key_of(const Credential& credential) const {
    return sha256(salt_ + framed(credential.host) + framed(credential.account) + framed(credential.secret));
}

Breaker::Entry& Breaker::entry_of(const Credential& credential) {
    auto& entry = entries_[key_of(credential)];
    entry.host = credential.host;
    entry.account = credential.account;
    return entry;
}

Permit Breaker::ask(const Credential& credential, int64_t now_s) {
    load();
    const auto found = entries_.find(key_of(credential));
    if (found == entries_.end()) return {};
    auto& entry = found->second;
    if (entry.granted) return {};
    if (entry.wrong >= wrong_most || (entry.wrong > 0 && !entry.has_worked))
        return {
            Permit::When::never, 0,
            std::string(entry.wrong >= wrong_most ? "refused twice" : "refused, and it has never worked") +
                ": correct it in its file and restart vmhad, or allow one more try by vmhactl retry-login " +
                credential.host};
    if (entry.wrong > 0) {
        entry.retry_at_s = std::min(entry.retry_at_s, now_s + after_lockout_s);  // the clock was set back
        if (now_s >= entry.retry_at_s) return {};
        return {Permit::When::later, entry.retry_at_s, "refused, although it has worked before"};
    }
    if (entry.has_worked) return {};
    std::erase_if(entry.unanswered_s,
                  [now_s](int64_t at_s) { return at_s > now_s || at_s + after_lockout_s <= now_s; });
    if (entry.unanswered_s.size() < wrong_most) return {};
    return {Permit::When::later, entry.unanswered_s.front() + after_lockout_s, "not answered twice"};
}

void Breaker::began(const Credential& credential, int64_t now_s) {
    load();
    entry_of(credential).unanswered_s.push_back(now_s);
    save();
}

void Breaker::worked(const Credential& credential) {
    load();
    auto& entry = entry_of(credential);
    entry.wrong = 0;
    entry.has_worked = true;
    entry.granted = false;
    entry.unanswered_s.clear();
    save();
}

void Breaker::refused(const Credential& credential, int64_t now_s, bool api_just_back) {
    load();
    auto& entry = entry_of(credential);
    ++entry.wrong;
    entry.granted = false;
    entry.retry_at_s = now_s + (api_just_back ? after_restart_s : after_lockout_s);
    if (!entry.unanswered_s.empty()) entry.unanswered_s.pop_back();
    save();
}

void Breaker::no_verdict(const Credential& credential) {
    load();
    auto& entry = entry_of(credential);
    if (!entry.unanswered_s.empty()) entry.unanswered_s.pop_back();
    save();
}

void Breaker::grant(std::string_view host) {
    load();
    for (auto& [key, entry] : entries_) {
        if (entry.host != host) continue;
        entry.granted = entry.wrong > 0;
        entry.unanswered_s.clear();
    }
    save();
}

void Breaker::load() {
    const auto text = store_.load();
    const auto json = text ? parse_json(*text) : Result<Json>(text.error());
    if (json && json->is_object() && get_string(*json, "salt") && json->contains("entries")) {
        salt_ = *get_string(*json, "salt");
        entries_.clear();
        for (const auto& [key, stored] : (*json)["entries"].items()) {
            auto& entry = entries_[key];
            entry.host = get_string(stored, "host").value_or("");
            entry.account = get_string(stored, "account").value_or("");
            entry.wrong = static_cast<int>(get_integer(stored, "wrong").value_or(wrong_most));
            entry.retry_at_s = get_integer(stored, "retry_at_s").value_or(0);
            entry.has_worked = get_bool(stored, "has_worked").value_or(false);
            entry.granted = get_bool(stored, "granted").value_or(false);
            if (!stored.is_object() || !stored.contains("unanswered_s")) continue;
            for (const auto& at : stored["unanswered_s"])
                if (at.is_number_integer()) entry.unanswered_s.push_back(at.get<int64_t>());
        }
    }
    if (salt_.empty()) salt_ = random_salt();
}

void Breaker::save() {
    Json entries = Json::object();
    for (const auto& [key, entry] : entries_)
        entries[key] = {{"host", entry.host},
                        {"account", entry.account},
                        {"wrong", entry.wrong},
                        {"retry_at_s", entry.retry_at_s},
                        {"has_worked", entry.has_worked},
                        {"granted", entry.granted},
                        {"unanswered_s", entry.unanswered_s}};
    // What cannot be stored still counts in this process.
    (void)store_.save(dump_json({{"salt", salt_}, {"entries", entries}}));
}

}  // namespace vmha::esx
