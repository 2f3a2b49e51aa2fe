// What this end changes in a running call: the core offers anew, Jingle has an action for each
// kind of change. All are sent at once; when each is answered, the core has its answer.
#include <algorithm>
#include <map>

#include "daemon/xmpp/jingle_call.h"
#include "daemon/xmpp/jingle_rtp.h"
#include "daemon/xmpp/jingle_transport.h"
#include "daemon/xmpp/namespaces.h"

namespace commd::xmpp {
namespace {

bool is_of(JingleParty senders, JingleParty party) {
  return senders == JingleParty::both || senders == party;
}

model::StreamDescription rejected_like(const model::StreamDescription& stream) {
  model::StreamDescription rejected;
  rejected.mid = stream.mid;
  rejected.kind = stream.kind;
  rejected.rejected = true;
  return rejected;
}

}  // namespace

// What the far end does, by what both have agreed and who holds whom.
model::Direction JingleCall::remote_direction(size_t content) const {
  const JingleParty senders = contents_[content].senders;
  return model::make_direction(is_of(senders, other(us_)) && !local_hold_,
                               is_of(senders, us_) && !peer_hold_);
}

// Nothing of what lives is to be heard any more: a word says it, and nothing has to be undone.
bool JingleCall::holds_all(const model::SessionDescription& offer) const {
  bool any = false;
  for (size_t i = 0; i < contents_.size(); ++i) {
    if (!contents_[i].live || offer.streams[i].rejected) continue;
    if (model::receives(offer.streams[i].direction)) return false;
    any = any || is_of(contents_[i].senders, other(us_));
  }
  return any;
}

// While we hold, the far end keeps the right to send, and we ours while it holds.
JingleParty JingleCall::wanted_senders(size_t content) const {
  const model::Direction direction = own_->offer.streams[content].direction;
  const JingleParty now = contents_[content].senders;
  const bool they = local_hold_ ? is_of(now, other(us_)) : model::receives(direction);
  const bool we = peer_hold_ ? is_of(now, us_) : model::sends(direction);
  return senders_of(model::make_direction(we, they), us_);
}

void JingleCall::modify(model::SessionDescription offer) {
  if (!is_answered() || offer.streams.size() < contents_.size()) return;
  if (own_ || told_) return around_.events.call_modify_refused(true);
  own_.emplace(Own{});
  ++own_number_;
  own_->offer = std::move(offer);
  // None of the answers, which may come at once, ends it before all was asked.
  own_->open = 1;
  send_own_hold();
  send_own_removals();
  send_own_senders();
  send_own_restarts();
  send_own_additions();
  own_done(nullptr);
}

// One that counts for this modification alone.
std::function<void(const base::Error*)> JingleCall::own_step(std::function<void()> done) {
  ++own_->open;
  return [this, number = own_number_, done = std::move(done)](const base::Error* error) {
    if (!own_ || number != own_number_) return;
    if (!error && done) done();
    own_done(error);
  };
}

void JingleCall::own_done(const base::Error* error) {
  if (!own_) return;
  if (error) {
    own_->refused = true;
    own_->glare = own_->glare || error->reason == "XMPP_CONFLICT";
  }
  if (--own_->open == 0 && own_->added.empty()) finish_own();
}

void JingleCall::send_own_hold() {
  const bool hold = holds_all(own_->offer);
  if (hold == local_hold_) return;
  local_hold_ = hold;
  const Stanza iq = stanza(JingleAction::session_info);
  jingle_in(iq).add(hold ? "hold" : "unhold", ns::kJingleRtpInfo);
  const auto step = own_step({});
  ask(iq, [this, hold, step, number = own_number_](const base::Error* error) {
    const bool unknown = error && error->reason == "XMPP_FEATURE_NOT_IMPLEMENTED";
    if (error) local_hold_ = !hold;
    if (!unknown || !own_ || number != own_number_) return step(error);
    // It does not know the word: the directions say the same.
    local_hold_ = false;
    std::vector<std::pair<size_t, JingleParty>> senders;
    for (size_t i = 0; i < contents_.size(); ++i)
      if (contents_[i].live) senders.emplace_back(i, wanted_senders(i));
    own_->actions.insert(JingleAction::content_modify);
    send_senders(senders, step);
  });
}

void JingleCall::send_own_removals() {
  std::vector<size_t> removed;
  for (size_t i = 0; i < contents_.size(); ++i)
    if (contents_[i].live && own_->offer.streams[i].rejected) removed.push_back(i);
  if (removed.empty()) return;
  own_->actions.insert(JingleAction::content_remove);
  // It needs nobody's consent (section 7.2.5).
  for (const size_t i : removed) remove_content(i);
  ask(stanza_of(JingleAction::content_remove, removed), own_step({}));
}

void JingleCall::send_own_senders() {
  std::vector<std::pair<size_t, JingleParty>> senders;
  for (size_t i = 0; i < contents_.size(); ++i)
    if (contents_[i].live && wanted_senders(i) != contents_[i].senders)
      senders.emplace_back(i, wanted_senders(i));
  if (senders.empty()) return;
  own_->actions.insert(JingleAction::content_modify);
  send_senders(senders, own_step({}));
}

void JingleCall::send_senders(const std::vector<std::pair<size_t, JingleParty>>& senders,
                              std::function<void(const base::Error*)> then) {
  const Stanza iq = stanza(JingleAction::content_modify);
  // By their names: until it is answered they may go, and others come into their places.
  std::map<std::string, JingleParty> wanted;
  for (const auto& [i, who] : senders) {
    // Required here, also where it is the usual one (section 7.3).
    add_content(iq, contents_[i].name, contents_[i].creator).set("senders", to_string(who));
    wanted[contents_[i].name] = who;
  }
  ask(iq, [this, wanted = std::move(wanted), then = std::move(then)](const base::Error* error) {
    for (Content& content : contents_)
      if (const auto of_it = wanted.find(content.name); !error && of_it != wanted.end())
        content.senders = of_it->second;
    if (then) then(error);
  });
}

// XEP-0176 section 5.13: new credentials, in a transport-info.
void JingleCall::send_own_restarts() {
  for (size_t i = 0; i < contents_.size(); ++i) {
    const auto& now = local_.streams[i].transport.ice;
    const auto& then = own_->offer.streams[i].transport.ice;
    if (!contents_[i].live || !now || !then || now->ufrag == then->ufrag) continue;
    ++contents_[i].generation;
    tell_transport(i, own_->offer.streams[i].transport);
  }
}

void JingleCall::send_own_additions() {
  const size_t known = contents_.size();
  if (own_->offer.streams.size() == known) return;
  std::vector<std::string> names = names_of(own_->offer);
  const Stanza iq = stanza(JingleAction::content_add);
  for (size_t i = known; i < names.size(); ++i) {
    const model::StreamDescription& stream = own_->offer.streams[i];
    while (std::any_of(contents_.begin(), contents_.end(),
                       [&](const auto& content) { return content.name == names[i]; }))
      names[i] += '_';
    contents_.push_back({names[i], us_, senders_of(stream.direction, us_), !stream.rejected});
    remote_.streams.push_back(rejected_like(stream));
    if (stream.rejected) continue;
    own_->added.push_back(i);
    write_rtp_content(stream, names[i], iq, us_, us_);
  }
  if (own_->added.empty()) return;
  own_->actions.insert(JingleAction::content_add);
  ++own_->open;
  ask(iq, [this, number = own_number_](const base::Error* error) {
    if (!own_ || number != own_number_) return;
    if (error)
      for (const size_t i : std::exchange(own_->added, {})) contents_[i].live = false;
    own_done(error);
  });
}

// content-accept or content-reject of what we have added.
void JingleCall::take_addition_answer(const JingleStanza& stanza) {
  const bool accepted = stanza.action == JingleAction::content_accept;
  for (const JingleContent& content : stanza.contents) {
    const auto at = find(content.name);
    const auto added =
        at ? std::find(own_->added.begin(), own_->added.end(), *at) : own_->added.end();
    if (added == own_->added.end()) continue;
    own_->added.erase(added);
    const auto read = read_rtp_content(content, other(us_));
    const model::StreamDescription& offered = own_->offer.streams[*at];
    const bool fits = accepted && read && !read->rejected && read->kind == offered.kind &&
                      same_method(read->transport, offered.transport);
    if (!fits) {
      // What was accepted in words that nobody can read is taken away again.
      if (accepted) ask(stanza_of(JingleAction::content_remove, {*at}));
      contents_[*at].live = false;
      continue;
    }
    contents_[*at].senders = senders_of(read->direction, other(us_));
    remote_.streams[*at] = *read;
  }
  if (own_->open == 0 && own_->added.empty()) finish_own();
}

void JingleCall::finish_own() {
  const Own own = std::move(*own_);
  own_.reset();
  if (own.refused) {
    // As it was before, without the new places.
    std::vector<size_t> taken_back;
    for (size_t i = local_.streams.size(); i < contents_.size(); ++i)
      if (contents_[i].live) taken_back.push_back(i);
    if (!taken_back.empty()) ask(stanza_of(JingleAction::content_remove, taken_back));
    contents_.resize(local_.streams.size());
    remote_.streams.resize(local_.streams.size());
    // What the far end has said of the new places meanwhile is void with them.
    for (Change& change : waiting_) leave_out_gone(change);
    around_.events.call_modify_refused(own.glare);
  } else {
    local_ = own.offer;
    direct_all(remote_);
    around_.events.call_answered(remote_);
  }
  if (stage_ != Stage::over) next_change();
}

}  // namespace commd::xmpp
