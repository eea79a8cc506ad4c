// Scripts for /bin/sh on the host: many commands in one, each one's output framed (text/frames.hpp). Pure,
// but for the random marker.
#pragma once
#include <memory>
#include <string>
#include <string_view>

#include "daemon/shell/runner.hpp"
#include "daemon/shell/text/frames.hpp"

namespace vmha::shell {

// As one word, whatever is in it.
std::string quoted(std::string_view word);

std::string random_marker();

class Script {
public:
    explicit Script(std::string marker = random_marker()) : marker_(std::move(marker)) {}

    // Runs the command, framed by this name (letters, digits, dots). Words from outside in it are quoted by
    // the caller.
    Script& run(std::string_view name, std::string_view command);
    // A line as it is. It may use: s NAME COMMAND… (framed), b NAME and e NAME STATUS (the frame alone).
    Script& line(std::string_view text);
    // The state of one VM: frames "summary.ID" and, if a question may be open, "message.ID".
    Script& vm(const std::string& vmid);

    std::string text() const;
    const std::string& marker() const { return marker_; }
    bool empty() const { return body_.empty(); }

private:
    std::string marker_;
    std::string body_;
    bool reads_vms_ = false;
};

// What came back. The frames are views into the output.
struct Reply {
    std::shared_ptr<const Output> output;
    std::map<std::string, text::Frame, std::less<>> frames;

    const text::Frame* frame(std::string_view name) const;
};

Result<Reply> reply_of(Output output, const std::string& marker);

}  // namespace vmha::shell
