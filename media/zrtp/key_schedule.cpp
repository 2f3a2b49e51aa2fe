#include "media/zrtp/key_schedule.h"

#include <array>

#include "daemon/base/random.h"

namespace commd::zrtp {
namespace {

constexpr size_t srtp_salt_size = 14;
constexpr size_t mac_key_size = 32;

const char* name_of(Role role) { return role == Role::initiator ? "Initiator" : "Responder"; }

std::string label_of(Role role, const char* what) { return std::string(name_of(role)) + what; }

SecretId id_or_noise(const std::optional<RetainedSecret>& secret, Role role) {
  if (secret) return secret_id(*secret, role);
  SecretId noise{};
  base::random_bytes(noise);
  return noise;
}

const RetainedSecret* if_there(const std::optional<RetainedSecret>& secret) {
  return secret ? &*secret : nullptr;
}

}  // namespace

KeySchedule::KeySchedule(View dh_result, const Transcript& transcript,
                         const RetainedSecret* shared) {
  const Digest total =
      sha256({transcript.responder_hello, transcript.commit, transcript.part1, transcript.part2});
  append(context_, transcript.initiator);
  append(context_, transcript.responder);
  append(context_, total);
  const Octets<4> counter{0, 0, 0, 1};
  const Octets<4> nothing{};
  const Octets<4> secret_length{0, 0, 0, 32};
  const View secret = shared != nullptr ? shared->reveal() : View();
  // No auxiliary and no PBX secret.
  Digest s0 = sha256({counter, dh_result, view_of("ZRTP-HMAC-KDF"), context_,
                      shared != nullptr ? secret_length : nothing, secret, nothing, nothing});
  s0_ = SecretOctets<32>(s0);
  base::wipe_memory(s0.data(), s0.size());
}

SecretBytes KeySchedule::make(std::string_view label, size_t octets) const {
  return derive(s0_.reveal(), label, context_, octets);
}

SecretBytes KeySchedule::mac_key(Role sender) const {
  return make(label_of(sender, " HMAC key"), mac_key_size);
}

SecretBytes KeySchedule::confirm_key(Role sender, Cipher cipher) const {
  return make(label_of(sender, " ZRTP key"), key_size(cipher));
}

srtp::SrtpKey KeySchedule::srtp_key(Role sender, const Choice& choice) const {
  SecretBytes both = make(label_of(sender, " SRTP master key"), key_size(choice.cipher));
  both.append(make(label_of(sender, " SRTP master salt"), srtp_salt_size).reveal());
  return *srtp::SrtpKey::from_bytes(profile_of(choice.cipher, choice.tag), both.reveal());
}

std::string KeySchedule::sas() const { return sas_of(make("SAS", 32).reveal()); }

RetainedSecret KeySchedule::next_secret() const {
  return RetainedSecret(make("retained secret", 32).reveal());
}

std::string sas_of(View sas_hash) {
  static constexpr std::string_view alphabet = "ybndrfg8ejkmcpqxot1uwisza345h769";
  uint32_t bits = u32_at(sas_hash, 0);
  std::string sas;
  for (int i = 0; i < 4; ++i, bits <<= 5) sas += alphabet[bits >> 27];
  return sas;
}

SecretId secret_id(const RetainedSecret& secret, Role sender) {
  return short_mac(secret.reveal(), view_of(name_of(sender)));
}

void name_secrets(const Remembered& own, Role role, DhPart& part) {
  part.rs1 = id_or_noise(own.rs1, role);
  part.rs2 = id_or_noise(own.rs2, role);
  part.aux = id_or_noise({}, role);
  part.pbx = id_or_noise({}, role);
}

const RetainedSecret* common_secret(const Remembered& own, Role role, const DhPart& peer) {
  const std::array mine{if_there(own.rs1), if_there(own.rs2)};
  const std::array theirs{peer.rs1, peer.rs2};
  const auto has = [&](const RetainedSecret* secret, const SecretId& id) {
    return secret != nullptr && equal(secret_id(*secret, other(role)), id);
  };
  if (role == Role::initiator) {
    for (const RetainedSecret* secret : mine)
      for (const SecretId& id : theirs)
        if (has(secret, id)) return secret;
    return nullptr;
  }
  for (const SecretId& id : theirs)
    for (const RetainedSecret* secret : mine)
      if (has(secret, id)) return secret;
  return nullptr;
}

}  // namespace commd::zrtp
