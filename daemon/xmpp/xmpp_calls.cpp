#include "daemon/xmpp/xmpp_calls.h"

#include <algorithm>
#include <utility>

#include "daemon/base/random.h"
#include "daemon/xmpp/forwarded.h"
#include "daemon/xmpp/jingle_rtp.h"
#include "daemon/xmpp/message_stanza.h"
#include "daemon/xmpp/namespaces.h"
#include "daemon/xmpp/xmpp_leg.h"

namespace commd::xmpp {
namespace {

base::Error connection_lost() {
  return {base::Code::unavailable, "CONNECTION_LOST", "the connection to the server was lost", {}};
}

ports::LegEnd end_of(JmiCalls::End end, const std::string& text) {
  using model::EndReason;
  ports::LegEnd told;
  told.by = model::EndedBy::remote;
  told.detail.text = text;
  switch (end) {
    case JmiCalls::End::retracted:
      told.reason = EndReason::cancelled;
      break;
    case JmiCalls::End::rejected:
      told.reason = EndReason::declined;
      break;
    case JmiCalls::End::busy:
      told.reason = EndReason::busy;
      break;
    case JmiCalls::End::answered_elsewhere:
      told.reason = EndReason::answered_elsewhere;
      break;
    case JmiCalls::End::rejected_elsewhere:
      told.reason = EndReason::declined;
      told.by = model::EndedBy::local;
      break;
    case JmiCalls::End::crossed:
      told.reason = EndReason::redirected;
      break;
    case JmiCalls::End::unreachable:
      told.reason = EndReason::unavailable;
      told.by = model::EndedBy::network;
      break;
    case JmiCalls::End::finished:
      told.reason = EndReason::hung_up;
      break;
  }
  return told;
}

}  // namespace

XmppCalls::XmppCalls(Parts parts)
    : parts_(std::move(parts)),
      requests_(parts_.account, parts_.timers,
                [this](const Stanza& iq) { return parts_.send(iq, StanzaKind::iq); }),
      servers_(
          {parts_.account, parts_.timers, parts_.clock,
           [this](const Stanza& iq, IqRequests::Done done) { requests_.ask(iq, std::move(done)); },
           parts_.find_ice_servers}) {}

XmppCalls::~XmppCalls() = default;

// ---- the session -----------------------------------------------------------------------------

void XmppCalls::session_began(const Jid& self) {
  lose_all();
  self_ = self;
  proposals_ = std::make_unique<JmiCalls>(
      self_, [this](const Jid& who) { return parts_.roster.may_know(who); },
      [this](const Stanza& message) { parts_.send(message, StanzaKind::passing); },
      told_by_proposals());
  servers_.session_began();
  retract_lost();
}

bool XmppCalls::take_iq(const Element& iq) {
  if (requests_.take(iq)) return true;
  if (!servers_.take_push(iq)) return false;
  parts_.send(make_result(iq), StanzaKind::iq);
  return true;
}

void XmppCalls::session_cut(bool can_resume) {
  if (!can_resume) lose_all();
}

void XmppCalls::session_ended() { lose_all(); }

void XmppCalls::say_goodbye() {
  for (const auto& [id, leg] : legs_) leg->hang_up();
}

void XmppCalls::lose_all() {
  if (proposals_) {
    const std::vector<JmiKey> unanswered = proposals_->unanswered();
    lost_proposals_.insert(lost_proposals_.end(), unanswered.begin(), unanswered.end());
  }
  proposals_.reset();
  std::vector<XmppLeg*> all;
  for (const auto& [id, leg] : legs_) all.push_back(leg.get());
  for (XmppLeg* leg : all) {
    if (leg->call()) leg->call()->lost();
    leg->tell_end({model::EndReason::account_offline, model::EndedBy::network, {}});
  }
  servers_.session_ended();
  requests_.fail_all(connection_lost());
}

// Any device of the caller may say so, and so may this one in a session of its own.
void XmppCalls::retract_lost() {
  for (const JmiKey& key : std::exchange(lost_proposals_, {}))
    parts_.send(make_jmi_end(key.peer, JmiKind::retract, key.id,
                             {JingleReason::cancel, "The caller was cut off"}),
                StanzaKind::passing);
}

XmppLeg* XmppCalls::find(const model::LegId& leg) {
  const auto found = legs_.find(leg);
  return found == legs_.end() ? nullptr : found->second.get();
}

XmppLeg* XmppCalls::find(const JmiKey& key) {
  for (const auto& [id, leg] : legs_)
    if (leg->proposal == key) return leg.get();
  return nullptr;
}

XmppLeg& XmppCalls::add(const model::LegId& id, const Jid& peer) {
  auto& leg = legs_[id];
  leg = std::make_unique<XmppLeg>(*this, id, peer);
  return *leg;
}

void XmppCalls::over(XmppLeg& leg) {
  auto node = legs_.extract(leg.id());
  if (node.empty()) return;
  node.mapped()->patience.reset();
  gone_.push_back(std::move(node.mapped()));
  sweep_ = parts_.timers.after({}, [this] { sweep(); });
}

void XmppCalls::sweep() {
  gone_.clear();
  sweep_.reset();
}

// ---- proposals -------------------------------------------------------------------------------

bool XmppCalls::take_message(const Element& message, base::WallTime now) {
  if (!proposals_) return false;
  const auto carbon = read_carbon(message, parts_.account, now);
  const Element& inner = carbon ? carbon->message : message;
  if (is_of_room(inner)) return false;
  if (proposals_->take_error(message)) return true;
  const auto read = read_jmi(inner);
  if (!read) return false;
  proposals_->take(*read, age_of(inner, carbon ? carbon->time : base::WallTime{}, now));
  return true;
}

// Nobody calls from behind the nick of a room, nor is called there: also not where another device
// of this person is in that room (XEP-0045 section 7.5), and this one knows it not for one.
bool XmppCalls::is_of_room(const Element& message) const {
  const bool says_so = bool(message.child("x", ns::kRoomUser));
  for (const std::string_view end : {message.from(), message.to()}) {
    const auto jid = Jid::parse(end);
    if (!jid || jid->same_bare(parts_.account)) continue;
    if (parts_.is_room(jid->bare()) || (says_so && !parts_.roster.contains(*jid))) return true;
  }
  return false;
}

// How long it has waited on its way, as the own server says; a copy, when that was made.
std::chrono::seconds XmppCalls::age_of(const Element& message, base::WallTime copied,
                                       base::WallTime now) const {
  base::WallTime first = copied == base::WallTime{} ? now : copied;
  const base::WallTime waited = waited_since(message, parts_.account, now);
  if (waited != base::WallTime{}) first = std::min(first, waited);
  return std::chrono::duration_cast<std::chrono::seconds>(now - first);
}

JmiCalls::Told XmppCalls::told_by_proposals() {
  return {[this](const JmiCalls::Proposal& proposal) { proposed(proposal); },
          [this](const JmiCalls::Proposal& proposal) {
            // For the list of calls: somebody has called, and nobody was there.
            const model::LegId leg(base::random_token(16));
            tell([leg, call = incoming_from(proposal.device)](ports::SignallingEvents& core) {
              core.incoming(leg, call);
              core.ended(leg, {model::EndReason::cancelled, model::EndedBy::remote, {}});
            });
          },
          [this](const JmiKey& key, const Jid& device) {
            if (XmppLeg* leg = find(key))
              tell([id = leg->id(),
                    branch = model::BranchId(device.str())](ports::SignallingEvents& core) {
                core.progress(id, branch, ports::Progress::ringing, std::nullopt);
              });
          },
          [this](const JmiKey& key, const Jid& device) { proceeded(key, device); },
          [this](const JmiKey& key, JmiCalls::End end, const std::string& text) {
            proposal_ended(key, end, text);
          }};
}

ports::IncomingCall XmppCalls::incoming_from(const Jid& peer) const {
  ports::IncomingCall call;
  call.account = parts_.id;
  call.remote.address = "xmpp:" + peer.bare().str();
  call.local.address = "xmpp:" + parts_.account.str();
  call.route = media_route();
  // Servers vouch for their users' addresses (RFC 6120 section 8.1.2.1).
  call.asserted = true;
  return call;
}

void XmppCalls::proposed(const JmiCalls::Proposal& proposal) {
  const model::LegId id(base::random_token(16));
  XmppLeg& leg = add(id, proposal.device);
  leg.incoming = true;
  leg.proposal = proposal.key;
  ports::IncomingCall call = incoming_from(proposal.device);
  call.offer_follows = true;
  tell([id, call = std::move(call)](ports::SignallingEvents& core) { core.incoming(id, call); });
}

void XmppCalls::proceeded(const JmiKey& key, const Jid& device) {
  if (XmppLeg* leg = find(key)) leg->initiate(device, key.id);
}

void XmppCalls::proposal_ended(const JmiKey& key, JmiCalls::End end, const std::string& text) {
  XmppLeg* leg = find(key);
  if (!leg) return;
  leg->proposal.reset();
  // A session that runs says itself how it ends.
  if (!leg->call()) leg->tell_end(end_of(end, text));
}

// ---- sessions --------------------------------------------------------------------------------

JingleSessions::Offers XmppCalls::offers() {
  return {[](const JingleStanza& stanza) { return is_rtp(stanza); },
          [this](const JingleStanza& stanza) { return judge_offer(stanza); },
          [this](const JingleStanza& stanza) { take_offer(stanza); }};
}

std::optional<JingleRefusal> XmppCalls::judge_offer(const JingleStanza& stanza) {
  const bool awaited = proposals_ && proposals_->awaits(stanza.from, stanza.sid);
  // Who may not know whether this person is there is not told it by an answer; and who has
  // proposed has to wait for one.
  const bool waits = find(JmiKey{stanza.from.bare(), stanza.sid}) != nullptr;
  if (!awaited && (waits || !parts_.roster.may_know(stanza.from) || !stanza.from.is_full()))
    return Condition::service_unavailable;
  for (const auto& [id, leg] : legs_)
    if (leg->call() && leg->call()->overrules(stanza))
      return JingleRefusal(Condition::conflict, "tie-break");
  if (!JingleCall::is_from_initiator(stanza) || !read_rtp(stanza, JingleParty::initiator))
    return Condition::bad_request;
  if (!awaited && legs_.size() >= most_legs) return Condition::resource_constraint;
  return std::nullopt;
}

void XmppCalls::take_offer(const JingleStanza& stanza) {
  auto offer = *read_rtp(stanza, JingleParty::initiator);
  const bool nothing = std::all_of(offer.streams.begin(), offer.streams.end(),
                                   [](const auto& stream) { return stream.rejected; });
  XmppLeg* leg = find(JmiKey{stanza.from.bare(), stanza.sid});
  if (nothing) {
    const JingleWhy why{JingleReason::unsupported_applications, "Nothing of it is spoken here"};
    parts_.send(make_jingle_end(stanza.from, stanza.sid, why.reason, why.text), StanzaKind::iq);
    if (leg) leg->tell_end({model::EndReason::incompatible_media, model::EndedBy::daemon, {}}, why);
    return;
  }
  if (leg) {
    leg->begin(stanza, offer, XmppLeg::Answered::yes);
    return tell(
        [id = leg->id(), offer](ports::SignallingEvents& core) { core.offered(id, offer); });
  }
  const model::LegId id(base::random_token(16));
  XmppLeg& made = add(id, stanza.from);
  made.incoming = true;
  made.begin(stanza, offer, XmppLeg::Answered::no);
  ports::IncomingCall call = incoming_from(stanza.from);
  call.offer = std::move(offer);
  if (const auto transfer = read_transfer(stanza.jingle); transfer && !transfer->from.empty())
    call.referred_by = "xmpp:" + transfer->from.str();
  tell([id, call](ports::SignallingEvents& core) { core.incoming(id, call); });
}

// ---- the verbs -------------------------------------------------------------------------------

ports::MediaRoute XmppCalls::media_route() const {
  ports::MediaRoute route;
  route.local_ip = parts_.local_ip();
  route.signalling_protected = true;
  route.trickle = true;
  route.rtcp_mux_only = true;
  route.ice_servers = servers_.known();
  for (model::IceServer& server : route.ice_servers) server.ca_file = parts_.ca_file();
  return route;
}

void XmppCalls::route(const std::string& target,
                      std::function<void(base::Result<ports::MediaRoute>)> done) {
  if (const auto fine = check_target(target); !fine) return done(base::fail(fine.error()));
  servers_.when_known([this, done = std::move(done)](const auto&) {
    ports::MediaRoute found = media_route();
    if (found.local_ip.empty())
      return done(
          base::fail(base::Code::unavailable, "NO_ROUTE",
                     "no address of this machine reaches the server of " + parts_.id.str()));
    done(std::move(found));
  });
}

base::Result<void> XmppCalls::check_target(const std::string& target) const {
  if (!proposals_)
    return base::fail(base::Code::unavailable, "ACCOUNT_NOT_ONLINE",
                      "the account " + parts_.id.str() + " is not online");
  const auto to = jid_of_target(target);
  if (!to)
    return base::fail(base::Code::invalid_argument, "INVALID_ADDRESS",
                      "an account of XMPP calls addresses like xmpp:bob@example.org");
  if (*to == parts_.account)
    return base::fail(
        base::Code::invalid_argument, "INVALID_ADDRESS",
        "that is the account itself; name one of its other devices: xmpp:" + to->str() + "/DEVICE");
  return {};
}

void XmppCalls::invite(const model::LegId& id, ports::InviteRequest request) {
  const auto target = jid_of_target(request.target);
  const auto fail = [&](model::EndReason reason) {
    tell([id, reason](ports::SignallingEvents& core) {
      core.ended(id, {reason, model::EndedBy::daemon, {}});
    });
  };
  if (!target) return fail(model::EndReason::not_found);
  if (!proposals_) return fail(model::EndReason::account_offline);
  if (legs_.size() >= most_legs) return fail(model::EndReason::limit_reached);
  XmppLeg& leg = add(id, *target);
  leg.request = std::move(request);
  if (target->is_full()) return leg.initiate(*target, JingleSessions::make_sid());
  std::vector<model::MediaKind> media;
  for (const model::StreamDescription& stream : leg.request->offer.streams)
    if (!stream.rejected) media.push_back(stream.kind);
  leg.proposal = proposals_->propose(*target, media);
  give_up_after(answer_patience, leg, model::EndReason::no_answer);
}

void XmppCalls::give_up_after(std::chrono::seconds patience, XmppLeg& leg,
                              model::EndReason reason) {
  leg.patience = parts_.timers.after(patience, [this, id = leg.id(), reason] {
    XmppLeg* silent = find(id);
    if (!silent) return;
    silent->hang_up();
    silent->tell_end({reason, model::EndedBy::daemon, {}});
    parts_.flush();
  });
}

void XmppCalls::ring(const model::LegId& id) {
  XmppLeg* leg = find(id);
  if (!leg) return;
  if (leg->call()) return leg->call()->ring();
  if (leg->proposal) proposals_->ring(*leg->proposal);
}

void XmppCalls::accept(const model::LegId& id, model::SessionDescription description) {
  XmppLeg* leg = find(id);
  if (!leg) return;
  if (leg->call() || !leg->proposal) return leg->accept(std::move(description));
  leg->proceed();
  give_up_after(session_patience, *leg, model::EndReason::timeout);
}

void XmppCalls::refuse(const model::LegId& id, ports::Refusal refusal) {
  XmppLeg* leg = find(id);
  if (!leg) return;
  leg->refuse(refusal);
  over(*leg);
}

void XmppCalls::hang_up(const model::LegId& id) {
  XmppLeg* leg = find(id);
  if (!leg) return;
  leg->hang_up();
  over(*leg);
}

void XmppCalls::modify(const model::LegId& id, model::SessionDescription offer) {
  XmppLeg* leg = find(id);
  if (leg && leg->call()) leg->call()->modify(std::move(offer));
}

void XmppCalls::answer_offer(const model::LegId& id, model::SessionDescription answer) {
  if (XmppLeg* leg = find(id)) leg->answer_offer(std::move(answer));
}

void XmppCalls::refuse_offer(const model::LegId& id, ports::Refusal refusal) {
  if (XmppLeg* leg = find(id)) leg->refuse_offer(refusal);
}

void XmppCalls::tell_transport(const model::LegId& id, size_t stream,
                               const model::TransportDescription& news) {
  if (XmppLeg* leg = find(id)) leg->tell_transport(stream, news);
}

void XmppCalls::transfer(const model::LegId& id, const std::string& target) {
  XmppLeg* leg = find(id);
  const auto to = jid_of_target(target);
  if (!leg || !leg->call()) return;
  if (to) return leg->call()->transfer({*to, {}, {}});
  leg->call_transfer_told(model::TransferStatus::State::failed,
                          "a call of XMPP is transferred to addresses like xmpp:bob@example.org");
}

void XmppCalls::transfer_to(const model::LegId& id, const model::LegId& other) {
  XmppLeg* leg = find(id);
  XmppLeg* target = find(other);
  if (!leg || !leg->call()) return;
  if (target && target->call())
    return leg->call()->transfer({target->peer(), self_, target->call()->sid()});
  leg->call_transfer_told(model::TransferStatus::State::failed,
                          "the other call is none of this account");
}

void XmppCalls::report_transfer(const model::LegId& id, int sip_code) {
  XmppLeg* leg = find(id);
  if (!leg || !leg->call() || sip_code < 200 || sip_code >= 300) return;
  leg->call()->end_transferred();
  leg->tell_end({model::EndReason::transferred, model::EndedBy::local, {}},
                {JingleReason::success, "Transferred"});
}

}  // namespace commd::xmpp
