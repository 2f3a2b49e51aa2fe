// The calls of one account: ports::Signalling's part of them, by Jingle (jingle_call.h) with
// proposals before (jmi_calls.h).
//
// To a bare address a call is proposed, and goes to the device that says to go on; to a full one
// it goes at once. Of a call that is proposed to us the core gets no offer; when it accepts (its
// own offer then has nobody to read it) the caller is told to go on, and its offer comes as one
// that is made in a running call.
//
// XMPP thread. What comes in is hostile.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "daemon/ports/signalling.h"
#include "daemon/ports/timers.h"
#include "daemon/xmpp/ice_server_flow.h"
#include "daemon/xmpp/iq_requests.h"
#include "daemon/xmpp/jingle_sessions.h"
#include "daemon/xmpp/jmi_calls.h"
#include "daemon/xmpp/roster.h"
#include "daemon/xmpp/stream_management.h"

namespace commd::xmpp {

class XmppLeg;

class XmppCalls {
 public:
  static constexpr size_t most_legs = 50;
  // From the word to go on to the session itself.
  static constexpr std::chrono::seconds session_patience{30};
  // Nobody answers a proposal or an offer of ours.
  static constexpr std::chrono::seconds answer_patience{180};

  // Each outlives it.
  struct Parts {
    model::AccountId id;
    Jid account;  // bare
    ports::Timers& timers;
    const Roster& roster;
    JingleSessions& sessions;
    // Tells the core something; from any point, in order.
    std::function<void(std::function<void(ports::SignallingEvents&)>)> tell;
    const ports::Clock& clock;
    // The address of this machine that reaches the server.
    std::function<std::string()> local_ip;
    // Whom the account trusts (a PEM file; empty: whom the system does), also as relays.
    std::function<std::string()> ca_file;
    // As Network::find_ice_servers().
    std::function<net::OperationHandle(IceServerFlow::Servers,
                                       std::function<void(IceServerFlow::Servers)>)>
        find_ice_servers;
    // Something was sent outside of all calls to this.
    std::function<void()> flush;
    // False: too much waits already.
    std::function<bool(const Stanza&, StanzaKind)> send;
    // Whether that bare address is one of the rooms that this person is in.
    std::function<bool(const Jid&)> is_room;
  };
  explicit XmppCalls(Parts parts);
  ~XmppCalls();
  XmppCalls(const XmppCalls&) = delete;
  XmppCalls& operator=(const XmppCalls&) = delete;

  // ---- the session -------------------------------------------------------------------

  // `self`: this end, full.
  void session_began(const Jid& self);
  void session_cut(bool can_resume);
  // Ends all calls on the wire; session_ended() follows.
  void say_goodbye();
  void session_ended();

  // True: it was for this.
  bool take_iq(const Element& iq);
  // Of the account's settings, beside those of its server.
  void set_ice_servers(IceServerFlow::Servers own) { servers_.set_own(std::move(own)); }
  // A proposal and what belongs to it, also as a carbon copy.
  bool take_message(const Element& message, base::WallTime now);
  // For `sessions`: offers of calls.
  JingleSessions::Offers offers();

  // ---- the verbs of ports::Signalling ------------------------------------------------

  void route(const std::string& target, std::function<void(base::Result<ports::MediaRoute>)> done);
  void invite(const model::LegId& leg, ports::InviteRequest request);
  void ring(const model::LegId& leg);
  void accept(const model::LegId& leg, model::SessionDescription description);
  void refuse(const model::LegId& leg, ports::Refusal refusal);
  void hang_up(const model::LegId& leg);
  void modify(const model::LegId& leg, model::SessionDescription offer);
  void answer_offer(const model::LegId& leg, model::SessionDescription answer);
  void refuse_offer(const model::LegId& leg, ports::Refusal refusal);
  void tell_transport(const model::LegId& leg, size_t stream,
                      const model::TransportDescription& news);
  void transfer(const model::LegId& leg, const std::string& target);
  void transfer_to(const model::LegId& leg, const model::LegId& other);
  // How the call that a transfer of the far end asked for goes on: with a success this one is
  // over.
  void report_transfer(const model::LegId& leg, int sip_code);

  bool has(const model::LegId& leg) const { return legs_.contains(leg); }
  size_t size() const { return legs_.size(); }

 private:
  friend class XmppLeg;
  using Tell = std::function<void(ports::SignallingEvents&)>;

  XmppLeg* find(const model::LegId& leg);
  XmppLeg* find(const JmiKey& key);
  XmppLeg& add(const model::LegId& leg, const Jid& peer);
  void tell(Tell what) { parts_.tell(std::move(what)); }
  JmiCalls::Told told_by_proposals();
  // Hangs up a leg with which nothing has happened by then.
  void give_up_after(std::chrono::seconds patience, XmppLeg& leg, model::EndReason reason);
  void proposed(const JmiCalls::Proposal& proposal);
  void proceeded(const JmiKey& key, const Jid& device);
  void proposal_ended(const JmiKey& key, JmiCalls::End end, const std::string& text);
  std::optional<JingleRefusal> judge_offer(const JingleStanza& stanza);
  void take_offer(const JingleStanza& stanza);
  bool is_of_room(const Element& message) const;
  std::chrono::seconds age_of(const Element& message, base::WallTime copied,
                              base::WallTime now) const;
  ports::IncomingCall incoming_from(const Jid& peer) const;
  base::Result<void> check_target(const std::string& target) const;
  ports::MediaRoute media_route() const;
  // Its end was told; it goes when nobody is inside of it any more.
  void over(XmppLeg& leg);
  void sweep();
  void lose_all();
  void retract_lost();

  Parts parts_;
  Jid self_;
  IqRequests requests_;
  IceServerFlow servers_;
  std::unique_ptr<JmiCalls> proposals_;  // none without a session
  // Ours that nobody had answered when a session was lost: their devices may ring still.
  std::vector<JmiKey> lost_proposals_;
  std::map<model::LegId, std::unique_ptr<XmppLeg>> legs_;
  std::vector<std::unique_ptr<XmppLeg>> gone_;
  ports::TimerHandle sweep_;
};

}  // namespace commd::xmpp
