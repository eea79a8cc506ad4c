// The user that the service runs as, and what of the files that root sees that user cannot read: a check by
// root must not call good what the daemon will refuse.
#pragma once
#include <sys/types.h>

#include <optional>
#include <string>
#include <vector>

namespace vmha::config {

inline constexpr const char* service_user = "vmha";

struct Account {
    std::string name;
    uid_t user = 0;
    gid_t group = 0;
    std::vector<gid_t> groups;  // all of them
};

// By the account database; nullopt: there is none of that name.
std::optional<Account> find_account(const char* name);

struct Unreadable {
    std::string file;
    std::string obstacle;  // the file itself, or the first folder on the way that lets the account not in
};

// Of these files and folders; what is not there is left out, and so is an obstacle that was named before.
// Takes the account's place for a moment, which only root can: for anybody else nothing is unreadable. Not
// for a process with several threads.
std::vector<Unreadable> unreadable_for(const Account& account, const std::vector<std::string>& files);

}  // namespace vmha::config
