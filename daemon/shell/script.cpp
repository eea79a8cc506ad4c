#include "daemon/shell/script.hpp"

#include <random>

namespace vmha::shell {

namespace {

// echo and here-documents alone: the shell of ESXi is busybox, which need not have a printf.
constexpr std::string_view frame_functions =
    "b(){ echo \"$M begin $1\"; echo \"$M begin $1\" >&2; }\n"
    "e(){ echo; echo \"$M end $1 $2\"; echo >&2; echo \"$M end $1 $2\" >&2; }\n"
    "s(){ _n=$1; shift; b \"$_n\"; \"$@\" </dev/null; e \"$_n\" $?; }\n";

// A vim-cmd costs a login to hostd: the question is asked for only where the summary does not exclude one.
constexpr std::string_view vm_function =
    "v(){ b summary.$1; _t=$(vim-cmd vmsvc/get.summary $1 </dev/null); _r=$?\n"
    "cat <<EOT\n$_t\nEOT\n"
    "e summary.$1 $_r\n"
    "case \"$_t\" in\n"
    "*'question = (vim.vm.QuestionInfo) null'*) ;;\n"
    "*'(vim.vm.Summary)'*) s message.$1 vim-cmd vmsvc/message $1 ;;\n"
    "esac\n"
    "}\n";

}  // namespace

std::string quoted(std::string_view word) {
    std::string out = "'";
    for (const char c : word) {
        if (c == '\'')
            out += "'\\''";
        else if (c != '\0')
            out += c;
    }
    return out += '\'';
}

std::string random_marker() {
    static std::random_device random;
    constexpr std::string_view digits = "0123456789abcdef";
    std::string marker = "vmha-";
    for (int word = 0; word < 4; ++word)
        for (uint32_t bits = random(), i = 0; i < 8; ++i, bits >>= 4) marker += digits[bits & 15];
    return marker;
}

Script& Script::run(std::string_view name, std::string_view command) {
    body_ += "s ";
    body_ += name;
    body_ += ' ';
    return line(command);
}

Script& Script::line(std::string_view text) {
    body_ += text;
    body_ += '\n';
    return *this;
}

Script& Script::vm(const std::string& vmid) {
    reads_vms_ = true;
    return line("v " + quoted(vmid));
}

std::string Script::text() const {
    std::string text = "M=" + marker_ + "\n";
    text += frame_functions;
    if (reads_vms_) text += vm_function;
    text += body_;
    text += "echo \"$M done\"; echo \"$M done\" >&2\n";
    return text;
}

const text::Frame* Reply::frame(std::string_view name) const {
    const auto found = frames.find(name);
    return found == frames.end() ? nullptr : &found->second;
}

Result<Reply> reply_of(Output output, const std::string& marker) {
    Reply reply;
    reply.output = std::make_shared<const Output>(std::move(output));
    auto frames = text::read_frames(reply.output->out, reply.output->err, marker);
    if (!frames) return frames.error();
    reply.frames = std::move(*frames);
    return reply;
}

}  // namespace vmha::shell
