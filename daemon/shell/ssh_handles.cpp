#include "daemon/shell/ssh_handles.hpp"

namespace vmha::shell {

namespace {

constexpr size_t cause_most = 200;

}  // namespace

std::string fingerprint_of(ssh_key key) {
    unsigned char* hash = nullptr;
    size_t size = 0;
    if (ssh_get_publickey_hash(key, SSH_PUBLICKEY_HASH_SHA256, &hash, &size) != SSH_OK) return {};
    char* text = ssh_get_fingerprint_hash(SSH_PUBLICKEY_HASH_SHA256, hash, size);
    std::string fingerprint;
    if (const char* type = ssh_key_type_to_char(ssh_key_type(key)); text != nullptr && type != nullptr)
        fingerprint = std::string(type) + " " + text;
    ssh_string_free_char(text);
    ssh_clean_pubkey_hash(&hash);
    return fingerprint;
}

std::string cause_of(ssh_session session) {
    const char* told = ssh_get_error(session);
    std::string cause;
    for (; told != nullptr && *told != '\0' && cause.size() < cause_most; ++told) {
        const auto byte = static_cast<unsigned char>(*told);
        cause += byte < 0x20 || byte > 0x7e ? '?' : *told;
    }
    return cause.empty() ? "libssh does not say why" : cause;
}

}  // namespace vmha::shell
