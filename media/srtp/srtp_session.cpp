#include "media/srtp/srtp_session.h"

#include <srtp2/srtp.h>

#include <algorithm>
#include <array>
#include <utility>

namespace commd::srtp {

namespace {

constexpr size_t max_packet = 65'535;
constexpr size_t rtp_header = 12;   // RFC 3550, 5.1
constexpr size_t rtcp_header = 8;   // RFC 3550, 6.4
constexpr size_t rtp_ssrc_at = 8;   //
constexpr size_t rtcp_ssrc_at = 4;  //

// Enough of a packet to have an SSRC, of version 2, and within the buffer.
bool is_plausible(std::span<const uint8_t> buffer, size_t length, size_t header) {
  return length >= header && length <= buffer.size() && length <= max_packet && buffer[0] >> 6 == 2;
}

uint32_t read_u32(std::span<const uint8_t> buffer, size_t at) {
  return static_cast<uint32_t>(buffer[at]) << 24 | static_cast<uint32_t>(buffer[at + 1]) << 16 |
         static_cast<uint32_t>(buffer[at + 2]) << 8 | buffer[at + 3];
}

// Foreign codes: libsrtp has many, four of which mean something to a caller.
SrtpStatus status_of(srtp_err_status_t status) {
  if (status == srtp_err_status_ok) return SrtpStatus::ok;
  if (status == srtp_err_status_auth_fail) return SrtpStatus::auth_failed;
  if (status == srtp_err_status_replay_fail || status == srtp_err_status_replay_old) {
    return SrtpStatus::replayed;
  }
  if (status == srtp_err_status_key_expired) return SrtpStatus::key_expired;
  return SrtpStatus::bad;
}

void fill_policy(srtp_policy_t& policy, SrtpProfile profile) {
  switch (profile) {
    case SrtpProfile::aes_cm_128_hmac_sha1_80:
      srtp_crypto_policy_set_aes_cm_128_hmac_sha1_80(&policy.rtp);
      srtp_crypto_policy_set_aes_cm_128_hmac_sha1_80(&policy.rtcp);
      return;
    case SrtpProfile::aes_cm_128_hmac_sha1_32:
      srtp_crypto_policy_set_aes_cm_128_hmac_sha1_32(&policy.rtp);
      srtp_crypto_policy_set_aes_cm_128_hmac_sha1_80(&policy.rtcp);
      return;
    case SrtpProfile::aes_256_cm_hmac_sha1_80:
      srtp_crypto_policy_set_aes_cm_256_hmac_sha1_80(&policy.rtp);
      srtp_crypto_policy_set_aes_cm_256_hmac_sha1_80(&policy.rtcp);
      return;
    case SrtpProfile::aes_256_cm_hmac_sha1_32:
      srtp_crypto_policy_set_aes_cm_256_hmac_sha1_32(&policy.rtp);
      srtp_crypto_policy_set_aes_cm_256_hmac_sha1_80(&policy.rtcp);
      return;
    case SrtpProfile::aead_aes_128_gcm:
      srtp_crypto_policy_set_aes_gcm_128_16_auth(&policy.rtp);
      srtp_crypto_policy_set_aes_gcm_128_16_auth(&policy.rtcp);
      return;
    case SrtpProfile::aead_aes_256_gcm:
      srtp_crypto_policy_set_aes_gcm_256_16_auth(&policy.rtp);
      srtp_crypto_policy_set_aes_gcm_256_16_auth(&policy.rtcp);
      return;
  }
}

using PacketFunction = srtp_err_status_t (*)(srtp_t, void*, int*);

SrtpStatus apply(PacketFunction function, srtp_t context, std::span<uint8_t> buffer,
                 size_t& length) {
  int size = static_cast<int>(length);
  const SrtpStatus status = status_of(function(context, buffer.data(), &size));
  if (status == SrtpStatus::ok) length = static_cast<size_t>(size);
  return status;
}

}  // namespace

const char* to_string(SrtpStatus status) {
  switch (status) {
    case SrtpStatus::ok:
      return "ok";
    case SrtpStatus::auth_failed:
      return "auth_failed";
    case SrtpStatus::replayed:
      return "replayed";
    case SrtpStatus::bad:
      return "bad";
    case SrtpStatus::key_expired:
      return "key_expired";
  }
  return "bad";
}

void SrtpSession::Deleter::operator()(srtp_ctx_t_* context) const noexcept {
  srtp_dealloc(context);
}

SrtpSession::SrtpSession(Context outbound, Context inbound, const KeyParams& out_key,
                         const SrtpKey& in_key)
    : outbound_(std::move(outbound)),
      inbound_(std::move(inbound)),
      outbound_profile_(out_key.key.profile()),
      inbound_profile_(in_key.profile()),
      packets_left_(out_key.lifetime) {}

// libsrtp holds one template of unknown SSRCs per context, hence two contexts.
SrtpSession::Context SrtpSession::make_context(const SrtpKey& key, int ssrc_type) {
  std::array<uint8_t, max_key_and_salt_size> bytes{};
  std::copy(key.reveal().begin(), key.reveal().end(), bytes.begin());
  srtp_policy_t policy{};
  fill_policy(policy, key.profile());
  policy.ssrc.type = static_cast<srtp_ssrc_type_t>(ssrc_type);
  policy.key = bytes.data();
  policy.window_size = replay_window;
  policy.allow_repeat_tx = 0;
  srtp_t context = nullptr;
  const srtp_err_status_t status = srtp_create(&context, &policy);
  base::wipe_memory(bytes.data(), bytes.size());
  return Context(status == srtp_err_status_ok ? context : nullptr);
}

base::Result<SrtpSession> SrtpSession::create(const SrtpLibrary& library, const KeyParams& outbound,
                                              const SrtpKey& inbound) {
  if (const auto ready = library.ready(); !ready) return base::fail(ready.error());
  Context out = make_context(outbound.key, ssrc_any_outbound);
  Context in = make_context(inbound, ssrc_any_inbound);
  if (!out || !in) {
    return base::fail(base::Code::internal, "SRTP_SETUP_FAILED", "libsrtp2 refused the keys");
  }
  return SrtpSession(std::move(out), std::move(in), outbound, inbound);
}

SrtpStatus SrtpSession::protect(std::span<uint8_t> buffer, size_t& length) {
  if (!is_plausible(buffer, length, rtp_header) ||
      buffer.size() - length < rtp_overhead(outbound_profile_)) {
    return SrtpStatus::bad;
  }
  if (packets_left_ == 0) return SrtpStatus::key_expired;
  const SrtpStatus status = apply(srtp_protect, outbound_.get(), buffer, length);
  if (status == SrtpStatus::ok) --packets_left_;
  return status;
}

SrtpStatus SrtpSession::protect_rtcp(std::span<uint8_t> buffer, size_t& length) {
  if (!is_plausible(buffer, length, rtcp_header) ||
      buffer.size() - length < rtcp_overhead(outbound_profile_)) {
    return SrtpStatus::bad;
  }
  return apply(srtp_protect_rtcp, outbound_.get(), buffer, length);
}

SrtpStatus SrtpSession::unprotect(std::span<uint8_t> buffer, size_t& length) {
  if (!is_plausible(buffer, length, rtp_header + rtp_overhead(inbound_profile_))) {
    return SrtpStatus::bad;
  }
  const uint32_t ssrc = read_u32(buffer, rtp_ssrc_at);
  if (!may_admit(ssrc)) return SrtpStatus::bad;
  const SrtpStatus status = apply(srtp_unprotect, inbound_.get(), buffer, length);
  if (status == SrtpStatus::ok) admit(ssrc);
  return status;
}

SrtpStatus SrtpSession::unprotect_rtcp(std::span<uint8_t> buffer, size_t& length) {
  if (!is_plausible(buffer, length, rtcp_header + rtcp_overhead(inbound_profile_))) {
    return SrtpStatus::bad;
  }
  const uint32_t ssrc = read_u32(buffer, rtcp_ssrc_at);
  if (!may_admit(ssrc)) return SrtpStatus::bad;
  const SrtpStatus status = apply(srtp_unprotect_rtcp, inbound_.get(), buffer, length);
  if (status == SrtpStatus::ok) admit(ssrc);
  return status;
}

bool SrtpSession::may_admit(uint32_t ssrc) const {
  return inbound_ssrcs_.size() < max_inbound_ssrcs ||
         std::find(inbound_ssrcs_.begin(), inbound_ssrcs_.end(), ssrc) != inbound_ssrcs_.end();
}

void SrtpSession::admit(uint32_t ssrc) {
  if (!inbound_ssrcs_.empty() && inbound_ssrcs_.front() == ssrc) return;
  const auto known = std::find(inbound_ssrcs_.begin(), inbound_ssrcs_.end(), ssrc);
  if (known == inbound_ssrcs_.end()) {
    inbound_ssrcs_.push_back(ssrc);
    std::swap(inbound_ssrcs_.front(), inbound_ssrcs_.back());
  } else {
    std::swap(inbound_ssrcs_.front(), *known);
  }
}

}  // namespace commd::srtp
