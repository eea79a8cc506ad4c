#include "tests/shell/sshd_fixture.hpp"

#include <fcntl.h>
#include <pwd.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <boost/asio/ip/tcp.hpp>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <stdexcept>

namespace vmha::test {

namespace fs = std::filesystem;

namespace {

// "sshd -T" of an ESXi 8.0.2, in so far as OpenSSH of Debian knows the words.
constexpr const char* as_on_esxi = R"(
PasswordAuthentication no
KbdInteractiveAuthentication no
PermitRootLogin yes
UsePAM no
StrictModes no
ClientAliveInterval 200
ClientAliveCountMax 3
MaxStartups 10:30:100
AllowTcpForwarding no
AllowStreamLocalForwarding no
Compression no
RekeyLimit 1G 1H
PrintMotd no
LogLevel VERBOSE
HostKeyAlgorithms ecdsa-sha2-nistp256,ecdsa-sha2-nistp384,ecdsa-sha2-nistp521,rsa-sha2-256,rsa-sha2-512
PubkeyAcceptedAlgorithms ecdsa-sha2-nistp256,ecdsa-sha2-nistp384,ecdsa-sha2-nistp521,rsa-sha2-256,rsa-sha2-512
KexAlgorithms ecdh-sha2-nistp256,ecdh-sha2-nistp384,ecdh-sha2-nistp521,diffie-hellman-group14-sha256
Ciphers aes256-gcm@openssh.com,aes128-gcm@openssh.com,aes256-ctr,aes192-ctr,aes128-ctr
MACs hmac-sha2-256,hmac-sha2-512
)";

void write_file(const std::string& file, const std::string& text, mode_t mode = 0600) {
    std::ofstream(file, std::ios::trunc) << text;
    ::chmod(file.c_str(), mode);
}

net::TcpEndpoint free_endpoint(const std::string& address) {
    boost::asio::io_context io;
    boost::asio::ip::tcp::acceptor probe(io, net::tcp_endpoint(address, 0).value());
    return probe.local_endpoint();
}

void add_descendants(pid_t of, std::vector<pid_t>& to) {
    std::ifstream children("/proc/" + std::to_string(of) + "/task/" + std::to_string(of) + "/children");
    for (pid_t child = 0; children >> child;) {
        to.push_back(child);
        add_descendants(child, to);
    }
}

}  // namespace

std::string contents_of(const std::string& file) {
    std::ostringstream text;
    text << std::ifstream(file).rdbuf();
    return text.str();
}

SshServer::SshServer(boost::asio::io_context& io, Settings settings)
    : io_(io), settings_(std::move(settings)), log_pipe_(io) {
    auto pattern = (fs::temp_directory_path() / "vmha-sshd-XXXXXX").string();
    if (::mkdtemp(pattern.data()) == nullptr) throw std::runtime_error("no temporary directory");
    directory_ = pattern;
    std::error_code ignored;
    fs::create_directories("/run/sshd",
                           ignored);  // root's sshd wants its directory for the separated privileges
    endpoint_ = free_endpoint(settings_.address);
    make_key("login", settings_.login_key_type);
    write_file(directory_ + "/authorized_keys", contents_of(directory_ + "/login.pub"));
    take_new_host_key();
    write_known_hosts(known_line());
    write_config();
    start();
}

SshServer::~SshServer() {
    end();
    std::error_code ignored;
    fs::remove_all(directory_, ignored);
}

std::string SshServer::user() const {
    return ::getpwuid(::geteuid())->pw_name;
}

std::string SshServer::make_key(const std::string& name, const std::string& type) const {
    const auto file = directory_ + "/" + name;
    fs::remove(file);
    const auto command = "ssh-keygen -q -N '' -t " + type + " -f '" + file + "' </dev/null";
    if (std::system(command.c_str()) != 0) throw std::runtime_error("ssh-keygen failed");
    return file;
}

std::string SshServer::stranger(const std::string& type) {
    return make_key("stranger", type);
}

