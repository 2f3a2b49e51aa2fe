#include "daemon/xmpp/jmi_calls.h"

#include <algorithm>
#include <utility>

#include "daemon/xmpp/jingle_sessions.h"
#include "daemon/xmpp/stanza_error.h"

namespace commd::xmpp {

JmiCalls::JmiCalls(Jid self, std::function<bool(const Jid&)> trusts,
                   std::function<void(const Stanza&)> send, Told told)
    : self_(std::move(self)),
      account_(self_.bare()),
      trusts_(std::move(trusts)),
      send_(std::move(send)),
      told_(std::move(told)) {}

JmiCalls::Entry* JmiCalls::incoming(const JmiKey& key) {
  const auto found = calls_.find(key);
  return found == calls_.end() || found->second.outgoing ? nullptr : &found->second;
}

JmiCalls::Entry* JmiCalls::outgoing(const JmiKey& key) {
  const auto found = calls_.find(key);
  return found == calls_.end() || !found->second.outgoing ? nullptr : &found->second;
}

void JmiCalls::end(Calls::iterator call, End why, const std::string& text) {
  const JmiKey key = call->first;
  calls_.erase(call);
  told_.ended(key, why, text);
}

// ---- what comes in ---------------------------------------------------------------------

void JmiCalls::take(const JmiMessage& message, std::chrono::seconds age) {
  if (message.from == self_) return;  // our own, copied back
  if (message.from.same_bare(account_)) return take_own(message);
  if (message.kind == JmiKind::propose) return take_proposal(message, age);
  const auto call = calls_.find({message.from.bare(), message.id});
  if (call == calls_.end()) return;
  if (call->second.outgoing) return take_answer(message, call);
  // Once it was answered, another device of theirs has no part in it.
  if (call->second.stage == Stage::proceeded && message.from != call->second.device) return;
  if (message.kind == JmiKind::retract)
    end(call, End::retracted, message.why ? message.why->text : "");
  else if (message.kind == JmiKind::finish)
    end(call, End::finished, message.why ? message.why->text : "");
}

// What another device of this person has said of a call that rings here. A copy of what went to
// the caller names him; what went to the own devices alone names nobody.
void JmiCalls::take_own(const JmiMessage& message) {
  const bool answered = message.kind == JmiKind::accept || message.kind == JmiKind::proceed;
  const bool over = message.kind == JmiKind::reject || message.kind == JmiKind::finish;
  if (!answered && !over) return;
  const bool to_all = message.to.empty() || message.to.same_bare(account_);
  std::vector<JmiKey> meant;
  for (const auto& [key, entry] : calls_)
    if (!entry.outgoing && entry.stage != Stage::proceeded && key.id == message.id &&
        (to_all || key.peer.same_bare(message.to)))
      meant.push_back(key);
  for (const JmiKey& key : meant)
    if (const auto call = calls_.find(key); call != calls_.end())
      end(call, answered ? End::answered_elsewhere : End::rejected_elsewhere);
}

// Both have proposed at once: the lower id wins (section 5.1), and they differ, as a proposal that
// is known was left out. True: theirs is refused, ours goes on; else ours is withdrawn.
bool JmiCalls::loses_to_ours(const JmiMessage& message) {
  const Jid peer = message.from.bare();
  const auto ours = std::find_if(calls_.begin(), calls_.end(), [&](const auto& call) {
    return call.second.outgoing && call.second.stage != Stage::proceeded && call.first.peer == peer;
  });
  if (ours == calls_.end()) return false;
  const JingleWhy why{JingleReason::expired, "Tie-Break"};
  const std::string& id = ours->first.id;
  if (id < message.id) {
    send_(make_jmi_end(message.from, JmiKind::reject, message.id, why, TieBreak::yes));
    return true;
  }
  send_(make_jmi_end(peer, JmiKind::retract, id, why, TieBreak::yes));
  end(ours, End::crossed);
  return false;
}

bool JmiCalls::has_room_for(const Jid& peer) const {
  size_t all = 0, of_this_one = 0;
  for (const auto& [key, entry] : calls_) {
    if (entry.outgoing) continue;
    ++all;
    if (key.peer == peer) ++of_this_one;
  }
  return all < most_incoming && of_this_one < most_of_one;
}

void JmiCalls::take_proposal(const JmiMessage& message, std::chrono::seconds age) {
  const JmiKey key{message.from.bare(), message.id};
  // It came twice, or in an answer to nothing.
  if (calls_.count(key) > 0) return;
  const bool late = age > longest_ring;
  if (!late && loses_to_ours(message)) return;
  Proposal proposal{key, message.from, message.media, trusts_(key.peer)};
  if (late) return miss(proposal);
  if (!has_room_for(key.peer)) return;
  calls_[key] = {false, Stage::proposed, message.from, message.media, proposal.trusted, {}};
  told_.proposed(proposal);
}

void JmiCalls::miss(const Proposal& proposal) {
  if (!proposal.trusted && missed_of_strangers_++ >= most_missed_of_strangers) return;
  told_.missed(proposal);
}

void JmiCalls::take_answer(const JmiMessage& message, Calls::iterator call) {
  Entry& entry = call->second;
  const std::string text = message.why ? message.why->text : "";
  const bool open = entry.stage != Stage::proceeded;
  switch (message.kind) {
    case JmiKind::ringing:
      if (!open) return;
      entry.stage = Stage::ringing;
      return told_.ringing(JmiKey(call->first), message.from);
    case JmiKind::proceed:
      // The first one is called. Another device that was as quick hears of it by its own server.
      if (!open || !message.from.is_full()) return;
      entry.stage = Stage::proceeded;
      entry.device = message.from;
      return told_.proceeded(JmiKey(call->first), message.from);
    case JmiKind::reject:
      if (!open) return;
      if (message.tie_break) return end(call, End::crossed, text);
      return end(
          call,
          message.why && message.why->reason == JingleReason::busy ? End::busy : End::rejected,
          text);
    case JmiKind::finish:
      // Of a session it is the device that ends it.
      if (open || message.from == entry.device) return end(call, End::finished, text);
      return;
    case JmiKind::propose:
    case JmiKind::accept:
    case JmiKind::retract:
      return;
  }
}

bool JmiCalls::take_error(const Element& message) {
  const auto from = Jid::parse(message.from());
  if (message.name() != "message" || message.type() != "error" || !from) return false;
  const auto call = std::find_if(calls_.begin(), calls_.end(), [&](const auto& each) {
    return each.second.outgoing && each.first.peer.same_bare(*from) &&
           each.second.message_id == message.id();
  });
  if (call == calls_.end()) return false;
  // One of several devices may be gone while another one rings.
  if (call->second.stage == Stage::proposed)
    end(call, End::unreachable, to_error(read_stanza_error(message)).message);
  return true;
}

// ---- outgoing ----------------------------------------------------------------------------

JmiKey JmiCalls::propose(const Jid& peer, const std::vector<model::MediaKind>& media) {
  JmiKey key{peer.bare(), JingleSessions::make_sid()};
  const Stanza message = make_jmi(key.peer, JmiKind::propose, key.id, media);
  calls_[key] = {true, Stage::proposed, {}, media, true, std::string(message.id())};
  send_(message);
  return key;
}

void JmiCalls::retract(const JmiKey& key) {
  const Entry* entry = outgoing(key);
  if (!entry || entry->stage == Stage::proceeded) return;
  calls_.erase(key);
  send_(make_jmi_end(key.peer, JmiKind::retract, key.id, {JingleReason::cancel, "Retracted"}));
}

std::vector<JmiKey> JmiCalls::unanswered() const {
  std::vector<JmiKey> keys;
  for (const auto& [key, entry] : calls_)
    if (entry.outgoing && entry.stage != Stage::proceeded) keys.push_back(key);
  return keys;
}

// ---- incoming ----------------------------------------------------------------------------

void JmiCalls::ring(const JmiKey& key) {
  Entry* entry = incoming(key);
  if (!entry || entry->stage != Stage::proposed) return;
  entry->stage = Stage::ringing;
  if (entry->trusted) send_(make_jmi(entry->device, JmiKind::ringing, key.id));
}

void JmiCalls::proceed(const JmiKey& key) {
  Entry* entry = incoming(key);
  if (!entry || entry->stage == Stage::proceeded) return;
  entry->stage = Stage::proceeded;
  // For own devices of before 0.4, and servers without carbon copies.
  send_(make_jmi(account_, JmiKind::accept, key.id));
  send_(make_jmi(entry->device, JmiKind::proceed, key.id));
}

void JmiCalls::reject(const JmiKey& key, const JingleWhy& why) {
  const Entry* found = incoming(key);
  if (!found) return;
  const Entry entry = *found;
  calls_.erase(key);
  send_(make_jmi_end(account_, JmiKind::reject, key.id, why));
  if (entry.trusted || entry.stage == Stage::proceeded)
    send_(make_jmi_end(entry.device, JmiKind::reject, key.id, why));
}

void JmiCalls::ignore(const JmiKey& key) {
  if (incoming(key)) calls_.erase(key);
}

bool JmiCalls::awaits(const Jid& device, const std::string& id) const {
  const auto found = calls_.find({device.bare(), id});
  return found != calls_.end() && !found->second.outgoing &&
         found->second.stage == Stage::proceeded && found->second.device == device;
}

// ---- both --------------------------------------------------------------------------------

void JmiCalls::finish(const JmiKey& key, const JingleWhy& why) {
  const auto found = calls_.find(key);
  if (found == calls_.end() || found->second.stage != Stage::proceeded) return;
  const Jid device = found->second.device;
  calls_.erase(found);
  send_(make_jmi_end(device, JmiKind::finish, key.id, why));
}

}  // namespace commd::xmpp
