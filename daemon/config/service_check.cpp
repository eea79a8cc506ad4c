#include "daemon/config/service_check.hpp"

#include <algorithm>
#include <filesystem>

#include "daemon/config/secret.hpp"

namespace vmha::config {
namespace {

namespace fs = std::filesystem;

struct NamedFiles {
    std::vector<std::string> secrets;  // for their owner's eyes alone
    std::vector<std::string> others;
};

NamedFiles named_files(const Config& config) {
    NamedFiles named;
    for (const auto& [name, node] : config.nodes) {
        if (const auto& api = node.host.api) {
            named.secrets.push_back(api->password_file);
            if (const auto* ca = std::get_if<SignedBy>(&api->trust)) named.others.push_back(ca->ca_file);
        }
        if (const auto& ssh = node.host.ssh) {
            named.secrets.push_back(ssh->identity_file);
            named.others.push_back(ssh->known_hosts);
        }
    }
    return named;
}

std::string begin_of(const Account& account, const Unreadable& what) {
    std::string text =
        "the service, which runs as the user " + account.name + ", cannot read " + what.file + ": ";
    if (what.obstacle != what.file) text += "it may not enter " + what.obstacle + ": ";
    return text;
}

std::string remedy(const Unreadable& what) {
    return (fs::is_directory(what.obstacle) ? "chmod 755 " : "chmod 644 ") + what.obstacle;
}

// Opening a folder outside to everybody, such as /root, is no advice to give.
bool is_ours(const Unreadable& what, const fs::path& folder) {
    const auto way = fs::path(what.obstacle).lexically_relative(folder);
    return !way.empty() && *way.begin() != "..";
}

}  // namespace

void check_for_service(const std::string& file, Loaded& loaded, const std::optional<Account>& account) {
    if (!account) return;
    std::error_code ignored;
    const fs::path folder = fs::absolute(file, ignored).parent_path().lexically_normal();
    const auto advice = [&](const Unreadable& what) {
        return is_ours(what, folder) ? remedy(what) : "move it to where that user can read it";
    };
    std::vector<std::string> warnings;
    for (const auto& what : unreadable_for(*account, files_of(file))) {
        const std::string text = begin_of(*account, what) + advice(what);
        if (file == default_file)
            loaded.problems.push_back({"", "", text});
        else
            warnings.push_back(text);
    }
    if (loaded.config) {
        auto named = named_files(*loaded.config);
        const auto handed_over = [&](const std::string& name) {
            return fs::path(name).parent_path() == folder / credentials_folder;
        };
        std::erase_if(named.secrets, handed_over);
        std::erase_if(named.others, handed_over);
        for (const auto& what : unreadable_for(*account, named.secrets))
            warnings.push_back(begin_of(*account, what) + "move it to " +
                               (folder / credentials_folder).string() + ", and write " +
                               std::string(credentials_folder) + "/" +
                               fs::path(what.file).filename().string() +
                               " in the configuration, or hand it over with LoadCredential=");
        for (const auto& what : unreadable_for(*account, named.others))
            warnings.push_back(begin_of(*account, what) + advice(what));
    }
    loaded.warnings.insert(loaded.warnings.end(), warnings.begin(), warnings.end());
    if (!loaded.problems.empty()) loaded.config.reset();
}

}  // namespace vmha::config
