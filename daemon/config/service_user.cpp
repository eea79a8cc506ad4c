#include "daemon/config/service_user.hpp"

#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <unistd.h>

#include <algorithm>
#include <boost/assert.hpp>
#include <filesystem>

namespace vmha::config {
namespace {

namespace fs = std::filesystem;

// The kernel's own answer, with access lists and all, instead of a reading of permission bits: without the
// user 0 a process has none of root's capabilities in effect (capabilities(7)).
class InThePlaceOf {
public:
    explicit InThePlaceOf(const Account& account) {
        if (::geteuid() != 0) return;
        const int count = ::getgroups(0, nullptr);
        groups_.resize(static_cast<size_t>(std::max(count, 0)));
        if (::getgroups(count, groups_.data()) != count) return;
        if (::setgroups(account.groups.size(), account.groups.data()) != 0) return;
        changed_ = true;
        taken_ = ::setegid(account.group) == 0 && ::seteuid(account.user) == 0;
    }
    ~InThePlaceOf() {
        if (!changed_) return;
        BOOST_VERIFY(::seteuid(0) == 0 && ::setegid(group_) == 0 &&
                     ::setgroups(groups_.size(), groups_.data()) == 0);
    }
    InThePlaceOf(const InThePlaceOf&) = delete;
    InThePlaceOf& operator=(const InThePlaceOf&) = delete;

    explicit operator bool() const { return taken_; }

private:
    gid_t group_ = ::getegid();
    std::vector<gid_t> groups_;
    bool changed_ = false;
    bool taken_ = false;
};

bool may(const fs::path& path, int what) {
    return ::faccessat(AT_FDCWD, path.c_str(), what, AT_EACCESS) == 0;
}

// nullopt: nothing is in the way.
std::optional<fs::path> obstacle_to(const fs::path& file, bool is_folder) {
    fs::path way;
    for (const auto& part : file.parent_path()) {
        way /= part;
        if (!may(way, X_OK)) return way;
    }
    if (may(file, is_folder ? R_OK | X_OK : R_OK)) return std::nullopt;
    return file;
}

}  // namespace

std::optional<Account> find_account(const char* name) {
    const passwd* const entry = ::getpwnam(name);
    if (entry == nullptr) return std::nullopt;
    Account account{name, entry->pw_uid, entry->pw_gid, {}};
    int count = 0;
    ::getgrouplist(name, account.group, nullptr, &count);
    account.groups.resize(static_cast<size_t>(count));
    ::getgrouplist(name, account.group, account.groups.data(), &count);
    account.groups.resize(std::min(account.groups.size(), static_cast<size_t>(count)));
    return account;
}

std::vector<Unreadable> unreadable_for(const Account& account, const std::vector<std::string>& files) {
    struct Real {
        std::string name;
        fs::path path;
        bool is_folder;
    };
    std::vector<Real> all;
    for (const auto& file : files) {
        std::error_code missing;
        const auto path = fs::canonical(file, missing);  // root sees where the links lead to
        if (!missing) all.push_back({file, path, fs::is_directory(path, missing)});
    }
    std::vector<Unreadable> found;
    const InThePlaceOf in_its_place(account);
    if (!in_its_place) return found;
    for (const auto& real : all) {
        const auto obstacle = obstacle_to(real.path, real.is_folder);
        if (!obstacle) continue;
        const std::string shown = *obstacle == real.path ? real.name : obstacle->string();
        if (std::ranges::find(found, shown, &Unreadable::obstacle) == found.end())
            found.push_back({real.name, shown});
    }
    return found;
}

}  // namespace vmha::config
