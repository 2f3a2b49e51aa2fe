#include "daemon/xmpp/jingle_call.h"

#include <algorithm>

#include "daemon/xmpp/jingle_rtp.h"
#include "daemon/xmpp/jingle_transport.h"
#include "daemon/xmpp/jingle_values.h"
#include "daemon/xmpp/namespaces.h"

namespace commd::xmpp {

JingleCall::JingleCall(Around around, Jid peer, std::string sid)
    : around_(std::move(around)),
      peer_(std::move(peer)),
      sid_(std::move(sid)),
      us_(JingleParty::initiator) {}

JingleCall::JingleCall(Around around, const JingleStanza& initiate, model::SessionDescription offer)
    : around_(std::move(around)),
      peer_(initiate.from),
      sid_(initiate.sid),
      us_(JingleParty::responder),
      stage_(Stage::ringing),
      remote_(std::move(offer)) {
  for (const model::StreamDescription& stream : remote_.streams)
    contents_.push_back({stream.mid, JingleParty::initiator,
                         senders_of(stream.direction, JingleParty::initiator), !stream.rejected});
  around_.sessions.add(peer_, sid_, *this);
}

JingleCall::~JingleCall() {
  if (is_live()) around_.sessions.remove(peer_, sid_);
}

bool JingleCall::is_from_initiator(const JingleStanza& initiate) {
  if (!initiate.jingle.has_attribute("initiator")) return true;
  const auto initiator = Jid::parse(initiate.jingle.attribute("initiator"));
  return initiator && *initiator == initiate.from;
}

bool JingleCall::overrules(const JingleStanza& initiate) const {
  if (us_ != JingleParty::initiator || stage_ != Stage::offered || !peer_.same_bare(initiate.from))
    return false;
  return sid_ < initiate.sid || (sid_ == initiate.sid && around_.self < initiate.from);
}

// ---- tools -------------------------------------------------------------------------------

bool JingleCall::has_live_content() const {
  return std::any_of(contents_.begin(), contents_.end(), [](const auto& c) { return c.live; });
}

std::optional<size_t> JingleCall::find(const std::string& name) const {
  for (size_t i = 0; i < contents_.size(); ++i)
    if (contents_[i].live && contents_[i].name == name) return i;
  return std::nullopt;
}

Stanza JingleCall::stanza(JingleAction action) const {
  return make_jingle(peer_, action, sid_, around_.self);
}

// With contents that are named, and nothing in them.
Stanza JingleCall::stanza_of(JingleAction action, const std::vector<size_t>& contents) const {
  Stanza iq = stanza(action);
  for (const size_t i : contents) add_content(iq, contents_[i].name, contents_[i].creator);
  return iq;
}

void JingleCall::ask(const Stanza& iq, std::function<void(const base::Error*)> then) {
  around_.ask(iq, [this, alive = std::weak_ptr<bool>(alive_),
                   then = std::move(then)](const base::Result<Element>& answer) {
    if (alive.expired() || stage_ == Stage::over) return;
    if (then) then(answer ? nullptr : &answer.error());
  });
}

void JingleCall::send_info(const char* name) {
  const Stanza iq = stanza(JingleAction::session_info);
  jingle_in(iq).add(name, ns::kJingleRtpInfo);
  ask(iq);
}

void JingleCall::tell_end(ports::LegEnd end) {
  stage_ = Stage::over;
  if (!std::exchange(told_end_, true)) around_.events.call_ended(end);
}

// This end cannot go on.
void JingleCall::fail(const JingleWhy& why, model::EndReason reason) {
  end(why);
  ports::LegEnd told{reason, model::EndedBy::daemon, {}};
  told.detail.jingle_reason = to_string(why.reason);
  told.detail.text = why.text;
  tell_end(told);
}

// ---- the verbs -----------------------------------------------------------------------------

void JingleCall::initiate(model::SessionDescription offer,
                          const std::optional<JingleTransfer>& because) {
  if (stage_ != Stage::made) return;
  stage_ = Stage::offered;
  local_ = std::move(offer);
  const std::vector<std::string> names = names_of(local_);
  for (size_t i = 0; i < names.size(); ++i)
    contents_.push_back(
        {names[i], us_, senders_of(local_.streams[i].direction, us_), !local_.streams[i].rejected});
  around_.sessions.add(peer_, sid_, *this);
  const Stanza iq = stanza(JingleAction::session_initiate);
  write_rtp(local_, iq, us_);
  if (because) write_transfer(*because, jingle_in(iq));
  ask(iq, [this](const base::Error* refusal) {
    if (!refusal) {
      // Who was quick has answered before.
      if (stage_ == Stage::offered) around_.events.call_delivered();
      return;
    }
    around_.sessions.remove(peer_, sid_);
    tell_end(end_of(*refusal));
  });
}

void JingleCall::ring() {
  if (stage_ == Stage::ringing) send_info("ringing");
}

void JingleCall::accept(model::SessionDescription answer) {
  if (stage_ != Stage::ringing || answer.streams.size() != contents_.size()) return;
  std::vector<size_t> refused;
  for (size_t i = 0; i < contents_.size(); ++i) {
    Content& content = contents_[i];
    // Taken back while it rang.
    if (!content.live) answer.streams[i].rejected = true;
    if (content.live && answer.streams[i].rejected) refused.push_back(i);
    if (!answer.streams[i].rejected &&
        !same_method(answer.streams[i].transport, remote_.streams[i].transport))
      return fail({JingleReason::unsupported_transports, "Another transport is needed"},
                  model::EndReason::incompatible_media);
    answer.streams[i].mid = content.name;
    content.senders = senders_of(answer.streams[i].direction, us_);
  }
  // What stays is said by what goes: an accept alone may forget what it does not name.
  if (!refused.empty()) ask(stanza_of(JingleAction::content_remove, refused));
  for (const size_t i : refused) contents_[i].live = false;
  local_ = std::move(answer);
  stage_ = Stage::accepted;
  const Stanza iq = stanza(JingleAction::session_accept);
  write_rtp(local_, iq, us_);
  ask(iq, [this](const base::Error* refusal) {
    if (refusal) {
      around_.sessions.remove(peer_, sid_);
      return tell_end(end_of(*refusal));
    }
    stage_ = Stage::active;
    around_.events.call_confirmed();
  });
}

void JingleCall::refuse(ports::Refusal refusal) { end(why_of(refusal)); }

void JingleCall::hang_up() { end(why_hung_up(phase(), us_)); }

void JingleCall::end(const JingleWhy& why) {
  const bool known = is_live();
  stage_ = Stage::over;
  if (!known) return;
  around_.sessions.remove(peer_, sid_);
  around_.ask(make_jingle_end(peer_, sid_, why.reason, why.text), [](const auto&) {});
}

void JingleCall::end_transferred() {
  if (!is_live()) return;
  stage_ = Stage::over;
  around_.sessions.remove(peer_, sid_);
  const Stanza iq = make_jingle_end(peer_, sid_, JingleReason::success, "Transferred");
  MutableElement(jingle_in(iq).child("reason", ns::kJingle).raw())
      .add("transferred", ns::kJingleTransfer);
  around_.ask(iq, [](const auto&) {});
}

void JingleCall::lost() {
  if (stage_ == Stage::over) return;
  if (is_live()) around_.sessions.remove(peer_, sid_);
  tell_end({model::EndReason::account_offline, model::EndedBy::network, {}});
}

void JingleCall::transfer(const JingleTransfer& transfer) {
  if (!is_answered() || transferring_) return;
  transferring_ = true;
  const Stanza iq = stanza(JingleAction::session_info);
  write_transfer(transfer, jingle_in(iq));
  using State = model::TransferStatus::State;
  ask(iq, [this](const base::Error* refusal) {
    if (refusal) transferring_ = false;
    around_.events.call_transfer_told(refusal ? State::failed : State::accepted,
                                      refusal ? refusal->message : "");
  });
}

void JingleCall::tell_transport(size_t stream, const model::TransportDescription& news) {
  if (!is_live() || stream >= contents_.size() || !contents_[stream].live) return;
  const Stanza iq = stanza(JingleAction::transport_info);
  const Content& content = contents_[stream];
  write_media_transport(news, add_content(iq, content.name, content.creator), content.generation);
  ask(iq);
}

void JingleCall::tell_muted(bool muted) {
  if (is_answered()) send_info(muted ? "mute" : "unmute");
}

// ---- what comes in ---------------------------------------------------------------------------

void JingleCall::take(const JingleStanza& stanza) {
  switch (stanza.action) {
    case JingleAction::session_accept:
      return take_accept(stanza);
    case JingleAction::session_terminate:
      return take_end(stanza);
    case JingleAction::session_info:
      return take_info(stanza);
    case JingleAction::transport_info:
      for (const JingleContent& content : stanza.contents) take_transport(content);
      return;
    case JingleAction::content_accept:
    case JingleAction::content_reject:
      return take_addition_answer(stanza);
    case JingleAction::content_add:
    case JingleAction::content_modify:
    case JingleAction::content_remove:
    case JingleAction::transport_replace:
      if (auto change = change_in(stanza)) take_change(std::move(*change));
      return;
    case JingleAction::description_info:  // advice (XEP-0167 section 9)
    case JingleAction::security_info:
    case JingleAction::session_initiate:
    case JingleAction::transport_accept:
    case JingleAction::transport_reject:
      return;
  }
}

// The answer in the places of our offer: what it does not name is rejected. Nothing where it is
// none of it.
std::optional<model::SessionDescription> JingleCall::answer_in(
    const model::SessionDescription& read) {
  model::SessionDescription answer;
  for (const Content& content : contents_) {
    model::StreamDescription& stream = answer.streams.emplace_back();
    stream.mid = content.name;
    stream.kind = local_.streams[answer.streams.size() - 1].kind;
    stream.rejected = true;
  }
  for (const model::StreamDescription& stream : read.streams) {
    const auto at = find(stream.mid);
    if (!at) return std::nullopt;
    if (stream.rejected) continue;
    if (stream.kind != local_.streams[*at].kind ||
        !same_method(stream.transport, local_.streams[*at].transport))
      return std::nullopt;
    answer.streams[*at] = stream;
    answer.streams[*at].direction =
        model::intersect(stream.direction, local_.streams[*at].direction);
  }
  answer.bundles = read.bundles;
  return answer;
}

void JingleCall::take_accept(const JingleStanza& stanza) {
  const JingleParty peer = other(us_);
  const auto read = read_rtp(stanza, peer);
  if (!read)
    return fail({JingleReason::incompatible_parameters, read.error().message},
                model::EndReason::protocol_error);
  auto answer = answer_in(*read);
  if (!answer)
    return fail({JingleReason::incompatible_parameters, "the answer is none to the offer"},
                model::EndReason::protocol_error);
  for (size_t i = 0; i < contents_.size(); ++i) {
    contents_[i].live = !answer->streams[i].rejected;
    contents_[i].senders = senders_of(answer->streams[i].direction, peer);
  }
  if (!has_live_content())
    return fail({JingleReason::failed_application, "No media in common"},
                model::EndReason::incompatible_media);
  remote_ = *answer;
  stage_ = Stage::active;
  around_.events.call_accepted(std::move(*answer));
}

void JingleCall::take_end(const JingleStanza& stanza) {
  around_.sessions.remove(peer_, sid_);
  const bool transferred = transferring_ && says_transferred(stanza.jingle);
  const JingleWhy why{stanza.reason.value_or(JingleReason::success), stanza.reason_text};
  ports::LegEnd end = end_of(why, phase(), other(us_));
  if (!transferred) return tell_end(end);
  around_.events.call_transfer_told(model::TransferStatus::State::succeeded, why.text);
  end.reason = model::EndReason::transferred;
  tell_end(end);
}

void JingleCall::take_info(const JingleStanza& stanza) {
  if (const auto transfer = read_transfer(stanza.jingle))
    return around_.events.call_transfer_asked(*transfer);
  for (const Element info : stanza.jingle) {
    if (info.ns() != ns::kJingleRtpInfo) continue;
    const std::string_view name = info.name();
    if (name == "ringing") {
      if (stage_ == Stage::offered) around_.events.call_ringing();
    } else if (name == "mute" || name == "unmute") {
      take_mute(info, name == "mute");
    } else {  // hold, unhold, active
      if (name == "active") around_.events.call_muted(std::nullopt, false);
      if (!is_answered()) continue;
      Change change;
      change.hold = name == "hold";
      take_change(std::move(change));
    }
    if (stage_ == Stage::over) return;
  }
}

void JingleCall::take_mute(const Element& info, bool muted) {
  if (!info.has_attribute("name")) return around_.events.call_muted(std::nullopt, muted);
  if (const auto at = find(std::string(info.attribute("name"))))
    around_.events.call_muted(at, muted);
}

void JingleCall::take_transport(const JingleContent& content) {
  const auto at = find(content.name);
  auto news = read_media_transport(content.transport);
  if (!at || !news) return;
  // Also into what the core is being asked.
  for (model::SessionDescription* each : {&remote_, &told_offer_})
    if (*at < each->streams.size()) model::add_news(each->streams[*at].transport, *news);
  around_.events.call_transport(*at, *news);
}

}  // namespace commd::xmpp
