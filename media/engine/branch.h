// One remote end of a call's audio: its address, keys, stream in, stream out and
// RTCP. A call has one; a forked call has one for each early dialog that answered,
// with an SSRC of its own, so that no two packets share a key and an index.
//
// The session's worker.
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string>

#include "daemon/base/result.h"
#include "daemon/base/time.h"
#include "daemon/model/account.h"
#include "daemon/model/ids.h"
#include "daemon/model/media_stats.h"
#include "media/engine/audio_receiver.h"
#include "media/engine/audio_sender.h"
#include "media/engine/branch_keys.h"
#include "media/engine/carrier.h"
#include "media/engine/negotiation.h"
#include "media/engine/scratch.h"
#include "media/engine/source_filter.h"
#include "media/rtp/demux.h"
#include "media/rtp/rtcp_session.h"

namespace commd::engine {

class Branch : private PacketSink, private HandshakeSink {
 public:
  // What all branches of a call share; outlives them.
  struct Context {
    const codec::CodecRegistry& registry;
    const srtp::SrtpLibrary& library;
    Carrier& carrier;
    // Null: no DTLS-SRTP.
    std::shared_ptr<const dtls::DtlsIdentity> identity;
    model::Latch latch = model::Latch::automatic;
    SocketAddress signalling;
    std::string cname;
    int complexity = 5;
    rtp::DelayEstimator::Bounds jitter;
  };

  enum class Taken {
    no,       // not of this branch; nothing has changed
    control,  // RTCP, DTLS, ZRTP
    media,
    ignored,  // of this branch, but of no use (a source not yet believed)
  };
  struct Received {
    Taken taken = Taken::no;
    rtp::DtmfReceiver::Events digits;
  };

  Branch(const model::BranchId& id, const Context& context, base::MonoTime now);
  Branch(const Branch&) = delete;
  Branch& operator=(const Branch&) = delete;

  const model::BranchId& id() const { return id_; }
  // After each negotiation. On failure the branch is as it was, but for the codec.
  base::Result<void> configure(const MediaPlan& plan, base::MonoTime now);
  // Whether its keys are there, or not needed; and why they will never be.
  BranchKeys::State key_state() const { return keys_.state(); }
  const base::Error& key_error() const { return keys_.error(); }
  AgreedKeys agreed_keys() const { return keys_.agreed(); }
  // Those that did not come in time are agreed on anew, those that are not there yet have all
  // their time again.
  void renew_keys(base::MonoTime now);
  // True once: when keys that were agreed on in the media path are there.
  bool claim_keys();
  bool uses_rtcp_mux() const { return rtcp_mux_; }
  bool receives() const { return receives_; }

  // Decrypts in place; with `taken` no and keys in use the bytes may be garbage.
  Received on_datagram(std::span<uint8_t> datagram, rtp::DatagramKind kind,
                       const SocketAddress& source, base::MonoTime now);
  // Whether DTLS or ZRTP from there, which is no branch's address, may be this one's far end; and
  // what it then says. A stranger's hello costs one answer or two, and disturbs nothing.
  bool may_say_hello(base::MonoTime now) const {
    return keys_.awaits_hello() && filter_.may_say_hello(now);
  }
  void on_hello(std::span<const uint8_t> datagram, const SocketAddress& source, base::MonoTime now);

  // Heard by the person: the others are counted only.
  void set_audible(bool audible);
  bool pull(std::span<int16_t> frame, uint32_t rate, base::MonoTime now);
  // 20 ms at `rate`; empty = silence. Sends nothing where the direction forbids it.
  void send_frame(std::span<const int16_t> frame, uint32_t rate, base::MonoTime now,
                  Scratch& scratch);
  void skip_frames(unsigned frames);
  rtp::DtmfReceiver::Events on_time(base::MonoTime now) { return receiver_.on_time(now); }
  // Goes on with a handshake.
  void tick_keys(base::MonoTime now);
  // Sends a report when it is due.
  void tick_rtcp(base::MonoTime now, Scratch& scratch);
  // Ends a digit that sounds, and says BYE.
  void close(base::MonoTime now, Scratch& scratch);

  bool queue_digits(const std::string& digits, std::chrono::milliseconds tone);
  uint32_t sample_rate() const { return sender_.sample_rate(); }
  // True once: when the first media has come.
  bool claim_first_media();
  bool codec_failed() const { return sender_.failed() || receiver_.failed(); }

  // Zero: none came yet.
  base::MonoTime last_rtp() const { return last_rtp_; }
  base::MonoTime last_rtcp() const { return last_rtcp_; }

  // All but levels, security, addresses of ours, and those of a path of ICE.
  void add_stats(model::MediaStats& stats, base::MonoTime now) const;

 private:
  void send_rtp(std::span<uint8_t> buffer, size_t length) override;
  void send_rtcp(std::span<uint8_t> buffer, size_t length);
  void send_handshake(std::span<const uint8_t> datagram) override;
  void send_handshake_to(std::span<const uint8_t> datagram, const SocketAddress& target) override;
  Received on_rtp(std::span<uint8_t> datagram, const SocketAddress& source, base::MonoTime now);
  Received on_handshake(std::span<const uint8_t> datagram, const SocketAddress& source,
                        base::MonoTime now);
  Received on_rtcp(std::span<uint8_t> datagram, const SocketAddress& source, base::MonoTime now);
  void guess_loss();
  void add_quality(model::MediaStats& stats) const;
  void add_evidence(model::MediaEvidence& evidence, base::MonoTime now) const;
  Received not_taken(const SocketAddress& source);
  bool can_send(const SocketAddress& target) const {
    return ice_ ? context_.carrier.is_open() : static_cast<bool>(target);
  }

  model::BranchId id_;
  const Context& context_;
  SourceFilter filter_;
  AudioReceiver receiver_;
  AudioSender sender_;
  rtp::RtcpSession rtcp_;
  BranchKeys keys_;
  bool keys_claimed_ = true;
  unsigned ptime_ms_ = 20;
  bool rtcp_mux_ = false;
  bool ice_ = false;  // what comes is from whom ICE has validated
  bool sends_ = false;
  bool receives_ = false;
  bool audible_ = false;
  bool flowed_ = false;
  bool first_media_claimed_ = false;
  base::MonoTime last_rtp_{};
  base::MonoTime last_rtcp_{};
  uint64_t rejected_ = 0;
  // For people who ask why nothing is heard.
  struct Seen {
    uint64_t undecipherable = 0;
    uint64_t elsewhere = 0;
    uint64_t unknown_format = 0;
    uint8_t unknown_payload_type = 0;
    SocketAddress elsewhere_from;
    base::MonoTime first_sent{};
    base::MonoTime first_received{};
  };
  Seen seen_;
};

}  // namespace commd::engine
