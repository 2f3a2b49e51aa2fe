// The port between the core and a signalling protocol (SIP today, XMPP next).
//
// The protocol room owns the wire: transactions, dialogs, retransmission,
// authentication, registration. The core owns the call: its state, offer and
// answer, glare, policy. They speak in LegId and SessionDescription.
//
// Every method is called on the core thread and returns at once; what happens is
// told through SignallingEvents, on the core thread, never from inside the call.
// After ended() nothing more is told of a leg, and calls naming it are ignored.
#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "daemon/base/result.h"
#include "daemon/base/secret.h"
#include "daemon/model/account.h"
#include "daemon/model/call.h"
#include "daemon/model/ice_server.h"
#include "daemon/model/ids.h"
#include "daemon/model/session_description.h"

namespace commd::ports {

// How a call will travel, known before its offer is made.
struct MediaRoute {
  // The local address that reaches the peer (the c= line's); IP literal.
  std::string local_ip;
  // The address the signalling goes to; IP literal. Empty if not known yet.
  std::string peer_ip;
  // Keys may go in the signalling: TLS with a verified certificate, or loopback.
  bool signalling_protected = false;
  // tell_transport() reaches the far end (XEP-0176, RFC 8838).
  bool trickle = false;
  // The far ends of this protocol have RTP and RTCP share a port.
  bool rtcp_mux_only = false;
  // Of the account's settings and its server's (XEP-0215), with addresses instead of names.
  std::vector<model::IceServer> ice_servers;
};

struct InviteRequest {
  model::AccountId account;
  std::string target;  // sip:, sips:, tel: or xmpp: URI
  model::SessionDescription offer;
  bool hide_identity = false;  // RFC 3323, 3325
  // Replaces an existing call of the far end (RFC 3891), from a REFER we accepted.
  std::string replaces;
  std::string referred_by;  // RFC 3892
};

struct IncomingCall {
  model::AccountId account;
  model::Party remote;
  model::Party local;
  // Empty: the peer wants our offer (delayed offer, RFC 3264 section 4).
  std::optional<model::SessionDescription> offer;
  // Its offer comes with offered() once it knows that the person has answered (XEP-0353):
  // accept() is called with an empty description.
  bool offer_follows = false;
  MediaRoute route;
  std::string diverted_by;
  std::string referred_by;
  // User part of the request that names a service of the local account ("echo").
  std::string service;
  // Valid RFC 3891 Replaces: the leg this call takes the place of.
  model::LegId replaces;
  // The peer identity was asserted by a trusted proxy (RFC 3325).
  bool asserted = false;
};

enum class Progress { trying, ringing, early_media };

// Why a leg ended, in both vocabularies.
struct LegEnd {
  model::EndReason reason = model::EndReason::hung_up;
  model::EndedBy by = model::EndedBy::remote;
  model::EndDetail detail;
};

// What the core answers to an unwanted call or offer.
enum class Refusal {
  busy,                 // 486; the person's word, which a protocol that rings all devices of a
                        // person says for all of them
  device_busy,          // 486; this device has too many calls, the others may go on ringing
  declined,             // 603
  unavailable,          // 480
  not_found,            // 404
  incompatible_media,   // 488
  encryption_required,  // 488 with a Warning that says so
  overload,             // 503 with Retry-After
  loop,                 // 482
};

// State of an account as its protocol sees it.
struct AccountReport {
  model::AccountState state = model::AccountState::connecting;
  std::string reason;
  std::string message;
  std::string server_in_use;
  std::chrono::milliseconds retry_in{0};
  // How far the server's clock is ahead of ours, where it has said what time it is.
  std::optional<std::chrono::seconds> clock_ahead{};
};

// The core's side.
class SignallingEvents {
 public:
  virtual ~SignallingEvents() = default;

  virtual void account_report(const model::AccountId& account, const AccountReport& report) = 0;
  // What the account's mailbox says, or that it says nothing.
  virtual void message_waiting(const model::AccountId& account,
                               const model::MessageWaiting& waiting) = 0;
  // A fact to keep over restarts, see ports::PutFact.
  virtual void remember(const std::string& key, const std::string& value) = 0;
  virtual void notice(const std::string& reason, const std::string& message,
                      const std::string& subject) = 0;

