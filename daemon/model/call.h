// A call: the long-running resource. Values; any thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "daemon/base/time.h"
#include "daemon/model/audio_endpoint.h"
#include "daemon/model/ids.h"

namespace commd::model {

enum class CallDirection { incoming, outgoing };

// connecting = answered, media not yet usable (ICE, DTLS, ZRTP under way).
enum class CallState { dialing, ringing, early, connecting, active, held, ended };

// Stable; the words of the API and the CLI. What the wire said is in EndDetail.
enum class EndReason {
  none,
  hung_up,                // after the answer, by either side
  cancelled,              // by the caller before the answer
  declined,               // 603, 403 by a person, decline
  busy,                   // 486, 600
  no_answer,              // rang until a timer ended it
  answered_elsewhere,     // another device of the same person took it
  not_found,              // 404, 410, 484, 604
  unavailable,            // 480: nobody is registered there
  forbidden,              // 403, 401/407 without a way to answer
  authentication_failed,  // the server refused our password
  incompatible_media,     // 488, 606, 415, 420: no codec in common
  encryption_required,    // our policy or theirs, not met
  redirected,             // forwarded by us (302), or a redirection that loops
  transferred,            // by REFER; replaced by another call
  unreachable,            // DNS, connection or routing failed, 502..504 by our own stack
  tls_failed,             // the server's certificate or TLS was refused
  timeout,                // the far end never answered the signalling (408, timer B)
  server_error,           // 5xx, 6xx of the network
  media_failed,           // transport or keys could not be set up
  media_lost,             // no packet and no RTCP for too long
  limit_reached,          // [limits]
  client_gone,            // the client that owned the call vanished
  account_offline,        // its account went away
  daemon_stopped,         // polite exit
  daemon_restarted,       // found alive in the store at start
  protocol_error,         // the far end broke the protocol
  internal_error,         // ours
};
const char* to_string(EndReason reason);

enum class EndedBy { nobody, local, remote, network, daemon };
const char* to_string(EndedBy by);

// The wire's own words behind an end reason.
struct EndDetail {
  int sip_code = 0;           // 0 = none
  std::string jingle_reason;  // empty = none
  std::string text;           // the peer's phrase or Reason header, valid UTF-8, hostile

  friend bool operator==(const EndDetail&, const EndDetail&) = default;
};

// What a call's security really is; never better than the truth.
enum class SecurityLevel {
  none,         // media in clear
  key_exposed,  // SRTP, but the keys went over signalling that was not protected
  encrypted,    // SRTP, nobody has verified the far end
  verified,     // SRTP, the person's identity was verified (SAS, pinned fingerprint)
};
const char* to_string(SecurityLevel level);

struct CallSecurity {
  SecurityLevel level = SecurityLevel::none;
  std::string mechanism;  // "", "SDES", "DTLS-SRTP", "ZRTP"
  std::string suite;      // SRTP suite in use, for example AEAD_AES_128_GCM
  // Never stored. ZRTP alone: what people read to each other; whether they have compared it, here
  // and on the far end as that says; and whether it may be somebody else than before.
  std::string sas;
  bool verified_here = false;
  bool verified_there = false;
  bool mismatch = false;

  friend bool operator==(const CallSecurity&, const CallSecurity&) = default;
};

// One end of a call.
struct Party {
  std::string address;       // URI, valid UTF-8
  std::string display_name;  // as the peer claims it; hostile

  friend bool operator==(const Party&, const Party&) = default;
};

// The far end's report on a transfer that we asked for (RFC 3515 sipfrag).
struct TransferStatus {
  enum class State { none, requested, accepted, succeeded, failed };
  State state = State::none;
  std::string target;
  int sip_code = 0;
  std::string text;

  friend bool operator==(const TransferStatus&, const TransferStatus&) = default;
};

// The far end asks this person to call somebody else (REFER), and waits for their word.
struct TransferRequest {
  std::string target;       // URI; empty: nothing is asked
  std::string referred_by;  // on whose word, as the far end claims it; hostile
  base::WallTime expire_time{};

  friend bool operator==(const TransferRequest&, const TransferRequest&) = default;
};

struct Call {
  CallId id;
  AccountId account;
  CallDirection direction = CallDirection::outgoing;
  CallState state = CallState::dialing;
  Party remote;
  Party local;
  // Who sent the caller here (Diversion, History-Info), and who transferred it.
  std::string diverted_by;
  std::string referred_by;

  base::WallTime create_time{};
  base::WallTime answer_time{};  // epoch 0 = never answered
  base::WallTime end_time{};     // epoch 0 = alive

  EndReason end_reason = EndReason::none;
  EndedBy ended_by = EndedBy::nobody;
  EndDetail end_detail;
  // Incoming, never answered by anyone, not ended by this person.
  bool missed = false;

  bool held_local = false;
  bool held_remote = false;
  bool muted = false;
  bool recording = false;
  bool playing = false;
  bool early_media = false;
  std::string codec;  // "opus/48000", empty until negotiated
  CallSecurity security;
  TransferStatus transfer;
  // Never stored: it ends with the call at the latest.
  TransferRequest transfer_request;
  // A call that wants attention while another one is active.
  bool waiting = false;

  AudioSource capture;
  AudioSink playback;
  // It ends when the client that placed or answered it is gone.
  bool owned = false;
  // After a transfer: the call that took this one's place.
  CallId successor;
  std::string request_id;

  friend bool operator==(const Call&, const Call&) = default;
};

const char* to_string(CallState state);
const char* to_string(CallDirection direction);
bool is_live(const Call& call);
// Active or held.
bool is_talking(const Call& call);

}  // namespace commd::model
