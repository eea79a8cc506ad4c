// A second process for one test. It ends by _exit, so that nothing of the test's own is run twice.
#pragma once
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <functional>

namespace vmha::test {

class Child {
public:
    explicit Child(const std::function<int()>& body) : pid_(::fork()) {
        if (pid_ == 0) {
            ::alarm(20);
            ::_exit(body());
        }
    }
    Child(const Child&) = delete;
    Child& operator=(const Child&) = delete;
    ~Child() {
        if (pid_ > 0) kill();
    }

    pid_t pid() const { return pid_; }
    // The exit code, or 128 and the signal's number.
    int wait() {
        int status = 0;
        ::waitpid(pid_, &status, 0);
        pid_ = -1;
        return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
    }
    int kill() {
        ::kill(pid_, SIGKILL);
        return wait();
    }

private:
    pid_t pid_;
};

// One process waits until another says go.
class Gate {
public:
    Gate() { ok_ = ::pipe(ends_) == 0; }
    Gate(const Gate&) = delete;
    Gate& operator=(const Gate&) = delete;
    ~Gate() {
        ::close(ends_[0]);
        ::close(ends_[1]);
    }
    bool open() { return ok_ && ::write(ends_[1], "!", 1) == 1; }
    bool pass() {
        char c;
        return ok_ && ::read(ends_[0], &c, 1) == 1;
    }

private:
    int ends_[2]{-1, -1};
    bool ok_ = false;
};

inline constexpr uid_t nobody = 65534;

}  // namespace vmha::test
