// The keys of one branch: none, those of the signalling, or those that it agrees on with the far
// end by DTLS (RFC 5764) or ZRTP (RFC 6189) in the media path. Until they are there nothing is sent
// and nothing taken.
//
// The session's worker.
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string>

#include "daemon/base/result.h"
#include "daemon/base/time.h"
#include "media/dtls/dtls_association.h"
#include "media/engine/dtls_callers.h"
#include "media/engine/negotiation.h"
#include "media/srtp/srtp_session.h"

namespace commd::engine {

// Keys that the two ends have agreed on in the media path.
struct AgreedKeys {
  // With whom; one of both.
  std::optional<DtlsPlan> dtls;
  std::optional<ZrtpPlan> zrtp;
  std::string suite;  // of SRTP: "AES_CM_128_HMAC_SHA1_80"; empty: none are in use
  // What came of ZRTP.
  std::optional<model::ZrtpAgreement> words;
};

class BranchKeys {
 public:
  enum class State { clear, pending, ready, failed };

  // Both outlive it; `identity` is null where no account has one. `ssrc` is that of what is sent.
  BranchKeys(const srtp::SrtpLibrary& library, const dtls::DtlsIdentity* identity, uint32_t ssrc)
      : library_(library), identity_(identity), ssrc_(ssrc) {}

  // After each negotiation. What has not changed goes on, with its counters.
  base::Result<void> configure(const MediaPlan& plan, base::MonoTime now);
  // From now on the far end is known to take part: what has failed for want of time is begun anew,
  // and what is under way has all its time again.
  void renew(base::MonoTime now);
  // There is a way to the far end: a handshake begins, once.
  void begin(base::MonoTime now);
  // A datagram of DTLS or ZRTP from the far end; what has become due. Both send what there is to
  // send, the first at the latest when the address of the far end is known.
  void receive(std::span<const uint8_t> datagram, base::MonoTime now, HandshakeSink& sink);
  void tick(base::MonoTime now, HandshakeSink& sink);
  // The same from another address than the stream's, while they are agreed on and it is the far
  // end's turn to say hello. True: that is where it is, and the keys are those agreed on with it.
  bool receive_elsewhere(std::span<const uint8_t> datagram, const SocketAddress& source,
                         base::MonoTime now, HandshakeSink& sink);
  bool awaits_hello() const;
  // Whether that is the Hello of ZRTP whose hash is in the signalling: who says it is the far end,
  // or sees its packets.
  bool is_announced(std::span<const uint8_t> datagram) const {
    return zrtp_ && zrtp_->is_announced(datagram);
  }
  bool knows(const SocketAddress& source) const { return callers_.knows(source); }
  // Datagrams from elsewhere that were not the far end's.
  uint64_t refused() const { return callers_.refused(); }
  // Says goodbye.
  void close(HandshakeSink& sink);

  State state() const { return state_; }
  const base::Error& error() const { return error_; }
  // What was agreed on in the media path, once the state is ready; `suite` alone where the keys
  // are the signalling's.
  AgreedKeys agreed() const;

  // In place; true where there are no keys to apply. `length` is the packet's, before and after.
  bool protect_rtp(std::span<uint8_t> buffer, size_t& length);
  bool protect_rtcp(std::span<uint8_t> buffer, size_t& length);
  bool unprotect_rtp(std::span<uint8_t> datagram, size_t& length);
  bool unprotect_rtcp(std::span<uint8_t> datagram, size_t& length);

 private:
  base::Result<void> use_sdes(const SdesKeys& keys);
  base::Result<void> use_dtls(const DtlsPlan& plan, base::MonoTime now);
  void use_zrtp(const ZrtpPlan& plan);
  void begin_handshake();
  void forget_handshakes();
  void follow(HandshakeSink& sink);
  void drain(HandshakeSink& sink);
  void fail(const base::Error& why);
  void take_keys(const srtp::SrtpKey& outbound, const srtp::SrtpKey& inbound);
  bool usable() const { return state_ == State::clear || state_ == State::ready; }

  const srtp::SrtpLibrary& library_;
  const dtls::DtlsIdentity* identity_;
  const uint32_t ssrc_;
  State state_ = State::clear;
  base::Error error_;
  std::optional<SdesKeys> sdes_;
  std::optional<DtlsPlan> plan_;
  std::optional<dtls::DtlsAssociation> association_;
  std::optional<ZrtpPlan> zrtp_plan_;
  std::optional<zrtp::ZrtpAssociation> zrtp_;
  bool begun_ = false;  // the handshake of either
  DtlsCallers callers_;
  std::optional<srtp::SrtpProfile> profile_;
  // The same object, unless the peer alone has changed its key: then the old one
  // still sends, since its roll-over counter belongs to our key.
  std::shared_ptr<srtp::SrtpSession> outbound_;
  std::shared_ptr<srtp::SrtpSession> inbound_;
};

}  // namespace commd::engine
