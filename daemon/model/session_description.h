// The neutral offer and answer: what SDP (RFC 8866, RFC 3264) and Jingle
// (XEP-0166, 0167) both say, in the words of neither. SIP and XMPP meet only
// here, so every field is one that both can carry.
//
// A description is always from the view of the one who sends it: `send_only`
// means that the describer sends. Values; any thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "daemon/base/secret.h"
#include "daemon/model/ids.h"

namespace commd::model {

enum class MediaKind { audio, video, text, application };

enum class Direction { inactive, recv_only, send_only, send_recv };

bool sends(Direction direction);
bool receives(Direction direction);
Direction make_direction(bool send, bool receive);
// What the other side sees: send_only <-> recv_only.
Direction mirrored(Direction direction);
// The direction an answerer may give: it never exceeds what the offer allows.
Direction intersect(Direction wanted, Direction offered_by_peer);
const char* to_string(Direction direction);

// An IP literal and a UDP port (1..65535; 0 = none).
struct TransportAddress {
  std::string ip;
  uint16_t port = 0;

  explicit operator bool() const { return port != 0 && !ip.empty(); }
  friend bool operator==(const TransportAddress&, const TransportAddress&) = default;
};

// One payload type (RFC 3551, RFC 8866 rtpmap and fmtp).
struct PayloadFormat {
  uint8_t payload_type = 0;  // 0..127
  std::string name;          // encoding name as registered, compared without case
  uint32_t clock_rate = 0;   // Hz, RTP's (8000 for G722)
  uint8_t channels = 1;
  // fmtp in order; a parameter without "=" has an empty value. telephone-event's
  // event list ("0-15") is one parameter with an empty value.
  std::vector<std::pair<std::string, std::string>> parameters;
  // rtcp-fb values such as "nack", "nack pli" (RFC 4585, XEP-0293).
  std::vector<std::string> feedback;

  friend bool operator==(const PayloadFormat&, const PayloadFormat&) = default;
};

// RFC 8285 extmap, XEP-0294.
struct HeaderExtension {
  uint8_t id = 0;  // 1..14 one-byte form
  std::string uri;
  Direction direction = Direction::send_recv;

  friend bool operator==(const HeaderExtension&, const HeaderExtension&) = default;
};

// RFC 4568 a=crypto.
struct SdesKey {
  uint32_t tag = 1;
  std::string suite;        // for example AES_CM_128_HMAC_SHA1_80
  base::Secret key_params;  // "inline:..." with lifetime and MKI as they came
  std::string session_params;

  friend bool operator==(const SdesKey&, const SdesKey&) = default;
};

// RFC 8122 fingerprint and RFC 4145 setup, XEP-0320.
struct DtlsParameters {
  enum class Setup { actpass, active, passive, holdconn };
  std::string hash;                  // "sha-256"
  std::vector<uint8_t> fingerprint;  // raw bytes of the hash
  Setup setup = Setup::actpass;

  friend bool operator==(const DtlsParameters&, const DtlsParameters&) = default;
};

// RFC 8839 candidate, XEP-0176.
struct IceCandidate {
  enum class Type { host, server_reflexive, peer_reflexive, relayed };
  enum class Transport { udp, tcp_active, tcp_passive, tcp_so };
  std::string foundation;
  uint16_t component = 1;  // 1 RTP, 2 RTCP
  Transport transport = Transport::udp;
  uint32_t priority = 0;
  TransportAddress address;
  Type type = Type::host;
  TransportAddress related;  // raddr, rport; empty for host

  friend bool operator==(const IceCandidate&, const IceCandidate&) = default;
};
// As RFC 8839 spells it: "srflx".
const char* to_string(IceCandidate::Type type);

// Of one stream; what a far end tells beyond that is not kept.
inline constexpr size_t most_ice_candidates = 64;

struct IceParameters {
  std::string ufrag;
  base::Secret password;
  std::vector<IceCandidate> candidates;
  bool trickle = false;  // RFC 8838
  bool end_of_candidates = false;
  bool lite = false;

  friend bool operator==(const IceParameters&, const IceParameters&) = default;
};

// How one stream's packets travel.
struct TransportDescription {
  TransportAddress rtp;   // the default candidate where ICE is used
  TransportAddress rtcp;  // empty: rtp's port + 1, or the same port with rtcp_mux
  bool rtcp_mux = false;  // RFC 5761
  std::vector<SdesKey> sdes;
  std::optional<DtlsParameters> dtls;
  std::optional<IceParameters> ice;
  std::string zrtp_hash;  // RFC 6189 section 8: "1.10 <hex>"

  friend bool operator==(const TransportDescription&, const TransportDescription&) = default;
};

// XEP-0339, RFC 5576: a source announced in advance.
struct SourceDescription {
  uint32_t ssrc = 0;
  std::string cname;

  friend bool operator==(const SourceDescription&, const SourceDescription&) = default;
};

// One media stream: an m= line, a Jingle content.
struct StreamDescription {
  // RFC 5888 mid, the content name of Jingle. Unique in a description; may be
  // empty in SDP of peers that know no mid: then the position decides.
  std::string mid;
  MediaKind kind = MediaKind::audio;
  // Refused or removed: port 0 in SDP. All else but mid, kind and formats is void.
  bool rejected = false;
  Direction direction = Direction::send_recv;
  // The profile demands SRTP (SAVP, SAVPF): media in clear is not allowed. False
  // with keys present is opportunistic encryption (RFC 8643).
  bool secure_profile = false;
  bool feedback_profile = false;  // AVPF, SAVPF
  TransportDescription transport;
  std::vector<PayloadFormat> formats;  // in order of preference
  std::vector<HeaderExtension> extensions;
  std::vector<SourceDescription> sources;
  unsigned ptime_ms = 0;  // 0 = not said
  unsigned maxptime_ms = 0;

  friend bool operator==(const StreamDescription&, const StreamDescription&) = default;
};

struct SessionDescription {
  std::vector<StreamDescription> streams;
  // BUNDLE groups by mid (RFC 9143, XEP-0338).
  std::vector<std::vector<std::string>> bundles;

  friend bool operator==(const SessionDescription&, const SessionDescription&) = default;
};

// What a description is told later of one of its transports (RFC 8838, XEP-0176): its candidates
// come to those that are there; other credentials are a restart, with which those are void.
void add_news(TransportDescription& transport, const TransportDescription& news);

// True if the description puts the other side on hold: every live stream is
// send_only or inactive (RFC 3264 section 8.4; an address of 0.0.0.0 is turned
// into inactive when SDP is read).
bool is_hold(const SessionDescription& description);

}  // namespace commd::model
