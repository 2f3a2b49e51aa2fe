// The messages of ZRTP that hold something (RFC 6189, sections 5.2 to 5.7), read and
// written. What is read is a message that read_packet() has measured; the readers say
// whether it is one of its kind, not whether it is true. Pure; any thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "media/zrtp/algorithms.h"
#include "media/zrtp/octets.h"
#include "media/zrtp/packet.h"

namespace commd::zrtp {

using SecretId = Octets<8>;  // tells which secret an end remembers, not the secret

struct Hello {
  std::string version;  // "1.10"
  std::string client;   // who wrote the program, as it says; hostile
  HashImage h3{};
  Zid zid{};
  bool passive = false;  // never sends a Commit
  Offered offered;       // with what goes without saying
};
// Empty where the lists are not as long as they say, or longer than seven.
std::optional<Hello> read_hello(View message);
// Without its MAC, which goes over all before it.
Bytes write_hello(const Hello& hello);

// Of a Diffie-Hellman mode: the others need secrets that nobody here asks for.
struct Commit {
  HashImage h2{};
  Zid zid{};
  Choice choice;
  HashImage hvi{};
};
std::optional<Commit> read_commit(View message);
Bytes write_commit(const Commit& commit);

struct DhPart {
  HashImage h1{};
  SecretId rs1{};
  SecretId rs2{};
  SecretId aux{};
  SecretId pbx{};
  Bytes public_value;
};
// Empty unless the value has the size that this agreement's have.
std::optional<DhPart> read_dh_part(View message, KeyAgreement agreement);
Bytes write_dh_part(MessageType type, const DhPart& part);

// What is encrypted in a Confirm.
struct Confirm {
  HashImage h0{};
  bool verified = false;         // its sender remembers that a person has compared the words
  bool discloses = false;        // its sender gives the keys to others (section 11)
  uint32_t keep_s = 0xFFFFFFFF;  // how long the new secret may be kept; the largest: for ever
};
// Empty where a signature is not as long as it says. Signatures are not looked at.
std::optional<Confirm> read_confirm(View plain);
SecretBytes write_confirm(const Confirm& confirm);

// The last eight octets of a Hello, Commit or DHPart, and what they go over.
View mac_of(View message);
View under_mac(View message);

}  // namespace commd::zrtp
