// From whom a branch takes packets, and where it sends (symmetric RTP, RTP bleed).
//
// Plain RTP is taken from the negotiated address alone. A peer behind a translator
// sends from another one; then the stream may move there, once:
//   latch=auto  within a second of the answer, only if the described address is
//               private or differs from the host that signals, and has not spoken;
//   latch=on    at any time; if the described address has spoken, its SSRC alone;
//   latch=off   never.
// Two packets in sequence must come from there, with one SSRC and a negotiated
// payload type.
//
// SRTP is judged by its key: what authenticates is heard from anywhere, and one such
// packet is enough to move under the same conditions. Where the keys are first agreed on in the
// media path, a hello from elsewhere is worth an answer under the same conditions, for as long as
// a lost one takes to come again; the stream moves when the fingerprint has decided.
//
// Pure; the session's worker.
#pragma once

#include <cstdint>
#include <optional>

#include "daemon/base/time.h"
#include "daemon/model/account.h"
#include "media/engine/socket_address.h"
#include "media/rtp/packet.h"

namespace commd::engine {

class SourceFilter {
 public:
  static constexpr base::Duration latch_window = std::chrono::seconds(1);
  // RFC 6347, section 4.2.4.1: a hello is said again after one second and after three.
  static constexpr base::Duration hello_window = std::chrono::seconds(4);

  struct Config {
    SocketAddress rtp;   // as described; empty: nowhere to send to
    SocketAddress rtcp;  //
    bool rtcp_mux = false;
    model::Latch latch = model::Latch::automatic;
    SocketAddress signalling;    // host of the signalling peer; may be empty
    bool authenticated = false;  // SRTP
  };

  // `now` is the moment of the answer. With another address than before the stream
  // may move again.
  void configure(const Config& config, base::MonoTime now);

  // Worth trying to decrypt or parse?
  bool may_send_rtp(const SocketAddress& source) const;
  // A packet (decrypted where keys are in use) of a negotiated payload type. False:
  // it is not the peer's, and must leave no trace.
  bool accept_rtp(const SocketAddress& source, const rtp::RtpHeader& header, base::MonoTime now);
  bool accept_rtcp(const SocketAddress& source);

  // Whether a hello of DTLS from another address may be the far end's.
  bool may_say_hello(base::MonoTime now) const;
  // It has just been answered: what may come from elsewhere may do so for as long again.
  void note_answer(base::MonoTime now) { answered_ = now; }
  // DTLS came from the described address.
  void note_handshake();
  // Who is there has proved to be the far end.
  void move_to(const SocketAddress& source);

  const SocketAddress& rtp_target() const { return rtp_target_; }
  const SocketAddress& rtcp_target() const { return rtcp_target_; }
  bool latched() const { return latched_; }

 private:
  struct Candidate {
    SocketAddress source;
    uint32_t ssrc = 0;
    uint8_t payload_type = 0;
    uint16_t next_sequence = 0;
  };

  bool may_latch(const rtp::RtpHeader& header, base::MonoTime now) const;
  bool may_be_elsewhere(base::Duration window, base::MonoTime now) const;

  Config config_;
  SocketAddress rtp_target_;
  SocketAddress rtcp_target_;
  base::MonoTime answered_{};
  bool latched_ = false;
  bool shakes_hands_ = false;  // the described address
  std::optional<Candidate> candidate_;
  std::optional<uint32_t> heard_ssrc_;  // from the described address
};

}  // namespace commd::engine
