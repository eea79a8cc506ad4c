#include "client/ctl.hpp"

#include <sys/stat.h>

#include "client/answers.hpp"
#include "client/say.hpp"

namespace vmha::client {
namespace {

constexpr int64_t header_ms = 3000;
constexpr int64_t answer_ms = 30'000;

}  // namespace

std::string explain_unreachable(Trouble trouble, const std::string& socket_path) {
    const std::string directory = socket_path.substr(0, std::max<std::size_t>(socket_path.rfind('/'), 1));
    struct stat found {};
    switch (trouble) {
        case Trouble::no_socket:
            if (socket_path.find('/') != std::string::npos && ::stat(directory.c_str(), &found) != 0)
                return directory + " does not exist, so vmhad does not run; try: systemctl status vmhad";
            return socket_path + " does not exist; is the service running? try: systemctl status vmhad";
        case Trouble::refused:
            if (::stat(socket_path.c_str(), &found) == 0 && !S_ISSOCK(found.st_mode))
                return socket_path + " is not a socket";
            return socket_path +
                   " is there but nobody listens: vmhad ended without removing it; try: systemctl status "
                   "vmhad";
        case Trouble::no_answer:
            return "it accepts connections on " + socket_path +
                   " but did not answer within 3 s; try: journalctl -u vmhad";
        default: return describe(trouble, socket_path);
    }
}

ExitCode complain_unreachable(Trouble trouble, const CtlOptions& options) {
    complain("vmhactl: cannot reach vmhad: " + explain_unreachable(trouble, options.socket) + "\n");
    return ExitCode::daemon_unreachable;
}

ExitCode complain_refused(const Reply& reply, const std::string& about) {
    const Refusal refusal = read_refusal(reply.body);
    std::string why = refusal.word.empty() ? "HTTP status " + std::to_string(reply.status) : refusal.word;
    if (!refusal.sentence.empty()) why += ": " + refusal.sentence;
    complain("vmhactl: " + about + ": " + printable(why) + "\n");
    return reply.status == 404 && refusal.word != "not_found" ? ExitCode::usage : ExitCode::failed;
}

Reply ctl_call(const CtlOptions& options, const Request& request) {
    return call(options.socket, request, Deadline::in_ms(header_ms), Deadline::in_ms(answer_ms));
}

}  // namespace vmha::client
