// Certificates as text: thumbprints, and making a self-signed one.
#pragma once
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/result.hpp"

struct x509_st;

namespace vmha::net {

// SHA-256 over the DER form, "AA:BB:…": what `openssl x509 -fingerprint -sha256` prints.
std::string thumbprint_of(const x509_st* certificate);
std::string thumbprint_of_der(std::string_view der);
Result<std::string> thumbprint_of_pem(std::string_view pem);  // of the first certificate in it

// The same form from what people paste: any case, colons or none. nullopt when it is not 32 bytes of hex.
std::optional<std::string> normal_thumbprint(std::string_view text);

// PEM texts of a certificate (or a chain, leaf first) and its private key.
struct TlsIdentity {
    std::string certificate_pem;
    std::string key_pem;
};

// Each name is a DNS name or an IP literal; the first is the common name, all are subject alternative names.
struct SelfSigned {
    std::vector<std::string> names;
    int rsa_bits = 2048;
    int valid_days = 3650;
};
Result<TlsIdentity> make_self_signed(const SelfSigned& wish);

}  // namespace vmha::net
