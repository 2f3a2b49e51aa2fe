// What an ICE agent tells its owner.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "daemon/base/error.h"
#include "daemon/base/time.h"
#include "daemon/model/session_description.h"
#include "media/ice/ice_options.h"

namespace commd::ice {

// Of one component (RFC 8445, section 6.1.2.6, in the words of WebRTC's transports).
enum class IceState {
  idle,       // nothing was gathered
  gathering,  //
  checking,   // pairs are tried
  connected,  // a pair works: send. Better ones may still be found
  ready,      // done; only consent is kept (RFC 7675)
  failed,     // no pair works, or consent was lost; the error says which
};
const char* to_string(IceState state);

// The pair that is used. `local` is peer-reflexive where a NAT was only found by a
// check. With a relayed local candidate `relay` is the server's place in turn_servers.
struct IcePair {
  model::IceCandidate local;
  model::IceCandidate remote;
  std::optional<size_t> relay;
  RelayProtocol relay_protocol = RelayProtocol::udp;  // if `relay`
};

// What became of one TURN server once gathering is over.
struct RelayOutcome {
  model::TransportAddress server;
  RelayProtocol protocol = RelayProtocol::udp;
  bool relayed = false;  // it gave us an address
  // Else why: TURN_REFUSED (it answered: wrong user name or password, no permission, no
  // room), TURN_SILENT (nothing came for as long as it is asked), TURN_UNREACHABLE (no
  // address of ours is of its family). libnice tells no more than that: which of the
  // first two it was is told from how long it took.
  base::Error error;
};

// Implemented by the owner. All on the agent's IceThread, never from inside a call to
// the agent, and none after the agent is destroyed. Must not block; may call the
// agent, and may destroy it.
class IceListener {
 public:
  virtual ~IceListener() = default;

  // Each once, as it is found (trickle: RFC 8838, XEP-0371); the gathering's end is the
  // end of candidates. With relay_only relayed ones alone.
  virtual void on_local_candidate(const model::IceCandidate& candidate) = 0;
  virtual void on_gathered(const std::vector<RelayOutcome>& relays) = 0;
  // Once: the gathering is over, or `gathering_patience` is. For an offer or answer that
  // has to name all candidates at once; what is found later is still told.
  virtual void on_enough() {}
  // `error` is empty unless the state is failed: ICE_FAILED (no pair worked), or
  // ICE_CONSENT_LOST (one did, but the far end has not answered for 10 s). A failed
  // component comes back if a check succeeds later, or by restart().
  virtual void on_state(unsigned component, IceState state, const base::Error& error) = 0;
  virtual void on_selected_pair(unsigned component, const IcePair& pair) = 0;
  // From an address with which a check, ours or the far end's, was authentic; others'
  // datagrams are dropped. Valid during the call. The first may come before on_state(connected).
  virtual void on_datagram(unsigned component, std::span<const uint8_t> datagram) = 0;
};

// For people who ask why.
struct IceReport {
  struct Refused {
    model::IceCandidate candidate;
    std::string reason;
  };
  struct Step {
    base::MonoTime at;
    unsigned component = 0;  // 0: of all
    std::string what;        // one line, no secret
  };
  // The pairs that checks go over (RFC 8445, section 6.1.2), best first, at most 256.
  // libnice does not tell how each check went, only what was selected.
  struct Pair {
    model::IceCandidate local;
    model::IceCandidate remote;
    uint64_t priority = 0;
    bool selected = false;  // now, or once
  };
  std::vector<model::IceCandidate> local;
  std::vector<model::IceCandidate> remote;  // told, and found by checks
  std::vector<Refused> refused;             // the first 64
  std::vector<Pair> pairs;
  std::vector<RelayOutcome> relays;
  std::vector<Step> steps;  // the first 256
};

}  // namespace commd::ice
