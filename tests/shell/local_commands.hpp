// A host that is this machine: scripts run in a real /bin/sh, with programs that play texts instead of
// vim-cmd and its like. What they were asked stands in a log. Paths of a host (/vmfs, /etc/vmware) lie in a
// folder of the test.
#pragma once
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <boost/asio/posix/stream_descriptor.hpp>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "daemon/shell/runner.hpp"

namespace vmha::test {

namespace fs = std::filesystem;

inline std::string text_of_file(const fs::path& path) {
    std::ostringstream text;
    text << std::ifstream(path, std::ios::binary).rdbuf();
    return text.str();
}

class LocalCommands : public shell::Runner {
public:
    explicit LocalCommands(boost::asio::any_io_executor executor) : executor_(std::move(executor)) {
        std::string folder = "/tmp/vmha-commands-XXXXXX";
        if (::mkdtemp(folder.data()) == nullptr) throw std::runtime_error("cannot make a folder");
        root_ = folder;
        for (const auto* part : {"bin", "out", "err", "status", "hold", "tmp", "vmfs/volumes"})
            fs::create_directories(root_ / part);
        write(root_ / "bin/play", program);
        fs::permissions(root_ / "bin/play", fs::perms::owner_all);
        for (const auto* name : {"vim-cmd", "esxcli", "localcli", "vmkfstools"})
            fs::create_symlink("play", root_ / "bin" / name);
        // What runs on in the background looks often whether it is still wanted: it ends with the folder.
        write(root_ / "bin/sleep", "#!/bin/sh\nexec /bin/sleep 0.02\n");
        fs::permissions(root_ / "bin/sleep", fs::perms::owner_all);
    }
    ~LocalCommands() override { fs::remove_all(root_); }

    // What the command prints from now on.
    void says(const std::string& command, const std::string& out, int status = 0,
              const std::string& err = "") {
        write(root_ / "out" / key(command), there(out));
        write(root_ / "err" / key(command), err);
        write(root_ / "status" / key(command), std::to_string(status));
    }
    void unknown(const std::string& command) { fs::remove(root_ / "out" / key(command)); }
    // The command does not end before release().
    void hold(const std::string& command) { ::mkfifo((root_ / "hold" / key(command)).c_str(), 0600); }
    void release(const std::string& command) {
        const auto path = root_ / "hold" / key(command);
        const int fifo = ::open(path.c_str(), O_RDWR | O_NONBLOCK);
        fs::remove(path);
        [[maybe_unused]] const auto written = ::write(fifo, "\n", 1);
        ::close(fifo);
    }
    void file(const std::string& path, const std::string& text = "") {
        const fs::path at = root_ / path.substr(1);
        fs::create_directories(at.parent_path());
        write(at, text);
    }
    fs::path root() const { return root_; }

    // The commands so far whose line begins like that.
    int asked(const std::string& begin) const {
        std::istringstream log(text_of_file(root_ / "log"));
        int count = 0;
        for (std::string line; std::getline(log, line);) count += line.starts_with(begin);
        return count;
    }

    int runs = 0;           // scripts
    bool connected = true;  // else nothing is sent
    std::string lost_with;  // a script that holds this is sent, and its answer is lost
    std::string cut_at;     // the output ends there

    net::Task<shell::Ran> run(const shell::Command& command, net::Deadline deadline) override {
        shell::Ran ran;
        ran.error = {Errc::closed, "there is no connection"};
        if (!connected) co_return ran;
        ++runs;
        Child child(*this, command.script);
        ran.sent = true;
        const auto ended = std::make_shared<Ended>(executor_);
        boost::asio::posix::stream_descriptor process(executor_, child.process);
        const auto release = std::shared_ptr<void>(nullptr, [&process](void*) { process.release(); });
        process.async_wait(boost::asio::posix::stream_descriptor::wait_read,
                           [ended](const boost::system::error_code& error) {
                               ended->so = !error;
                               ended->bell.ring();
                           });
        // A bell has one waiter: this runner looks at the other one now and then, a real one waits for it.
        while (!ended->so && net::BootClock::now() < deadline) {
            co_await ended->bell.wait(std::min(deadline, net::deadline_in(std::chrono::milliseconds(5))));
            if (command.give_up && co_await command.give_up->wait(net::BootClock::now())) {
                ran.error = {Errc::closed, "given up"};
                co_return ran;
            }
        }
        if (!ended->so) {
            ran.error = {Errc::timeout, "no answer in time"};
            co_return ran;
        }
        const int status = child.wait();
        if (!lost_with.empty() && command.script.find(lost_with) != std::string::npos) {
            ran.error = {Errc::closed, "the connection is lost"};
            co_return ran;
        }
        ran.output.emplace();
        ran.output->status = WEXITSTATUS(status);
        ran.output->out = back(text_of_file(child.out));
        ran.output->err = back(text_of_file(child.err));
        if (!cut_at.empty()) ran.output->out = ran.output->out.substr(0, ran.output->out.find(cut_at));
        co_return ran;
    }

private:
    static constexpr const char* program =
        "#!/bin/sh\n"
        "k=$(echo \"${0##*/} $*\" | tr ' /' '__')\n"
        "echo \"${0##*/} $*\" >>\"$FAKE/log\"\n"
        "[ -p \"$FAKE/hold/$k\" ] && read x <\"$FAKE/hold/$k\"\n"
        "[ -e \"$FAKE/out/$k\" ] || { echo \"unknown: $*\" >&2; exit 127; }\n"
        "cat \"$FAKE/err/$k\" >&2\n"
        "cat \"$FAKE/out/$k\"\n"
        "exit $(cat \"$FAKE/status/$k\")\n";

