// The person at the site: line commands over a Unix socket, each answered by one line, "ok …" or "error …".
#pragma once
#include <boost/asio/any_io_executor.hpp>
#include <memory>
#include <string>

#include "common/result.hpp"
#include "daemon/net/stream.hpp"
#include "tests/simulator/front/network.hpp"

namespace vmha::sim {

// $XDG_RUNTIME_DIR/esxsim.sock, else /tmp/esxsim-<uid>.sock.
std::string default_control_path();

// Carries one command out; never throws. The answer has no line end.
std::string run_command(Network& network, const std::string& line);

// Sends one command and prints the answer. 0: ok, 1: error or nobody there.
int send_command(const std::string& path, const std::string& command);

// Owned by the program; the network must outlive it.
class Control {
public:
    static Result<std::unique_ptr<Control>> open(const boost::asio::any_io_executor& executor,
                                                 Network& network, const std::string& path);
    ~Control();
    void close();

private:
    struct Impl;
    explicit Control(std::shared_ptr<Impl> impl);
    std::shared_ptr<Impl> impl_;
};

}  // namespace vmha::sim