void SshServer::take_new_host_key() {
    make_key("host", settings_.host_key_type);
}

std::string SshServer::known_line() const {
    const auto name = "[" + endpoint_.address().to_string() + "]:" + std::to_string(endpoint_.port());
    return name + " " + contents_of(directory_ + "/host.pub");
}

void SshServer::write_known_hosts(const std::string& text) const {
    write_file(known_hosts(), text);
}

std::string SshServer::host_fingerprint() const {
    const auto told = directory_ + "/fingerprint";
    const auto command = "ssh-keygen -l -f '" + directory_ + "/host.pub' > '" + told + "'";
    if (std::system(command.c_str()) != 0) throw std::runtime_error("ssh-keygen failed");
    std::istringstream words(contents_of(told));
    std::string bits, fingerprint;
    words >> bits >> fingerprint;
    return fingerprint;
}

void SshServer::write_config() const {
    std::string text;
    for (const auto& line : settings_.lines) text += line + "\n";
    text += "ListenAddress " + endpoint_.address().to_string() + "\nPort " +
            std::to_string(endpoint_.port()) + "\nHostKey " + directory_ + "/host\nAuthorizedKeysFile " +
            directory_ + "/authorized_keys\nPidFile none\nSetEnv HOME=" + directory_ +
            "\n";  // bash under sshd reads .bashrc
    write_file(directory_ + "/sshd_config", text + as_on_esxi);
}

void SshServer::start() {
    int ends[2];
    if (::pipe2(ends, O_CLOEXEC) != 0) throw std::runtime_error("no pipe");
    const std::string config = directory_ + "/sshd_config";
    listener_ = ::fork();
    if (listener_ == 0) {
        ::prctl(PR_SET_PDEATHSIG, SIGTERM);  // it ends with a test that is killed
        const int nowhere = ::open("/dev/null", O_RDWR);
        ::dup2(nowhere, STDIN_FILENO);
        ::dup2(nowhere, STDOUT_FILENO);
        ::dup2(ends[1], STDERR_FILENO);
        ::execl("/usr/sbin/sshd", "/usr/sbin/sshd", "-D", "-e", "-f", config.c_str(), nullptr);
        ::_exit(127);
    }
    ::close(ends[1]);
    const size_t before = log_.size();
    while (log_.find("Server listening", before) == std::string::npos) {
        const auto got = ::read(ends[0], piece_.data(), piece_.size());
        if (got <= 0) throw std::runtime_error("sshd does not start: " + log_);
        log_.append(piece_.data(), static_cast<size_t>(got));
    }
    boost::system::error_code ignored;
    log_pipe_.close(ignored);
    log_pipe_.assign(ends[0]);
    read_log();
}

void SshServer::read_log() {
    log_pipe_.async_read_some(boost::asio::buffer(piece_),
                              [this](boost::system::error_code error, size_t size) {
                                  if (error) return;
                                  log_.append(piece_.data(), size);
                                  read_log();
                              });
}

std::vector<pid_t> SshServer::descendants() const {
    auto all = left_;
    for (const pid_t pid : left_) add_descendants(pid, all);
    if (listener_ > 0) add_descendants(listener_, all);
    return all;
}

void SshServer::signal_connections(int number) const {
    for (const pid_t pid : descendants()) ::kill(pid, number);
}

void SshServer::end_listener() {
    if (listener_ < 0) return;
    left_ = descendants();
    ::kill(listener_, SIGKILL);
    ::waitpid(listener_, nullptr, 0);
    listener_ = -1;
}

void SshServer::end() {
    // All of them first: the connection's end leaves what runs in it to init.
    signal_connections(SIGKILL);
    end_listener();
    left_.clear();
    boost::system::error_code ignored;
    log_pipe_.close(ignored);
}

int SshServer::logged(const std::string& text) const {
    int count = 0;
    for (size_t at = log_.find(text); at != std::string::npos; at = log_.find(text, at + 1)) ++count;
    return count;
}

}  // namespace vmha::test
