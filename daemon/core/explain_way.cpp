// Why media has no way to the far end (ICE), or no keys (DTLS): while they are looked for, and
// where they were not found.
#include <algorithm>

#include "daemon/core/explain.h"
#include "daemon/core/explain_rules.h"

namespace commd::core {
namespace {

using model::CallState;
using model::Finding;
using Severity = Finding::Severity;

std::string counted(const CandidateCount& count) {
  return std::to_string(count.host) + " of its own, " + std::to_string(count.reflexive) +
         " by STUN, " + std::to_string(count.relayed) + " by relays";
}

std::string tried(const CallFacts& facts) {
  return " Addresses that were told: by this end " + counted(facts.our_candidates) +
         "; by the far end " + counted(facts.their_candidates) + ".";
}

const RelayFact* failed_relay(const CallFacts& facts, const std::string& reason) {
  const auto found = std::find_if(facts.relays.begin(), facts.relays.end(),
                                  [&](const RelayFact& relay) { return relay.reason == reason; });
  return found == facts.relays.end() ? nullptr : &*found;
}

bool relay_ready(const CallFacts& facts) {
  return facts.our_candidates.relayed > 0 ||
         std::any_of(facts.relays.begin(), facts.relays.end(),
                     [](const RelayFact& relay) { return relay.reason.empty(); });
}

// libnice tells that all is over, not what became of each server: of several that are asked at once
// nobody knows which one was silent, and which has refused.
Finding relay_without_answer(const CallFacts& facts, const std::string& what) {
  if (facts.relays.size() + facts.stun_servers == 1)
    return {Severity::problem, "RELAY_SILENT", what + " did not answer.",
            "Check the address and the port of the TURN server, and that this network lets "
            "packets to it through; one over TCP or TLS passes most firewalls."};
  return {Severity::problem, "RELAY_UNUSABLE",
          what + " gave no address: it refused the user name or the password, or did not answer.",
          "Check the user name, the password, the address and the port of the TURN server; commctl "
          "doctor asks each one by itself. If this network lets nothing to it through: one over "
          "TCP or TLS passes most firewalls."};
}

// A way that failed, or is looked for in vain, mostly lacks a relay: which of the reasons.
Finding no_way(const CallFacts& facts, const std::string& what) {
  const std::string text = what + tried(facts);
  const auto named = [](const RelayFact& relay) {
    return " The relay " + relay.server + " over " + relay.protocol;
  };
  if (facts.their_candidates.all() == 0)
    return {Severity::problem, "NO_REMOTE_CANDIDATES",
            what + " The far end has told no address where it can be reached.",
            "The far end's device has no network that it may use, or keeps its addresses to "
            "itself: look at its ICE settings."};
  if (relay_ready(facts) && !facts.media_error)
    return {Severity::problem, "NO_PATH_YET", text + " They still try, also by the relay.",
            "Wait some seconds: it is slow where networks are. If it does not come, have the far "
            "end use a TURN server as well."};
  if (relay_ready(facts))
    return {Severity::problem, "NO_PATH", text + " Not even by the relay.",
            "The far end, or the relay, cannot send to where the other is: the networks let UDP "
            "through in neither direction. Have the far end use a TURN server as well, over TCP "
            "or TLS if its network has no UDP."};
  if (const RelayFact* relay = failed_relay(facts, "TURN_REFUSED"))
    return {Severity::problem, "RELAY_REFUSED",
            text + named(*relay) + " refused the user name or the password.",
            "Set the right user name and password of the TURN server (turn of the account, or "
            "what its XMPP server gives out)."};
  if (const RelayFact* relay = failed_relay(facts, "TURN_SILENT"))
    return relay_without_answer(facts, text + named(*relay));
  if (const RelayFact* relay = failed_relay(facts, "TURN_UNREACHABLE"))
    return {Severity::problem, "RELAY_UNREACHABLE",
            text + named(*relay) + " cannot be reached from the addresses of this machine.",
            "The relay is of another address family (IPv4, IPv6) than this network: name one of "
            "this network's."};
  if (facts.turn_servers > 0)
    return {Severity::problem, "RELAY_SILENT", text + " The TURN server gave no address so far.",
            "Check the address, the port and the password of the TURN server."};
  return {Severity::problem, "NO_RELAY", text + " No relay stood in, for no TURN server is set.",
          "Set a TURN server: commctl account set ACCOUNT turn=HOST (an XMPP server may name one "
          "itself). Two networks that both hide their devices need one."};
}

Finding consent_lost() {
  return {Severity::problem, "CONSENT_LOST",
          "The way for sound worked, then the far end did not answer on it for ten seconds.",
          "The far end has lost its network or has moved to another: wait some seconds, a new way "
          "is sought; then call again."};
}

Findings explain_failure(const CallFacts& facts, const base::Error& error) {
  if (error.reason == "ICE_FAILED")
    return {no_way(facts, "No way for sound was found between the two ends.")};
  if (error.reason == "ICE_CONSENT_LOST") return {consent_lost()};
  if (error.reason == "ICE_NO_ADDRESS")
    return {{Severity::problem, "NO_LOCAL_ADDRESS", error.message + ".",
             "Connect this machine to a network, or widen [media] rtp_ports."}};
  for (const char* keys : {"DTLS_", "FINGERPRINT_", "ZRTP_"})
    if (error.reason.starts_with(keys)) return {keys_failed(error)};
  return {};
}

}  // namespace

Findings explain_way(const CallFacts& facts) {
  if (facts.media_error) {
    Findings failed = explain_failure(facts, *facts.media_error);
    if (!failed.empty()) return failed;
  }
  const bool gone = facts.consent_lost || facts.moved;
  const bool waits = facts.call.state == CallState::connecting ||
                     (facts.call.state == CallState::ended && (!facts.ice_connected || gone));
  if (!waits || facts.since_answer < patience_with_silence) return {};
  if (facts.consent_lost) return {consent_lost()};
  if (facts.moved)
    return {{Severity::problem, "NETWORK_CHANGED",
             "The network of this machine has changed, and no new way for sound is found yet.",
             "Wait some seconds. If it stays silent look whether the new network lets calls "
             "through, then call again."}};
  if (facts.ice_checking && !facts.ice_connected)
    return {no_way(facts, "The two ends have not found a way for sound to each other yet.")};
  if (facts.keys_awaited && !facts.keys_agreed) return {keys_missing(facts)};
  if (facts.call.state == CallState::connecting && !facts.confirmed)
    return {
        {facts.stats && facts.stats->received.packets > 0 ? Severity::warning : Severity::problem,
         "ANSWER_NOT_CONFIRMED",
         "The call is answered here, but the far end has not confirmed it (no ACK): it may not "
         "know.",
         "Its confirmation does not arrive: the address in its Contact, a proxy or a firewall "
         "keeps it away. Without it the call ends within half a minute; try transport=tcp or "
         "tls."}};
  return {};
}

}  // namespace commd::core
