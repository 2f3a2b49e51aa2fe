// Offer and answer for one audio stream (RFC 3264): what we say, what we accept of
// what the peer says, and the plan that follows for the packet path.
//
// Pure: no sockets, no clock; the only outside thing is randomness for SRTP keys.
// Core thread. Nothing changes unless a call succeeds.
//
// The order of SRTP suites in our offers is policy: AES_CM_128_HMAC_SHA1_80 comes
// first because every implementation has it and some telephones look only at the
// first a=crypto line; the AEAD suites follow. As answerer we take the first of the
// peer's that we know (RFC 4568, 5.1.2), so a peer that prefers GCM gets it.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "daemon/base/result.h"
#include "daemon/model/account.h"
#include "daemon/model/session_description.h"
#include "media/engine/formats.h"
#include "media/engine/socket_address.h"
#include "media/engine/zrtp_keys.h"
#include "media/srtp/key_params.h"

namespace commd::engine {

// Limits of what a description may ask of us (SDP is hostile).
inline constexpr size_t max_streams = 32;
inline constexpr size_t max_formats = 64;
inline constexpr uint16_t min_port = 1024;
inline constexpr uint8_t max_payload_type = 127;

struct NegotiationPolicy {
  std::vector<CodecCapability> codecs;    // by preference
  std::vector<srtp::SrtpProfile> suites;  // by preference
  model::Encryption encryption = model::Encryption::preferred;
  // SDES keys are not readable on their way.
  bool signalling_protected = false;
  // SHA-256 of our certificate (RFC 8122); empty: no DTLS-SRTP.
  std::vector<uint8_t> fingerprint;
  // SDES is not offered beside DTLS: there are peers (Dino) that then use both at once, the one
  // inside of the other.
  bool one_key_agreement = false;
  // Who we are in ZRTP; null: none.
  std::shared_ptr<const ZrtpSelf> zrtp;
  // Whether an end of the same name as ours says the Hello of that hash: there is no ZRTP with it.
  // Empty: none is known to.
  std::function<bool(const zrtp::HashImage&)> is_same_end;
  std::string local_ip;
  bool ice = false;         // it is known to us, and may be used
  bool relay_only = false;  // then it must be: a plain address of ours would tell too much
  // The host of the signalling peer; may be empty.
  SocketAddress signalling;
};

// Where we receive; rtcp_port 0 = only together with RTP.
struct LocalTransport {
  std::string ip;
  uint16_t rtp_port = 0;
  uint16_t rtcp_port = 0;
  // What of ICE is told; the above is the default candidate then, or nothing where
  // candidates are still to be found (RFC 8839, RFC 8838).
  std::optional<model::IceParameters> ice;
};

struct SdesKeys {
  srtp::KeyParams outbound;
  srtp::KeyParams inbound;
};

// Keys that the two ends agree on in the media path (RFC 5763).
struct DtlsPlan {
  enum class Role { active, passive };  // who says the first hello
  Role role = Role::active;
  std::string hash;                  // of the fingerprint, "sha-256"
  std::vector<uint8_t> fingerprint;  // of the peer's certificate

  friend bool operator==(const DtlsPlan&, const DtlsPlan&) = default;
};

// What the packet path has to do, from our view.
struct MediaPlan {
  model::Direction direction = model::Direction::inactive;
  SocketAddress remote_rtp;   // empty: nowhere to send to (a peer on hold with 0.0.0.0)
  SocketAddress remote_rtcp;  // the same as remote_rtp with rtcp_mux
  bool rtcp_mux = false;
  bool ice = false;  // the way is found by ICE, whatever the addresses above
  NegotiatedFormat send;
  std::vector<NegotiatedFormat> receive;  // payload types are unique
  std::optional<EventFormat> send_events;
  std::vector<EventFormat> receive_events;
  unsigned ptime_ms = 20;  // 10..120, a multiple of 10
  // One of them, or none: media in clear.
  std::optional<SdesKeys> keys;
  std::optional<DtlsPlan> dtls;
  std::optional<ZrtpPlan> zrtp;

  bool is_secure() const { return keys || dtls || zrtp; }
};

class Negotiator {
 public:
  explicit Negotiator(NegotiationPolicy policy) : policy_(std::move(policy)) {}

  // What would be offered, answered, or used of the peer's answer, and needs a plugin:
  // those codecs are loaded, or left out, before offer(), answer() and apply_answer().
  std::vector<model::PayloadFormat> plugins_to_offer() const;
  std::vector<model::PayloadFormat> plugins_to_answer(const model::SessionDescription& offer) const;
  std::vector<model::PayloadFormat> plugins_in_answer(
      const model::SessionDescription& answer) const;
  // This codec cannot be had, whatever its rate.
  void leave_out(const std::string& codec);

  // What the audio stream of the offer or answer that would be used says of ICE, and
  // whether its RTCP shares the port. Empty: it says nothing, or none would be used.
  struct IceOf {
    model::IceParameters parameters;
    bool rtcp_mux = false;
  };
  std::optional<IceOf> ice_of_offer(const model::SessionDescription& offer) const;
  std::optional<IceOf> ice_of_answer(const model::SessionDescription& answer) const;
  // From now on there is no ICE: nothing is offered or taken of it.
  void leave_ice() { policy_.ice = false; }
  bool may_use_ice() const { return policy_.ice; }
  // Where the audio is among the streams.
  size_t audio() const { return pending_ ? pending_->audio : agreed_.audio; }

