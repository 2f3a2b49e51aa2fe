// From the result of a key agreement to all the keys (RFC 6189, sections 4.4.1.4 and 4.5),
// and the secrets that two ends keep from call to call (sections 4.3 and 4.6). Values; any thread.
#pragma once

#include <optional>
#include <string>

#include "media/srtp/srtp_key.h"
#include "media/zrtp/crypto.h"
#include "media/zrtp/messages.h"

namespace commd::zrtp {

using RetainedSecret = SecretOctets<32>;

enum class Role { initiator, responder };
inline Role other(Role role) { return role == Role::initiator ? Role::responder : Role::initiator; }

// What both ends have seen.
struct Transcript {
  View responder_hello;
  View commit;
  View part1;
  View part2;
  Zid initiator{};
  Zid responder{};
};

class KeySchedule {
 public:
  // `shared`: the retained secret that both ends have; null without.
  KeySchedule(View dh_result, const Transcript& transcript, const RetainedSecret* shared);

  SecretBytes mac_key(Role sender) const;
  SecretBytes confirm_key(Role sender, Cipher cipher) const;
  srtp::SrtpKey srtp_key(Role sender, const Choice& choice) const;
  // Four characters for people to compare.
  std::string sas() const;
  RetainedSecret next_secret() const;

 private:
  SecretBytes make(std::string_view label, size_t octets) const;

  SecretOctets<32> s0_;
  Bytes context_;
};

// Base 32 for people (section 5.1.6): the first 20 bits.
std::string sas_of(View sas_hash);

// What an end of that role says of a secret: that it has it.
SecretId secret_id(const RetainedSecret& secret, Role sender);

// What an end remembers of another one.
struct Remembered {
  std::optional<RetainedSecret> rs1;
  std::optional<RetainedSecret> rs2;
  bool verified = false;  // a person here has compared the words
};
// Ids of what is there, random ones of what is not.
void name_secrets(const Remembered& own, Role role, DhPart& part);
// The secret that both have: of several the one that the initiator likes best. `role` is our own.
const RetainedSecret* common_secret(const Remembered& own, Role role, const DhPart& peer);

}  // namespace commd::zrtp
