// What proves a STUN message, and what tells it from others: MESSAGE-INTEGRITY and FINGERPRINT
// (RFC 8489, sections 14.5 and 14.7). Inside of daemon/probe. Pure; any thread.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "daemon/base/secret.h"

namespace commd::probe {

inline constexpr size_t proof_bytes = 20;

// HMAC-SHA1.
std::string proof_of(std::string_view message, const base::Secret& key);
// In a time that does not tell where they differ.
bool same_bytes(std::string_view a, std::string_view b);
// CRC-32 of the message so far, masked.
uint32_t fingerprint_of(std::string_view message);

}  // namespace commd::probe
