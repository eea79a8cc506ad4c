// What vim-cmd, esxcli, localcli, vmkfstools, cat, ls … are in a session on a simulated host: hands its words
// to esxsim over the Unix socket that ESXSIM_COMMANDS names, prints what comes back, ends with the status
// that comes. The protocol is described in front/ssh_command.hpp.
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <map>
#include <set>
#include <sstream>
#include <string>
#include <vector>

namespace fs = std::filesystem;

namespace {

constexpr int lost = 255;

std::string root() {
    const char* from = std::getenv("ESXSIM_ROOT");
    return from ? from : "";
}

// In a folder of the volume a name is a path on the host.
void make_absolute(std::vector<std::string>& words) {
    std::error_code failed;
    const std::string here = fs::current_path(failed);
    const std::string volumes = root() + "/vmfs/volumes/";
    if (failed || here.compare(0, volumes.size(), volumes) != 0) return;
    for (size_t at = 1; at < words.size(); ++at)
        if (words[at][0] != '-' && words[at][0] != '/')
            words[at] = here.substr(root().size()) + "/" + words[at];
}

// A folder of the volume as one of this machine, so that a shell can go there and expand its patterns: the
// files are empty. The answer: its path by the volume's uuid, then a name a line; a folder's ends with a
// slash.
int mirror_folder(const std::string& asked, const std::string& answer) {
    std::istringstream lines(answer);
    std::string path, name;
    std::getline(lines, path);
    std::error_code failed;
    const fs::path folder = root() + path;
    fs::create_directories(folder, failed);
    std::set<std::string> wanted;
    while (std::getline(lines, name)) {
        const bool is_folder = name.back() == '/';
        if (is_folder) name.pop_back();
        wanted.insert(name);
        if (is_folder)
            fs::create_directory(folder / name, failed);
        else
            std::ofstream(folder / name, std::ios::app);
    }
    for (const auto& entry : fs::directory_iterator(folder, failed))
        if (wanted.count(entry.path().filename()) == 0) fs::remove_all(entry.path(), failed);
    // /vmfs/volumes/LABEL is a link to the volume's uuid.
    const fs::path volumes = root() + "/vmfs/volumes";
    const auto volume_of = [](const std::string& text) {
        const std::string rest = text.substr(std::strlen("/vmfs/volumes/"));
        return rest.substr(0, rest.find('/'));
    };
    if (volume_of(asked) != volume_of(path))
        fs::create_symlink(volume_of(path), volumes / volume_of(asked), failed);
    return 0;
}

// cat and ls of what only the host has go to it, all others to the machine's own.
bool is_own(const std::vector<std::string>& words) {
    for (size_t at = 1; at < words.size(); ++at)
        for (const std::string prefix : {"/vmfs/volumes", "/etc/vmware/", "/var/run/vmware/"})
            if (words[at].compare(0, prefix.size(), prefix) == 0) return true;
    return false;
}

bool write_all(int to, const char* data, size_t size) {
    while (size > 0) {
        const ssize_t written = ::write(to, data, size);
        if (written < 0 && errno == EINTR) continue;
        if (written <= 0) return false;
        data += written;
        size -= static_cast<size_t>(written);
    }
    return true;
}

bool read_all(int from, char* data, size_t size) {
    while (size > 0) {
        const ssize_t got = ::read(from, data, size);
        if (got < 0 && errno == EINTR) continue;
        if (got <= 0) return false;
        data += got;
        size -= static_cast<size_t>(got);
    }
    return true;
}

int connect_to(const char* path) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    if (!path || std::strlen(path) >= sizeof address.sun_path) return -1;
    std::strcpy(address.sun_path, path);
    const int socket = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (socket < 0 || ::connect(socket, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0)
        return -1;
    return socket;
}

// The exit status; what is for standard output goes to `kept` where there is one.
int converse(int socket, const std::vector<std::string>& words, std::string* kept = nullptr) {
    const char* connection = std::getenv("ESXSIM_CONNECTION");
    std::string request = std::to_string(words.size()) + '\0';
    for (const auto& word : words) request += word + '\0';
    request += std::string(connection ? connection : "0") + '\0';
    if (!write_all(socket, request.data(), request.size())) return lost;
    std::string text;
    for (char head[10] = {}; read_all(socket, head, 9);) {
        text.resize(std::strtoul(head + 1, nullptr, 16));
        if (!read_all(socket, text.data(), text.size())) return lost;
        if (head[0] == 'x') return std::atoi(text.c_str());
        if (kept && head[0] == 'o') {
            *kept += text;
            continue;
        }
        // Whoever listened has gone: so does a real command.
        if (!write_all(head[0] == 'e' ? STDERR_FILENO : STDOUT_FILENO, text.data(), text.size())) return lost;
    }
    return lost;
}

}  // namespace

int main(int argc, char** argv) {
    static const std::map<std::string, std::string> other_names{
        {"esxsim-test", "test"}, {"esxsim-service", "SSH"}, {"esxsim-folder", "folder"}};
    std::vector<std::string> words(argv, argv + argc);
    if (words.empty()) return lost;
    std::string& name = words[0];
    name = name.substr(name.rfind('/') + 1);
    if (name == "vmkfstools" || name == "cat") make_absolute(words);
    if ((name == "cat" || name == "ls") && !is_own(words)) {
        ::execv(("/bin/" + name).c_str(), argv);
        return lost;
    }
    if (const auto found = other_names.find(name); found != other_names.end()) name = found->second;
    if (name == "test" && words.back() == "]") words.pop_back();
    const int socket = connect_to(std::getenv("ESXSIM_COMMANDS"));
    if (socket < 0) return std::fprintf(stderr, "%s: the host is down\n", name.c_str()), lost;
    if (name != "folder" || words.size() < 2) return converse(socket, words);
    std::string answer;
    const int status = converse(socket, words, &answer);
    return status == 0 ? mirror_folder(words[1], answer) : status;
}
