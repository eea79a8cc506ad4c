#include "client/import/files/keys.hpp"

#include <libssh/libssh.h>

#include <filesystem>
#include <memory>
#include <sstream>

#include "client/import/files/disk.hpp"

namespace vmha::migration {
namespace {

constexpr size_t key_bytes_max = 64 << 10;

struct KeyDeleter {
    void operator()(ssh_key key) const { ssh_key_free(key); }
};
using Key = std::unique_ptr<std::remove_pointer_t<ssh_key>, KeyDeleter>;

// libssh asks for a passphrase only where one is needed.
int note_question(const char*, char*, size_t, int, int, void* asked) {
    *static_cast<bool*>(asked) = true;
    return -1;
}

Error unusable(const std::string& file, const std::string& why) {
    return Error{Errc::invalid_input, "cannot use the key " + file + ": " + why};
}

}  // namespace

Result<Identity> read_identity(const std::string& file) {
    auto text = read_whole_file(file, key_bytes_max);
    if (text.has_error()) return text.error();
    bool asked = false;
    ssh_key raw = nullptr;
    const int read = ssh_pki_import_privkey_base64(text->c_str(), nullptr, note_question, &asked, &raw);
    const Key key(raw);
    if (asked)
        return unusable(file,
                        "it has a passphrase, and a service has nobody to ask for it; make one without, "
                        "ssh-keygen -t rsa -b 3072 -N '' -f FILE, add FILE.pub to "
                        "/etc/ssh/keys-root/authorized_keys of both hosts, and give it with --identity");
    if (read != SSH_OK) return unusable(file, "it is no private key that libssh can read");
    const ssh_keytypes_e type = ssh_key_type(key.get());
    switch (type) {
        case SSH_KEYTYPE_RSA: return Identity{file, "id_rsa", std::move(*text)};
        case SSH_KEYTYPE_ECDSA_P256:
        case SSH_KEYTYPE_ECDSA_P384:
        case SSH_KEYTYPE_ECDSA_P521: return Identity{file, "id_ecdsa", std::move(*text)};
        // A host in FIPS mode, which is the default, takes RSA and ECDSA only.
        default:
            return unusable(file, "it is of the type " + std::string(ssh_key_type_to_char(type)) +
                                      ", ESXi takes RSA and ECDSA keys only; give another with --identity");
    }
}

Result<std::string> default_identity(const std::string& directory, Remarks& remarks) {
    std::vector<std::string> there;
    for (const char* name : {"id_rsa", "id_ecdsa"}) {
        const std::string file = directory + "/" + name;
        std::error_code error;
        if (std::filesystem::exists(file, error)) there.push_back(file);
        if (error)
            return Error{Errc::io, "cannot look for " + file + ": " + error.message() +
                                       "; run this as root, or give "
                                       "the key with --identity FILE"};
    }
    if (there.empty())
        return Error{Errc::not_found,
                     "found no key: there is neither " + directory + "/id_rsa nor " + directory +
                         "/id_ecdsa; give the one that the scripts log in with by --identity FILE"};
    if (there.size() == 2)
        remarks.note("", 0,
                     "took the key " + there[0] + "; there is " + there[1] +
                         " too: if the hosts take only that one, "
                         "give it with --identity");
    return there.front();
}

std::vector<std::string> host_key_lines(const std::string& text, const std::string& address) {
    std::vector<std::string> lines;
    std::istringstream input(text);
    for (std::string line; std::getline(input, line);) {
        if (line.ends_with('\r')) line.pop_back();
        // libssh takes a pattern such as "172.*,!172.31.255.2" for a match of the address that it excludes.
        if (line.substr(0, line.find(' ')).find('!') != std::string::npos) continue;
        ssh_knownhosts_entry* entry = nullptr;
        const bool matches = ssh_known_hosts_parse_line(address.c_str(), line.c_str(), &entry) == SSH_OK;
        if (entry) ssh_knownhosts_entry_free(entry);
        if (matches) lines.push_back(line);
    }
    return lines;
}

}  // namespace vmha::migration
