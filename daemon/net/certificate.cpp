#include "daemon/net/certificate.hpp"

#include <arpa/inet.h>
#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/rsa.h>
#include <openssl/x509v3.h>

#include <array>
#include <charconv>
#include <memory>

namespace vmha::net {

namespace {

template <auto release>
struct Releaser {
    template <class T>
    void operator()(T* object) const {
        release(object);
    }
};
using BioPtr = std::unique_ptr<BIO, Releaser<BIO_free>>;
using X509Ptr = std::unique_ptr<X509, Releaser<X509_free>>;
using KeyPtr = std::unique_ptr<EVP_PKEY, Releaser<EVP_PKEY_free>>;
using KeyContextPtr = std::unique_ptr<EVP_PKEY_CTX, Releaser<EVP_PKEY_CTX_free>>;
using ExtensionPtr = std::unique_ptr<X509_EXTENSION, Releaser<X509_EXTENSION_free>>;

// OpenSSL 3 has one call for this; 1.1.1, which Red Hat 8 has, needs the steps.
KeyPtr new_rsa_key(int bits) {
    const KeyContextPtr context(EVP_PKEY_CTX_new_id(EVP_PKEY_RSA, nullptr));
    EVP_PKEY* key = nullptr;
    if (!context || EVP_PKEY_keygen_init(context.get()) <= 0 ||
        EVP_PKEY_CTX_set_rsa_keygen_bits(context.get(), bits) <= 0 ||
        EVP_PKEY_keygen(context.get(), &key) <= 0)
        return nullptr;
    return KeyPtr(key);
}

std::string hex_with_colons(const unsigned char* bytes, size_t count) {
    static constexpr char digits[] = "0123456789ABCDEF";
    std::string text;
    text.reserve(count * 3);
    for (size_t i = 0; i < count; ++i) {
        if (i != 0) text += ':';
        text += digits[bytes[i] >> 4];
        text += digits[bytes[i] & 15];
    }
    return text;
}

std::string text_of(BIO* memory) {
    char* data = nullptr;
    const long size = BIO_get_mem_data(memory, &data);
    return std::string(data, static_cast<size_t>(size));
}

bool is_address(const std::string& name) {
    std::array<unsigned char, sizeof(in6_addr)> ignored{};
    return ::inet_pton(AF_INET, name.c_str(), ignored.data()) == 1 ||
           ::inet_pton(AF_INET6, name.c_str(), ignored.data()) == 1;
}

bool add_extension(X509* certificate, int id, const std::string& value) {
    X509V3_CTX context;
    X509V3_set_ctx_nodb(&context);
    X509V3_set_ctx(&context, certificate, certificate, nullptr, nullptr, 0);
    const ExtensionPtr extension(X509V3_EXT_conf_nid(nullptr, &context, id, value.c_str()));
    return extension && X509_add_ext(certificate, extension.get(), -1) == 1;
}

bool fill(X509* certificate, EVP_PKEY* key, const SelfSigned& wish) {
    std::string alternatives;
    for (const auto& name : wish.names)
        alternatives +=
            (alternatives.empty() ? "" : ",") + std::string(is_address(name) ? "IP:" : "DNS:") + name;
    uint64_t serial = 0;
    if (RAND_bytes(reinterpret_cast<unsigned char*>(&serial), sizeof serial) != 1) return false;
    X509_NAME* subject = X509_get_subject_name(certificate);
    const auto& common_name = wish.names.front();
    return X509_set_version(certificate, 2) == 1 &&
           ASN1_INTEGER_set_uint64(X509_get_serialNumber(certificate), serial >> 1) == 1 &&
           X509_gmtime_adj(X509_getm_notBefore(certificate), -86400) != nullptr &&
           X509_time_adj_ex(X509_getm_notAfter(certificate), wish.valid_days, 0, nullptr) != nullptr &&
           X509_set_pubkey(certificate, key) == 1 &&
           X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_UTF8,
                                      reinterpret_cast<const unsigned char*>(common_name.data()),
                                      static_cast<int>(common_name.size()), -1, 0) == 1 &&
           X509_set_issuer_name(certificate, subject) == 1 &&
           add_extension(certificate, NID_basic_constraints, "critical,CA:TRUE") &&
           add_extension(certificate, NID_subject_alt_name, alternatives) &&
           X509_sign(certificate, key, EVP_sha256()) > 0;
}

}  // namespace

std::string thumbprint_of(const X509* certificate) {
    std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
    unsigned size = 0;
    if (X509_digest(certificate, EVP_sha256(), digest.data(), &size) != 1) return {};
    return hex_with_colons(digest.data(), size);
}

std::string thumbprint_of_der(std::string_view der) {
    std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
    unsigned size = 0;
    if (EVP_Digest(der.data(), der.size(), digest.data(), &size, EVP_sha256(), nullptr) != 1) return {};
    return hex_with_colons(digest.data(), size);
}

Result<std::string> thumbprint_of_pem(std::string_view pem) {
    const BioPtr memory(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
    const X509Ptr certificate(memory ? PEM_read_bio_X509(memory.get(), nullptr, nullptr, nullptr) : nullptr);
    if (!certificate) return Error{Errc::invalid_input, "cannot read certificate: no PEM certificate in it"};
    return thumbprint_of(certificate.get());
}

std::optional<std::string> normal_thumbprint(std::string_view text) {
    std::string digits(text);
    std::erase(digits, ':');
    std::array<unsigned char, 32> bytes{};
    if (digits.size() != 2 * bytes.size()) return std::nullopt;
    for (size_t i = 0; i < bytes.size(); ++i) {
        const char* pair = digits.data() + 2 * i;
        const auto [end, error] = std::from_chars(pair, pair + 2, bytes[i], 16);
        if (error != std::errc() || end != pair + 2) return std::nullopt;
    }
    return hex_with_colons(bytes.data(), bytes.size());
}

Result<TlsIdentity> make_self_signed(const SelfSigned& wish) {
    const Error failure{Errc::io, "cannot make a self-signed certificate: OpenSSL refused"};
    if (wish.names.empty()) return Error{Errc::invalid_input, "cannot make a certificate: no name given"};
    const KeyPtr key = new_rsa_key(wish.rsa_bits);
    const X509Ptr certificate(X509_new());
    if (!key || !certificate || !fill(certificate.get(), key.get(), wish)) return failure;
    const BioPtr certificate_text(BIO_new(BIO_s_mem()));
    const BioPtr key_text(BIO_new(BIO_s_mem()));
    if (PEM_write_bio_X509(certificate_text.get(), certificate.get()) != 1 ||
        PEM_write_bio_PrivateKey(key_text.get(), key.get(), nullptr, nullptr, 0, nullptr, nullptr) != 1)
        return failure;
    return TlsIdentity{text_of(certificate_text.get()), text_of(key_text.get())};
}

}  // namespace vmha::net