    struct Ended {
        explicit Ended(const boost::asio::any_io_executor& on) : bell(on) {}
        bool so = false;
        net::Wakeup bell;
    };

    struct Child {
        Child(LocalCommands& of, std::string script) {
            script = of.there(std::move(script));
            for (size_t at = 0; (at = script.find("/tmp/vmha-", at)) != std::string::npos;) {
                const bool of_the_test = script.compare(at, 19, "/tmp/vmha-commands-") == 0;
                if (!of_the_test) script.replace(at, 4, of.root_.string() + "/tmp");
                at += of_the_test ? 19 : of.root_.string().size() + 10;
            }
            out = of.root_ / ("out." + std::to_string(++of.files_));
            err = of.root_ / ("err." + std::to_string(of.files_));
            posix_spawn_file_actions_t files;
            posix_spawn_file_actions_init(&files);
            posix_spawn_file_actions_addopen(&files, 0, "/dev/null", O_RDONLY, 0);
            posix_spawn_file_actions_addopen(&files, 1, out.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0600);
            posix_spawn_file_actions_addopen(&files, 2, err.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0600);
            posix_spawnattr_t attributes;
            posix_spawnattr_init(&attributes);
            posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETPGROUP);
            std::string path = "PATH=" + (of.root_ / "bin").string() + ":/usr/bin:/bin";
            std::string fake = "FAKE=" + of.root_.string();
            char shell[] = "/bin/sh", flag[] = "-c";
            char* arguments[] = {shell, flag, script.data(), nullptr};
            char* environment[] = {path.data(), fake.data(), nullptr};
            const int failed = posix_spawn(&pid, shell, &files, &attributes, arguments, environment);
            posix_spawn_file_actions_destroy(&files);
            posix_spawnattr_destroy(&attributes);
            if (failed != 0) throw std::runtime_error("cannot run /bin/sh");
            process = static_cast<int>(::syscall(SYS_pidfd_open, pid, 0));
        }
        ~Child() {
            if (pid > 0) {
                ::kill(-pid, SIGKILL);
                wait();
            }
            ::close(process);
        }
        int wait() {
            int status = 0;
            ::waitpid(std::exchange(pid, -1), &status, 0);
            return status;
        }
        Child(const Child&) = delete;
        Child& operator=(const Child&) = delete;
        pid_t pid = -1;
        int process = -1;
        fs::path out, err;
    };

    // A host's paths as they are here, and the other way round.
    std::string there(std::string text) const {
        for (const std::string path : {"/vmfs/", "/etc/vmware/", "/var/run/vmware/"})
            for (size_t at = 0; (at = text.find(path, at)) != std::string::npos;
                 at += root_.string().size() + path.size())
                text.insert(at, root_.string());
        return text;
    }
    std::string back(std::string text) const {
        const std::string root = root_.string() + "/";
        for (size_t at = 0; (at = text.find(root, at)) != std::string::npos;) text.erase(at, root.size() - 1);
        return text;
    }
    std::string key(std::string command) const {
        command = there(std::move(command));
        for (char& c : command)
            if (c == ' ' || c == '/') c = '_';
        return command;
    }
    static void write(const fs::path& path, const std::string& text) {
        std::ofstream(path, std::ios::binary) << text;
    }

    boost::asio::any_io_executor executor_;
    fs::path root_;
    int files_ = 0;
};

}  // namespace vmha::test
