#include "tests/simulator/front/ssh_command.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <cstdio>

#include "tests/simulator/front/control_words.hpp"

namespace asio = boost::asio;

namespace vmha::sim {
namespace {

constexpr size_t request_max = 1u << 20;
constexpr size_t flood_bytes = 100u << 20;

// The request's words once it is whole.
std::optional<Argv> words_of(const std::string& request) {
    Argv words;
    for (size_t at = 0; at < request.size();) {
        const auto end = request.find('\0', at);
        if (end == std::string::npos) return std::nullopt;
        words.push_back(request.substr(at, end - at));
        at = end + 1;
    }
    const auto count = words.empty() ? std::nullopt : number(words[0]);
    if (!count || words.size() != static_cast<size_t>(*count) + 2) return std::nullopt;
    return words;
}

std::string half_of(const std::string& text) {
    return text.substr(0, text.size() / 2);
}

// Bytes of every value, always the same.
std::string binary_garbage() {
    std::string out;
    for (unsigned i = 0, value = 12345; i < 4096; ++i) {
        value = value * 1103515245u + 12345u;
        out += static_cast<char>(value >> 16);
    }
    return out;
}

}  // namespace

SshCommand::SshCommand(const asio::any_io_executor& executor, SshServer& server, net::StreamPtr stream)
    : executor_(executor), server_(&server), stream_(std::move(stream)), bell_(executor) {
    server.began(this);
}

net::Task<> SshCommand::run(std::shared_ptr<SshCommand> self) {
    const bool is_whole = co_await self->read_request();
    if (!is_whole) co_return self->close();
    asio::co_spawn(self->executor_, watch(self), asio::detached);
    co_await self->carry_out();
    co_await self->write_output();
    self->close();
}

net::Task<bool> SshCommand::read_request() {
    std::string request;
    char block[4096];
    while (request.size() < request_max) {
        const auto got = co_await stream_->read_some(asio::buffer(block));
        if (!got || !server_) co_return false;
        request.append(block, *got);
        const auto words = words_of(request);
        if (!words) continue;
        argv_.assign(words->begin() + 1, words->end() - 1);
        connection_ = static_cast<unsigned>(number(words->back()).value_or(0));
        co_return !argv_.empty();
    }
    co_return false;
}

// Notices that the caller has gone.
net::Task<> SshCommand::watch(std::shared_ptr<SshCommand> self) {
    char byte;
    (void)co_await self->stream_->read_some(asio::buffer(&byte, 1));
    self->close();
}

net::Task<> SshCommand::carry_out() {
    const auto names = Shell::rule_names(argv_);
    server_->counted(names.front());
    is_vim_cmd_ = argv_[0] == "vim-cmd";
    if (is_vim_cmd_) server_->vim_cmd(true);
    spoiled_ = server_->next_spoiled();
    const auto effect =
        server_->network().site().rules(server_->id()).apply(names, Shell::rule_object(argv_));
    if (effect.delay > site::Time{}) co_await net::sleep_until(net::deadline_in(effect.delay));
    if (!server_) co_return;
    const auto trouble = effect.trouble ? effect.trouble->trouble : site::Trouble::delay;
    if (trouble == site::Trouble::hang) co_return;
    if (trouble == site::Trouble::drop) co_return lose();
    if (trouble == site::Trouble::status) co_return say(server_->shell().hostd_is_away());
    if (trouble == site::Trouble::fault)
        co_return say(
            server_->shell().refused(argv_, site::Fault{effect.trouble->fault, effect.trouble->message}));
    begin(trouble == site::Trouble::lose_reply);
}

void SshCommand::begin(bool lost) {
    Network& network = server_->network();
    network.advance();
    const auto self = shared_from_this();
    const auto ticket = server_->shell().run(argv_, [self, lost](const Printed& printed) {
        if (printed.status) self->ticket_ = 0;
        if (!lost) return self->say(printed);
        if (printed.status && self->server_) self->lose();
    });
    if (server_) ticket_ = ticket;
    network.settle();
}

// Its connection breaks, and with it this command.
void SshCommand::lose() {
    server_->close_connection(connection_);
    close();
}

void SshCommand::say(const Printed& printed) {
    waiting_.out += printed.out;
    waiting_.err += printed.err;
    if (printed.status) waiting_.status = printed.status;
    bell_.ring();
}

net::Task<> SshCommand::write_output() {
    while (server_) {
        co_await bell_.wait();
        if (!server_) co_return;
        Printed now = std::exchange(waiting_, {});
        if (spoiled_ == Spoiled::half) now.out = half_of(now.out);
        if (spoiled_ == Spoiled::binary && !now.out.empty()) now.out = binary_garbage();
        if (spoiled_ == Spoiled::unset && now.status) now.out = "<unset>\n";
        if (spoiled_ == Spoiled::flood && now.status && !co_await write_flood()) co_return;
        if (!now.out.empty() && !co_await write_frame('o', now.out)) co_return;
        if (!now.err.empty() && !co_await write_frame('e', now.err)) co_return;
        if (!now.status) continue;
        (void)co_await write_frame('x', std::to_string(*now.status));
        co_return;
    }
}

net::Task<bool> SshCommand::write_frame(char kind, const std::string& text) {
    char head[10];
    std::snprintf(head, sizeof head, "%c%08zx", kind, text.size());
    const std::string frame = std::string(head, 9) + text;
    const auto written = co_await stream_->write(asio::buffer(frame));
    co_return written&& server_;
}

net::Task<bool> SshCommand::write_flood() {
    const std::string block(65536, 'x');
    for (size_t sent = 0; sent < flood_bytes; sent += block.size())
        if (!co_await write_frame('o', block)) co_return false;
    co_return true;
}

void SshCommand::close() {
    if (!server_) return;
    SshServer* server = std::exchange(server_, nullptr);
    if (ticket_ != 0) server->shell().drop(ticket_);
    if (is_vim_cmd_) server->vim_cmd(false);
    stream_->close();
    bell_.ring();
    server->ended(this);
}

}  // namespace vmha::sim
