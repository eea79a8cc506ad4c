#include "daemon/shell/identity.hpp"

#include <fcntl.h>
#include <openssl/crypto.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>

namespace vmha::shell {

namespace {

constexpr size_t bytes_most = 64 << 10;

Error unusable(const std::string& file, const std::string& cause) {
    return {Errc::invalid_input, "cannot use the key " + file + ": " + cause};
}

struct Descriptor {
    int number;
    ~Descriptor() {
        if (number >= 0) ::close(number);
    }
};

// systemd.exec(5): a credential is readable by the unit's user alone; where an access control list says so,
// the group's bits show what the list allows at most (acl(5)).
bool is_credential(const std::string& file, const struct stat& status) {
    namespace fs = std::filesystem;
    const char* directory = std::getenv("CREDENTIALS_DIRECTORY");
    if (directory == nullptr || *directory == '\0') return false;
    return fs::path(file).lexically_normal().parent_path() ==
               (fs::path(directory) / "").lexically_normal().parent_path() &&
           (status.st_mode & 007) == 0;
}

Result<std::string> read_private(const std::string& file) {
    // O_NONBLOCK: opening a FIFO without a writer would wait for ever.
    const Descriptor opened{::open(file.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY)};
    if (opened.number < 0) return unusable(file, std::strerror(errno));
    struct stat status {};
    if (::fstat(opened.number, &status) != 0) return unusable(file, std::strerror(errno));
    if (!S_ISREG(status.st_mode)) return unusable(file, "it is not a regular file");
    if ((status.st_mode & 077) != 0 && !is_credential(file, status))
        return unusable(file, "others than its owner may read or change it, chmod 600 helps");
    std::string text(bytes_most + 1, '\0');
    size_t size = 0;
    for (;;) {
        const auto got = ::read(opened.number, text.data() + size, text.size() - size);
        if (got < 0 && errno == EINTR) continue;
        if (got < 0) return unusable(file, std::strerror(errno));
        if (got == 0) break;
        size += static_cast<size_t>(got);
        if (size > bytes_most) return unusable(file, "it is larger than 64 KiB");
    }
    text.resize(size);
    return text;
}

}  // namespace

Result<Identity> read_identity(const std::string& file) {
    auto text = read_private(file);
    if (!text) return text.error();
    ssh_key key = nullptr;
    // An empty passphrase: without one, OpenSSL asks for it on the terminal.
    const int imported = ssh_pki_import_privkey_base64(text->c_str(), "", nullptr, nullptr, &key);
    OPENSSL_cleanse(text->data(), text->size());
    if (imported != SSH_OK) return unusable(file, "it holds no private key, or one with a passphrase");
    Identity identity;
    identity.key.reset(key);
    identity.fingerprint = fingerprint_of(key);
    identity.is_ed25519 = ssh_key_type(key) == SSH_KEYTYPE_ED25519;
    return identity;
}

}  // namespace vmha::shell