  virtual void incoming(const model::LegId& leg, IncomingCall call) = 0;
  // A provisional answer of one branch; `answer` where it carried one. A branch
  // may be told several times.
  virtual void progress(const model::LegId& leg, const model::BranchId& branch, Progress progress,
                        std::optional<model::SessionDescription> answer) = 0;
  // The first final acceptance: this branch is the call. `answer` is empty if the
  // branch gave it before.
  virtual void accepted(const model::LegId& leg, const model::BranchId& branch,
                        std::optional<model::SessionDescription> answer) = 0;
  // The peer has our acceptance (ACK). `answer` if we had made the offer in it.
  virtual void confirmed(const model::LegId& leg,
                         std::optional<model::SessionDescription> answer) = 0;
  // A new offer of the peer (re-INVITE, UPDATE, content-modify): the core calls
  // answer_offer() or refuse_offer(). No description: the peer wants ours.
  virtual void offered(const model::LegId& leg, std::optional<model::SessionDescription> offer) = 0;
  // More of how a stream travels that the peer has described: candidates, that there are no more
  // (RFC 8838, XEP-0176). Also while it rings.
  virtual void transport(const model::LegId& leg, size_t stream,
                         model::TransportDescription news) = 0;
  // The peer's answer to our modify().
  virtual void answered(const model::LegId& leg, model::SessionDescription answer) = 0;
  // Our modify() was refused; the session is as before. `glare` (491): try again
  // after a while of the core's choosing.
  virtual void modify_refused(const model::LegId& leg, bool glare, int sip_code) = 0;
  // The session must be offered once more as it is, or it ends (RFC 4028): the core
  // calls modify().
  virtual void refresh_due(const model::LegId& leg) = 0;
  // The peer's identity changed (re-INVITE, UPDATE, transfer).
  virtual void identity(const model::LegId& leg, model::Party remote) = 0;
  // A digit by signalling (INFO).
  virtual void digit(const model::LegId& leg, char digit) = 0;
  // The peer asks us to call somebody else (REFER): the core calls
  // accept_transfer() or refuse_transfer().
  virtual void transfer_requested(const model::LegId& leg, const std::string& target,
                                  const std::string& replaces, const std::string& referred_by) = 0;
  virtual void transfer_progress(const model::LegId& leg, model::TransferStatus status) = 0;
  virtual void ended(const model::LegId& leg, LegEnd end) = 0;
};

class Signalling {
 public:
  virtual ~Signalling() = default;

  // Brings an account up, or changes one that is up (only what changed is
  // renewed). `facts` are those remembered for it.
  virtual void account_up(const model::Account& account, base::Secret password,
                          const std::map<std::string, std::string>& facts) = 0;
  // Un-registers and forgets. Legs of the account end with account_offline.
  virtual void account_down(const model::AccountId& account) = 0;

  // Finds how `target` is reached. UNAVAILABLE with a reason (DNS_FAILED ...).
  virtual void route(const model::AccountId& account, const std::string& target,
                     std::function<void(base::Result<MediaRoute>)> done) = 0;

  virtual void invite(const model::LegId& leg, InviteRequest request) = 0;
  // Incoming: the phone rings (180). Nothing of media is revealed.
  virtual void ring(const model::LegId& leg) = 0;
  // Incoming: answer. An answer to the call's offer, or an offer if it had none.
  virtual void accept(const model::LegId& leg, model::SessionDescription description) = 0;
  virtual void refuse(const model::LegId& leg, Refusal refusal) = 0;
  // Incoming: 302 to another address.
  virtual void redirect(const model::LegId& leg, const std::string& target) = 0;
  // Ends whatever state the leg is in: CANCEL, BYE, or a final answer. ended()
  // follows, at once for the person even if the peer is mute.
  virtual void hang_up(const model::LegId& leg) = 0;

  virtual void modify(const model::LegId& leg, model::SessionDescription offer) = 0;
  virtual void answer_offer(const model::LegId& leg, model::SessionDescription answer) = 0;
  virtual void refuse_offer(const model::LegId& leg, Refusal refusal) = 0;

  // More of how a stream of ours travels, of the description that was given last; only where
  // MediaRoute::trickle is.
  virtual void tell_transport(const model::LegId& leg, size_t stream,
                              model::TransportDescription news) = 0;

  // A digit by signalling (INFO application/dtmf-relay), duration in ms.
  virtual void send_digit(const model::LegId& leg, char digit, unsigned duration_ms) = 0;

  // Ask the peer to call `target` (REFER); with `other`, to take over our call
  // there (Refer-To with Replaces).
  virtual void transfer(const model::LegId& leg, const std::string& target) = 0;
  virtual void transfer_to_leg(const model::LegId& leg, const model::LegId& other) = 0;
  virtual void accept_transfer(const model::LegId& leg) = 0;
  virtual void refuse_transfer(const model::LegId& leg) = 0;
  // How the call that accept_transfer() promised goes on (sipfrag); a final code
  // ends the report.
  virtual void report_transfer(const model::LegId& leg, int sip_code,
                               const std::string& phrase) = 0;

  // Addresses listened on, for `commctl status`: "udp 127.0.0.1:5060".
  virtual std::vector<std::string> listening() const = 0;

  // Ends calls and registrations politely; `done` within 2 s at the latest.
  virtual void shut_down(std::function<void()> done) = 0;
};

}  // namespace commd::ports
