// An ICE agent (RFC 8445) with one stream: one way between two machines, whatever
// stands between them. Built on libnice.
//
// Verbs may be called by any thread: they are done on the IceThread, in order, and
// what comes of them is told to the listener there. send() is done at once by the
// caller's thread, the media worker's; libnice allows that: everything of an agent is
// under its mutex (and TURN's under another), which its thread holds for the
// microseconds that reading a packet or sending a check takes, and never while it
// calls back; sockets do not block, and a TCP connection that is full takes nothing.
//
// The life of one: gather(), tell the far end credentials() and the candidates that
// come, set_remote() and add_remote_candidate() with the far end's, on_state(connected).
// Before a local answer nothing of this is done (it would tell where this person is).
// Consent is kept (RFC 7675): the far end is asked every 4 to 6 s, and lost 10 s after
// its last answer.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <vector>

#include "daemon/base/result.h"
#include "daemon/base/unique_fd.h"
#include "daemon/model/session_description.h"
#include "media/ice/ice_events.h"
#include "media/ice/ice_options.h"
#include "media/ice/remote_rules.h"

namespace commd::ice {

enum class SendResult {
  sent,     // to the network or a TCP connection's buffer
  not_now,  // no pair yet, or a TCP connection is full: drop it
  refused,  // consent was lost, the network said no, or the agent is closed
};

class AgentCore;
class IceThread;

class IceAgent {
 public:
  // Of one generation, further ones are refused.
  static constexpr size_t most_remote_candidates = 64;

  // Errors of check(options) and of IceThread::ensure_started(). Thread and listener
  // must outlive the agent.
  static base::Result<std::unique_ptr<IceAgent>> create(IceThread& thread, IceOptions options,
                                                        IceListener& listener);
  // In any state, by any thread: waits for a callback of the listener that runs at this
  // moment (on another thread), after it there is none. Relays are given back afterwards.
  ~IceAgent();
  IceAgent(const IceAgent&) = delete;
  IceAgent& operator=(const IceAgent&) = delete;

  // Of this generation. Not by two threads while restart() is called.
  const IceCredentials& credentials() const { return credentials_; }

  // Once; later calls do nothing. Local addresses that cannot be had are told by
  // on_state(failed), reason ICE_NO_ADDRESS.
  void gather();

  // The far end's credentials, and candidates if there are any yet. A description
  // without trickle, or with end_of_candidates, is the last of its generation. Again
  // only after restart(). ICE_CREDENTIALS_INVALID; of candidates the good ones are
  // taken, the others are in the report.
  base::Result<void> set_remote(const model::IceParameters& parameters);
  // Errors are those of check(candidate), and resource_exhausted, ICE_CANDIDATE_LIMIT.
  // One that leads to loopback or a link where we have no such address ourselves is
  // dropped later, reason ICE_CANDIDATE_UNREACHABLE in the report.
  base::Result<void> add_remote_candidate(const model::IceCandidate& candidate);
  // Without it a component is not failed before `patience` is over.
  void end_of_remote_candidates();

  // RFC 8445, section 9: new credentials, for the next offer; the far end's are to be
  // set again, with its candidates. Media goes on over the old pair meanwhile. Local
  // candidates stay: where the machine's addresses have changed, a new agent is better.
  void restart();

  SendResult send(unsigned component, std::span<const uint8_t> datagram);

  // For a far end that turned out to know nothing of ICE (RFC 8445, section 5.4): the UDP
  // sockets of the host candidates of `ip`, by component, and none where there is none.
  // The agent is over then, and its listener hears no more; `done` is called on the
  // IceThread, whatever becomes of the agent.
  void surrender(const std::string& ip, std::function<void(std::vector<base::UniqueFd>)> done);

  // Calls `done` with the report on the IceThread, unless the agent is destroyed first.
  void report(std::function<void(IceReport)> done) const;

 private:
  IceAgent(IceThread& thread, IceOptions options, IceListener& listener);

  IceThread& thread_;
  const unsigned components_;
  IceCredentials credentials_;
  std::shared_ptr<AgentCore> core_;
};

}  // namespace commd::ice
