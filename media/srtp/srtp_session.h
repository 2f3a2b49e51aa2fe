// One transport's SRTP and SRTCP (RFC 3711, 7714): a key for what is sent and a
// key for what comes in, any number of SSRCs under each.
//
// Move-only; belongs to one thread at a time (the media worker that owns the
// call) and may be handed over whole. To re-key, make a new session and assign it
// over the old one; keep the old one where the keys did not change, since its
// roll-over counters live in it.
//
// Nothing is allocated per packet: only a new SSRC costs an allocation, and that
// after its first packet was authenticated.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "daemon/base/result.h"
#include "media/srtp/key_params.h"
#include "media/srtp/srtp_key.h"
#include "media/srtp/srtp_library.h"

struct srtp_ctx_t_;

namespace commd::srtp {

enum class SrtpStatus {
  ok,
  auth_failed,  // forged, damaged or another key
  replayed,     // seen before, or too old to tell
  bad,          // no RTP/RTCP packet, too long, no room for the tag, or too many SSRCs
  key_expired,  // this key's lifetime is used up: re-key
};

const char* to_string(SrtpStatus status);

class SrtpSession {
 public:
  // Sequence numbers this far behind the newest are still accepted once.
  static constexpr size_t replay_window = 1024;
  // SSRCs one peer may bring; it holds the key, but its memory is bounded.
  static constexpr size_t max_inbound_ssrcs = 256;

  // `outbound.lifetime` is enforced on RTP packets sent. `inbound` has none here:
  // its sender answers for it, and packets beyond it still authenticate and never
  // repeat an index. The library must outlive the session. The profiles of the two
  // may differ. Fails with internal, reason SRTP_SETUP_FAILED, if libsrtp refuses or
  // could not be started.
  static base::Result<SrtpSession> create(const SrtpLibrary& library, const KeyParams& outbound,
                                          const SrtpKey& inbound);

  SrtpSession(SrtpSession&&) noexcept = default;
  SrtpSession& operator=(SrtpSession&&) noexcept = default;
  ~SrtpSession() = default;

  // All four work in place on the first `length` octets of `buffer` and set
  // `length` to the result's; on anything but ok the packet is to be dropped and
  // `length` is unchanged. protect needs room for rtp_overhead() or
  // rtcp_overhead() octets more. Align the buffer to 4 octets.
  SrtpStatus protect(std::span<uint8_t> buffer, size_t& length);
  SrtpStatus protect_rtcp(std::span<uint8_t> buffer, size_t& length);
  SrtpStatus unprotect(std::span<uint8_t> buffer, size_t& length);
  SrtpStatus unprotect_rtcp(std::span<uint8_t> buffer, size_t& length);

  SrtpProfile outbound_profile() const { return outbound_profile_; }
  SrtpProfile inbound_profile() const { return inbound_profile_; }

 private:
  struct Deleter {
    void operator()(srtp_ctx_t_* context) const noexcept;
  };
  using Context = std::unique_ptr<srtp_ctx_t_, Deleter>;

  SrtpSession(Context outbound, Context inbound, const KeyParams& out_key, const SrtpKey& in_key);
  static Context make_context(const SrtpKey& key, int ssrc_type);
  bool may_admit(uint32_t ssrc) const;
  void admit(uint32_t ssrc);

  Context outbound_;
  Context inbound_;
  SrtpProfile outbound_profile_;
  SrtpProfile inbound_profile_;
  uint64_t packets_left_;
  std::vector<uint32_t> inbound_ssrcs_;  // the one heard last is at the front
};

}  // namespace commd::srtp
