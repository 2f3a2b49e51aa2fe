// The few primitives of OpenSSL that SASL and XEP-0114 need. Pure; any thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "daemon/base/secret.h"

namespace commd::xmpp {

enum class Hash { sha1, sha256, sha512 };

// Bytes of a digest.
size_t size_of(Hash hash);

std::string digest(Hash hash, std::string_view data);
// Of a key that is secret, so the result is taken for one as well.
base::Secret hmac(Hash hash, std::string_view key, std::string_view data);
// RFC 8018 section 5.2, as long as the digest. Expensive: about 1 us an iteration.
base::Secret pbkdf2(Hash hash, std::string_view password, std::string_view salt,
                    uint32_t iterations);

// In a time that does not depend on where they differ.
bool same_bytes(std::string_view a, std::string_view b);

std::string to_hex(std::string_view bytes);  // lower case

std::string base64_encode(std::string_view bytes);
// Strict (RFC 4648 section 4): padded, no blanks, no bits left over.
std::optional<std::string> base64_decode(std::string_view text);

}  // namespace commd::xmpp
