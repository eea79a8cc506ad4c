// The processes that the simulated hosts start: an sshd for every connection, and what runs in it.
#pragma once
#include <sys/types.h>
#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/signal_set.hpp>
#include <string>
#include <vector>

#include "common/result.hpp"

namespace vmha::sim {

// Owned by the network; one in a process. Adopts orphans (PR_SET_CHILD_SUBREAPER), since a session's commands
// outlive the sshd that started them, and ends all of them with itself.
class Children {
public:
    explicit Children(const boost::asio::any_io_executor& executor);
    ~Children();
    Children(const Children&) = delete;
    Children& operator=(const Children&) = delete;

    // argv[0] is a path. The descriptors become its standard ones; it gets no others.
    Result<void> start(const std::vector<std::string>& argv, int in_out, int errors);
    // Ends all that descends from this process and has that word in its environment.
    static void end_those_with(const std::string& variable);
    // Waits for it. Errc::io unless it ends with 0.
    static Result<void> run(const std::vector<std::string>& argv);

private:
    void reap();

    boost::asio::signal_set ended_;
};

}  // namespace vmha::sim