  // INCOMPATIBLE_MEDIA or ENCRYPTION_REQUIRED, with words for a person.
  base::Result<void> acceptable(const model::SessionDescription& offer) const;

  // A first offer, or one that keeps everything but the direction. CODEC_UNAVAILABLE
  // when the policy has no codec, ENCRYPTION_REQUIRED.
  base::Result<model::SessionDescription> offer(model::Direction direction,
                                                const LocalTransport& local);
  struct Answer {
    model::SessionDescription description;
    MediaPlan plan;
  };
  base::Result<Answer> answer(const model::SessionDescription& offer, model::Direction wanted,
                              const LocalTransport& local);
  // May be called for each branch of a forked call: each gets a plan of its own
  // from the one offer.
  base::Result<MediaPlan> apply_answer(const model::SessionDescription& answer);
  // Forgets our offer that was refused.
  void rollback();
  // Who we are in ZRTP, or null.
  const ZrtpSelf* zrtp() const { return policy_.zrtp.get(); }

 private:
  // An SDES line of ours: offered, or in use.
  struct OwnKey {
    uint32_t tag = 1;
    srtp::KeyParams params;
  };
  // A line of the peer that we can use.
  struct PeerKey {
    uint32_t tag = 1;
    srtp::KeyParams params;
  };
  // What of one stream of the peer's offer can be used.
  struct Selection {
    size_t index = 0;
    std::vector<NegotiatedFormat> codecs;
    std::optional<DtlsPlan> dtls;  // goes before a key
    std::optional<ZrtpPlan> zrtp;  // goes before both
    bool same_end = false;         // it is offered by whom it cannot be used with
    std::optional<PeerKey> key;
    bool ice = false;
    SocketAddress rtp;
    SocketAddress rtcp;

    bool is_secure() const { return zrtp || dtls || key; }
  };
  // What both sides have agreed on so far; survives re-negotiation.
  struct Agreed {
    std::vector<model::StreamDescription> streams;  // mid, kind and formats by position
    size_t audio = 0;
    bool established = false;
    bool secure_profile = false;
    bool feedback_profile = false;
    std::vector<OwnKey> keys;  // the one in use first
    bool keyed = false;        // the peer took or gave a key, in a branch at least
    std::optional<srtp::KeyParams> peer_key;
    std::optional<DtlsPlan> dtls;  // in use
    std::optional<ZrtpPlan> zrtp;  // in use
    PayloadTypes payload_types;
  };

  // Whose turn it is to choose among the codecs of a description.
  enum class Choice { ours, theirs };
  base::Result<Selection> select(const model::SessionDescription& offer) const;
  base::Result<Selection> select_stream(const model::SessionDescription& description, size_t index,
                                        Choice choice) const;
  std::vector<NegotiatedFormat> common_codecs(const model::StreamDescription& stream,
                                              Choice choice) const;
  std::vector<model::PayloadFormat> plugins_of(const Selection& selection) const;
  base::Result<void> check_policy(const Selection& selection, bool secure_profile) const;
  base::Result<SocketAddress> target(const model::TransportAddress& address,
                                     model::Direction direction) const;
  SocketAddress rtcp_target(const model::TransportDescription& transport, const SocketAddress& rtp,
                            bool mux) const;
  std::vector<OwnKey> keys_to_offer() const;
  bool offers_dtls() const;
  bool offers_zrtp() const;
  // Nobody may have keys of the signalling who may not have the media.
  bool only_zrtp_is_safe() const;
  bool is_same_end(const model::TransportDescription& transport) const;
  std::optional<ZrtpPlan> usable_zrtp(const model::TransportDescription& transport,
                                      Choice choice) const;
  std::optional<DtlsPlan> usable_dtls(const model::TransportDescription& transport,
                                      Choice choice) const;
  void choose_keys(const model::TransportDescription& transport, Choice choice,
                   Selection& selection) const;
  base::Result<void> take_answered_keys(const Selection& selection, Agreed& next,
                                        MediaPlan& plan) const;
  model::DtlsParameters own_dtls(model::DtlsParameters::Setup setup) const;
  OwnKey key_for_answer(const PeerKey& peer) const;
  std::optional<PeerKey> first_usable_key(const std::vector<model::SdesKey>& lines) const;
  void add_receive_formats(const model::StreamDescription& ours,
                           const model::StreamDescription& theirs, const Selection& selection,
                           MediaPlan& plan) const;
  model::StreamDescription describe(const Selection& selection,
                                    const model::StreamDescription& offered,
                                    model::Direction wanted, const LocalTransport& local,
                                    const std::optional<OwnKey>& key) const;

  NegotiationPolicy policy_;
  Agreed agreed_;
  std::optional<Agreed> pending_;  // with our offer outstanding
  bool forking_ = false;           // that is the first one, which several may answer
  std::optional<model::StreamDescription> offered_audio_;
};

}  // namespace commd::engine
