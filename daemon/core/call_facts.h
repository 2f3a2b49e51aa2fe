// What is known of a call when somebody asks why it failed or is silent. Values; any thread.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "daemon/base/error.h"
#include "daemon/base/time.h"
#include "daemon/model/account.h"
#include "daemon/model/call.h"
#include "daemon/model/media_stats.h"
#include "daemon/model/session_description.h"

namespace commd::core {

// Of the audio of an offer or an answer, from the view of who has sent it.
struct DescribedAudio {
  bool known = false;  // there was one
  model::Direction direction = model::Direction::send_recv;
  std::vector<std::string> codecs;  // "opus/48000", by preference
  model::TransportAddress rtp;
  bool sdes = false;
  bool dtls = false;
  bool zrtp = false;
  bool secure_profile = false;  // without keys it is refused
  bool ice = false;

  bool keys() const { return sdes || dtls || zrtp; }
};

// Where one end says that it can be reached (ICE).
struct CandidateCount {
  unsigned host = 0;
  unsigned reflexive = 0;
  unsigned relayed = 0;

  unsigned all() const { return host + reflexive + relayed; }
};

// What became of a relay of ours.
struct RelayFact {
  std::string server;    // "192.0.2.1:3478"
  std::string protocol;  // "udp", "tcp", "tls"
  std::string reason;    // TURN_REFUSED and its kind; empty: it gave an address
};

struct CallFacts {
  model::Call call;
  // Settings that it goes by.
  model::Encryption encryption = model::Encryption::preferred;
  model::Latch latch = model::Latch::automatic;
  bool ice = false;
  bool relay_only = false;
  unsigned stun_servers = 0;
  unsigned turn_servers = 0;
  std::string signalling_peer_ip;

  DescribedAudio ours;
  DescribedAudio theirs;
  CandidateCount our_candidates;
  CandidateCount their_candidates;
  std::vector<RelayFact> relays;
  bool ice_checking = false;
  bool ice_connected = false;
  bool consent_lost = false;  // the way that was there is gone; not once there is another
  bool moved = false;         // this machine has other addresses, likewise
  bool rang = false;          // at the far end, or its network played something
  bool confirmed = true;      // both ends know of the answer
  bool keys_awaited = false;  // in the media path
  std::string keys_by;        // "DTLS", "ZRTP"
  bool keys_agreed = false;
  bool downgrade_refused = false;            // a running call was to go on with less protection
  bool words_missing = false;                // of ZRTP, which were compared with this person before
  std::optional<base::Error> route_error;    // why the signalling found no way
  std::optional<base::Error> media_error;    // that ended it, or why a description was refused
  std::vector<std::string> capture_trouble;  // in words
  std::vector<std::string> playback_trouble;

  bool account_online = true;
  std::string account_message;  // why it is not

  std::optional<model::MediaStats> stats;
  base::Duration rang_for{0};      // of a call from here, until it was answered or ended
  base::Duration since_answer{0};  // 0: not answered
  base::Duration since_usable{0};  // how long sound could go both ways; 0: it cannot
};

}  // namespace commd::core
