// What the far end changes in a running call: told to the core as an offer, one after another;
// its answer goes back in the words of the change.
#include <algorithm>

#include "daemon/xmpp/jingle_call.h"
#include "daemon/xmpp/jingle_rtp.h"
#include "daemon/xmpp/jingle_transport.h"

namespace commd::xmpp {

// Of a stanza that was judged.
std::optional<JingleCall::Change> JingleCall::change_in(const JingleStanza& stanza) const {
  Change change;
  change.action = stanza.action;
  if (stanza.action == JingleAction::content_add) {
    auto read = read_rtp(stanza, other(us_));
    if (!read) return std::nullopt;
    change.added = std::move(read->streams);
    return change;
  }
  for (const JingleContent& content : stanza.contents) {
    const auto at = find(content.name);
    if (!at) continue;
    if (stanza.action == JingleAction::content_modify)
      change.senders.emplace_back(*at, content.senders);
    if (stanza.action == JingleAction::content_remove) change.removed.push_back(*at);
    if (stanza.action != JingleAction::transport_replace) continue;
    auto transport = read_media_transport(content.transport);
    if (!transport) return std::nullopt;
    change.replaced = *at;
    change.transport = std::move(*transport);
    return change;
  }
  if (change.senders.empty() && change.removed.empty()) return std::nullopt;
  return change;
}

void JingleCall::take_change(Change change) {
  if (!is_answered()) {
    // Taken back while it rings or while we call: the answer is to what is left.
    for (const size_t i : change.removed) remove_content(i);
    if (!has_live_content()) {
      end({JingleReason::success, "Nothing is left"});
      tell_end(
          {us_ == JingleParty::responder ? model::EndReason::cancelled : model::EndReason::declined,
           model::EndedBy::remote,
           {}});
    }
    return;
  }
  const bool crosses = own_ && own_->actions.count(change.action) > 0;
  waiting_.push_back(std::move(change));
  // Section 7.2.16: the initiator's goes before; ours will be refused, and counts no more.
  if (crosses && us_ == JingleParty::responder) {
    own_->refused = own_->glare = true;
    for (const size_t i : std::exchange(own_->added, {})) contents_[i].live = false;
    return finish_own();
  }
  next_change();
}

void JingleCall::remove_content(size_t content) {
  contents_[content].live = false;
  if (content >= remote_.streams.size()) return;
  model::StreamDescription& stream = remote_.streams[content];
  model::StreamDescription removed;
  removed.mid = stream.mid;
  removed.kind = stream.kind;
  removed.rejected = true;
  stream = std::move(removed);
}

// One at a time, and none while the core waits for an answer of theirs.
void JingleCall::next_change() {
  while (!told_ && !own_ && !waiting_.empty() && stage_ != Stage::over) {
    Change change = std::move(waiting_.front());
    waiting_.pop_front();
    leave_out_gone(change);
    if (is_void(change)) continue;
    told_offer_ = remote_;
    if (!apply(change)) continue;
    told_ = std::move(change);
    around_.events.call_offered(told_offer_);
  }
}

// Contents may go between a change and its turn, by another change or as ours is refused.
void JingleCall::leave_out_gone(Change& change) const {
  const auto is_gone = [this](size_t i) { return i >= contents_.size() || !contents_[i].live; };
  std::erase_if(change.senders, [&](const auto& each) { return is_gone(each.first); });
  std::erase_if(change.removed, is_gone);
  if (change.replaced && is_gone(*change.replaced)) change.replaced.reset();
}

bool JingleCall::is_void(const Change& change) {
  if (change.action == JingleAction::content_modify) return change.senders.empty();
  if (change.action == JingleAction::content_remove) return change.removed.empty();
  return change.action == JingleAction::transport_replace && !change.replaced;
}

// Into told_offer_. False: there is nothing for the core to answer.
bool JingleCall::apply(const Change& change) {
  std::vector<JingleParty> before;
  for (const auto& [i, senders] : change.senders) {
    before.push_back(contents_[i].senders);
    contents_[i].senders = senders;
  }
  for (const size_t i : change.removed) remove_content(i);
  if (!change.removed.empty()) {
    told_offer_ = remote_;
    if (!has_live_content()) {
      // Section 7.2.5: a session without contents is void.
      end({JingleReason::success, "Nothing is left"});
      tell_end({model::EndReason::hung_up, model::EndedBy::remote, {}});
      return false;
    }
  }
  if (change.action == JingleAction::session_info) {
    if (peer_hold_ == change.hold) return false;
    peer_hold_ = change.hold;
  }
  if (change.replaced) {
    model::TransportDescription& transport = told_offer_.streams[*change.replaced].transport;
    transport.rtp = change.transport.rtp;
    transport.rtcp = change.transport.rtcp;
    transport.ice = change.transport.ice;
    if (change.transport.dtls) transport.dtls = change.transport.dtls;
  }
  direct_all(told_offer_);
  // Until the core has said so they are as they were.
  for (size_t n = 0; n < before.size(); ++n) contents_[change.senders[n].first].senders = before[n];
  for (const model::StreamDescription& stream : change.added) told_offer_.streams.push_back(stream);
  return true;
}

void JingleCall::direct_all(model::SessionDescription& remote) const {
  for (size_t i = 0; i < contents_.size() && i < remote.streams.size(); ++i)
    if (contents_[i].live) remote.streams[i].direction = remote_direction(i);
}

// ---- the core's word on it -------------------------------------------------------------------

void JingleCall::answer_offer(model::SessionDescription answer) {
  if (!told_ || !is_answered() || answer.streams.size() != told_offer_.streams.size()) return;
  const Change change = std::move(*told_);
  told_.reset();
  remote_ = told_offer_;
  for (const auto& [i, senders] : change.senders) contents_[i].senders = senders;
  if (!change.senders.empty()) answer_senders(answer);
  if (!change.added.empty()) answer_additions(change.added, answer);
  if (change.replaced) {
    const Content& content = contents_[*change.replaced];
    const Stanza iq = stanza(JingleAction::transport_accept);
    write_media_transport(answer.streams[*change.replaced].transport,
                          add_content(iq, content.name, content.creator), content.generation);
    ask(iq);
  }
  for (size_t i = 0; i < answer.streams.size(); ++i) answer.streams[i].mid = contents_[i].name;
  local_ = std::move(answer);
  next_change();
}

// Who sends is said by both: where this end does not want all of it, it says what is left.
void JingleCall::answer_senders(const model::SessionDescription& answer) {
  std::vector<std::pair<size_t, JingleParty>> contrary;
  for (size_t i = 0; i < contents_.size() && i < answer.streams.size(); ++i) {
    Content& content = contents_[i];
    if (!content.live) continue;
    const model::Direction theirs = direction_of(content.senders, other(us_));
    const model::Direction ours = answer.streams[i].direction;
    // A hold is no change of it.
    const bool they_send = model::sends(theirs) && (local_hold_ || model::receives(ours));
    const bool we_send = model::receives(theirs) && (peer_hold_ || model::sends(ours));
    const JingleParty left = senders_of(model::make_direction(we_send, they_send), us_);
    if (left != content.senders) contrary.emplace_back(i, left);
    content.senders = left;
  }
  if (!contrary.empty()) send_senders(contrary, {});
}

void JingleCall::answer_additions(const std::vector<model::StreamDescription>& added,
                                  const model::SessionDescription& answer) {
  const Stanza accept = stanza(JingleAction::content_accept);
  std::vector<size_t> rejected;
  for (const model::StreamDescription& stream : added) {
    const size_t at = contents_.size();
    const model::StreamDescription& ours = answer.streams[at];
    const bool taken =
        !ours.rejected && !stream.rejected && same_method(ours.transport, stream.transport);
    contents_.push_back({stream.mid, other(us_), senders_of(ours.direction, us_), taken});
    if (taken)
      write_rtp_content(ours, stream.mid, accept, other(us_), us_);
    else
      rejected.push_back(at);
  }
  if (rejected.size() < added.size()) ask(accept);
  if (!rejected.empty()) ask(stanza_of(JingleAction::content_reject, rejected));
  for (const size_t i : rejected) remove_content(i);
}

void JingleCall::refuse_offer(ports::Refusal) {
  if (!told_ || !is_answered()) return;
  const Change change = std::move(*told_);
  told_.reset();
  if (!change.senders.empty()) {
    std::vector<std::pair<size_t, JingleParty>> back;
    for (const auto& [i, senders] : change.senders) back.emplace_back(i, contents_[i].senders);
    send_senders(back, {});
  }
  if (!change.added.empty()) {
    const Stanza iq = stanza(JingleAction::content_reject);
    for (const model::StreamDescription& stream : change.added)
      add_content(iq, stream.mid, other(us_));
    ask(iq);
  }
  if (change.replaced) {
    const Content& content = contents_[*change.replaced];
    const Stanza iq = stanza(JingleAction::transport_reject);
    write_media_transport(change.transport, add_content(iq, content.name, content.creator));
    ask(iq);
  }
  next_change();
}

}  // namespace commd::xmpp
