// The commands about a host's SSH.
#include <map>

#include "tests/simulator/front/control_words.hpp"
#include "tests/simulator/front/ssh_server.hpp"

namespace vmha::sim {
namespace {

// "a\nb" as it is typed has two lines.
std::string with_line_ends(const std::string& text) {
    std::string out;
    for (size_t at = 0; at < text.size(); ++at) {
        const bool is_end = text.compare(at, 2, "\\n") == 0;
        out += is_end ? '\n' : text[at];
        at += is_end ? 1 : 0;
    }
    return out;
}

bool spoil(SshServer& ssh, const Words& how) {
    static const std::map<std::string, Spoiled> kinds{{"", Spoiled::binary},
                                                      {"binary", Spoiled::binary},
                                                      {"half", Spoiled::half},
                                                      {"flood", Spoiled::flood}};
    const auto count = number(word(how, 1));
    if (!count) return false;
    if (how[0] == "unset") return ssh.spoil(Spoiled::unset, static_cast<int>(*count)), true;
    const auto kind = kinds.find(word(how, 2));
    if (kind == kinds.end()) return false;
    return ssh.spoil(kind->second, static_cast<int>(*count)), true;
}

}  // namespace

bool ssh_command(SshServer& ssh, const Words& how) {
    const std::string what = word(how, 0);
    if (what == "on" || what == "off") return ssh.set_service(what == "on"), true;
    if (what == "new-host-key") return ssh.new_host_keys().has_value();
    if (what == "garbage" || what == "unset") return spoil(ssh, how);
    if (what == "texts" && how.size() > 1)
        return ssh.shell().texts().set(how[1], with_line_ends(rest_of(how, 2)));
    const auto count = number(word(how, 1));
    if (what != "max-sessions" || !count) return false;
    return ssh.set_sessions_max(static_cast<int>(*count)), true;
}

}  // namespace vmha::sim
