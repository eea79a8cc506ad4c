#include "tests/simulator/front/ssh_files.hpp"

#include <unistd.h>

#include <array>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <utility>

#include "tests/simulator/front/children.hpp"

namespace fs = std::filesystem;

namespace vmha::sim {
namespace {

struct KeyKind {
    const char* file;
    const char* type;
    const char* bits;
};
constexpr std::array<KeyKind, 2> key_kinds{
    {{"ssh_host_ecdsa_key", "ecdsa", "256"}, {"ssh_host_rsa_key", "rsa", "3072"}}};

Error cannot_write(const std::string& path) {
    return {Errc::io, "cannot write " + path};
}

Result<void> write_file(const std::string& path, const std::string& text) {
    std::ofstream file(path, std::ios::trunc);
    if (!(file << text) || !file.flush()) return cannot_write(path);
    return {};
}

// What an ESXi 8.0.2 says it has (sshd -T there); what belongs to PAM and to FIPS mode is left out.
constexpr const char* algorithms =
    "HostKeyAlgorithms "
    "ecdsa-sha2-nistp256,ecdsa-sha2-nistp384,ecdsa-sha2-nistp521,rsa-sha2-256,rsa-sha2-512\n"
    "PubkeyAcceptedAlgorithms "
    "ecdsa-sha2-nistp256,ecdsa-sha2-nistp384,ecdsa-sha2-nistp521,rsa-sha2-256,rsa-sha2-512\n"
    "KexAlgorithms ecdh-sha2-nistp256,ecdh-sha2-nistp384,ecdh-sha2-nistp521,diffie-hellman-group14-sha256,"
    "diffie-hellman-group16-sha512,diffie-hellman-group18-sha512\n"
    "Ciphers aes256-gcm@openssh.com,aes128-gcm@openssh.com,aes256-ctr,aes192-ctr,aes128-ctr\n"
    "MACs hmac-sha2-256,hmac-sha2-512\n"
    "PasswordAuthentication no\nKbdInteractiveAuthentication no\nPermitRootLogin yes\n"
    "ClientAliveInterval 200\nClientAliveCountMax 3\nAllowTcpForwarding no\nAllowStreamLocalForwarding no\n"
    "AllowAgentForwarding no\nX11Forwarding no\nCompression no\nRekeyLimit 1G 1H\n";

std::string sshd_config(const std::string& directory, const std::string& authorized_keys) {
    std::string text = algorithms;
    for (const auto& kind : key_kinds) text += "HostKey " + directory + "/" + kind.file + "\n";
    // The folder may lie below one that others may write, as every temporary one does.
    return text + "AuthorizedKeysFile " + authorized_keys +
           "\nStrictModes no\nUsePAM no\nPidFile none\nLogLevel VERBOSE\nPrintMotd no\nPermitUserRC no\n"
           "UseDNS no\nForceCommand " +
           directory + "/login\n";
}

// What a session begins with: the host's commands before the machine's own.
std::string login_script(const std::string& directory) {
    return "#!/bin/sh\nexport PATH='" + directory + "/bin':/usr/sbin:/usr/bin:/sbin:/bin ESXSIM_COMMANDS='" +
           directory + "/commands.sock' ESXSIM_ROOT='" + directory + "/root'\n" +
           "[ -n \"$SSH_ORIGINAL_COMMAND\" ] || exec /bin/sh\nexec /bin/sh -c \". '" + directory +
           "/profile'\n$SSH_ORIGINAL_COMMAND\"\n";
}

// What PATH cannot lead to the host: parts of the shell, and a whole path. An alias holds from the next line
// on.
constexpr const char* profile = R"SH(
test() { case "$*" in "-"*/vmfs/volumes*|"! -"*/vmfs/volumes*|"-"*/etc/vmware/*) esxsim-test "$@";;
    *) command test "$@";; esac; }
esxsim_bracket() { case "$*" in "-"[a-z]" "*/vmfs/volumes*|"! -"*/vmfs/volumes*|"-"[a-z]" "*/etc/vmware/*) esxsim-test "$@";;
    *) command [ "$@";; esac; }
cat() { case "$PWD $*" in
    */vmfs/volumes*|*/etc/vmware/*|*/var/run/vmware/*) command cat "$@";;
    *) /bin/cat "$@";;
esac; }
cd() { case "$1" in
    /vmfs/volumes*) esxsim-folder "$1" && command cd "$ESXSIM_ROOT$1";;
    *) command cd "$@";;
esac; }
pwd() { set -- "$(command pwd "$@")"; echo "${1#"$ESXSIM_ROOT"}"; }
alias [=esxsim_bracket /etc/init.d/SSH=esxsim-service
)SH";

Result<void> link_programs(const std::string& folder, const std::string& program) {
    std::error_code failed;
    fs::create_directories(folder, failed);
    for (const char* name : {"vim-cmd", "esxcli", "localcli", "vmkfstools", "cat", "ls", "esxsim-test",
                             "esxsim-service", "esxsim-folder"}) {
        const fs::path link = fs::path(folder) / name;
        fs::remove(link, failed);
        fs::create_symlink(program, link, failed);
        if (failed) return cannot_write(link);
    }
    return {};
}

}  // namespace

Result<SshFiles> SshFiles::make(const site::SshConfig& config, const std::string& program) {
    std::error_code failed;
    fs::create_directories(config.directory, failed);
    const std::string directory = fs::canonical(config.directory, failed);
    if (failed) return Error{Errc::io, "cannot make " + config.directory + ": " + failed.message()};
    // Where sshd runs as root it wants this folder; a system's own service makes it at boot.
    if (::geteuid() == 0) fs::create_directory("/run/sshd", failed);
    SshFiles files(directory);
    if (auto made = files.make_keys(); !made) return made.error();
    const std::string keys = fs::absolute(config.authorized_keys, failed);
    if (auto written = write_file(directory + "/sshd_config", sshd_config(directory, keys)); !written)
        return written.error();
    if (auto written = write_file(directory + "/login", login_script(directory)); !written)
        return written.error();
    if (auto written = write_file(directory + "/profile", profile); !written) return written.error();
    fs::permissions(directory + "/login", fs::perms(0755), failed);
    if (auto linked = link_programs(directory + "/bin", program); !linked) return linked.error();
    return files;
}

Result<void> SshFiles::make_keys() const {
    for (const auto& kind : key_kinds) {
        const std::string path = directory_ + "/" + kind.file;
        if (fs::exists(path) && fs::exists(path + ".pub")) continue;
        // Half a pair is what an esxsim left behind that was ended meanwhile; ssh-keygen would ask.
        std::error_code failed;
        fs::remove(path, failed);
        if (auto made = Children::run({"/usr/bin/ssh-keygen", "-q", "-t", kind.type, "-b", kind.bits, "-N",
                                       "", "-C", "esxsim", "-f", path});
            !made)
            return made;
    }
    return {};
}

Result<void> SshFiles::new_host_keys() {
    std::error_code failed;
    for (const auto& kind : key_kinds)
        for (const char* ending : {"", ".pub"}) fs::remove(directory_ + "/" + kind.file + ending, failed);
    return make_keys();
}

std::vector<std::string> SshFiles::sshd(unsigned connection, int sessions_max) const {
    return {"/usr/sbin/sshd", "-i", "-e", "-f", directory_ + "/sshd_config", "-o",
            "MaxSessions=" + std::to_string(sessions_max), "-o",
            // SHLVL: a login shell of bash does not read its .bashrc then, which is no business of a host.
            "SetEnv=SHLVL=5 ESXSIM_CONNECTION=" + std::to_string(connection)};
}

Result<void> SshFiles::write_known_hosts(const std::string& file, const std::string& address,
                                         const std::vector<uint16_t>& ports) const {
    std::string text;
    for (const auto& kind : key_kinds) {
        std::ifstream key(directory_ + "/" + kind.file + ".pub");
        std::string type, blob;
        if (!(key >> type >> blob))
            return Error{Errc::io, "cannot read " + directory_ + "/" + kind.file + ".pub"};
        for (const uint16_t port : ports)
            text += (port == 22 ? address : "[" + address + "]:" + std::to_string(port)) + " " + type + " " +
                    blob + "\n";
    }
    return write_file(directory_ + "/" + file, text);
}

}  // namespace vmha::sim
