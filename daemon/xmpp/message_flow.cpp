#include "daemon/xmpp/message_flow.h"

#include <utility>

namespace commd::xmpp {
namespace {

constexpr size_t most_done = 4000;

std::string uri_of(const Jid& jid) { return "xmpp:" + jid.str(); }

}  // namespace

MessageFlow::MessageFlow(model::AccountId id, Jid account, StreamManagement& management,
                         const Roster& roster, Told told)
    : id_(std::move(id)),
      account_(std::move(account)),
      management_(management),
      roster_(roster),
      told_(std::move(told)) {}

// ---- out -------------------------------------------------------------------------

void MessageFlow::send(ports::OutgoingMessage message) {
  if (!known_.insert(message.id).second) return;
  waiting_.push_back(std::move(message));
  submit_waiting();
}

// In their order, as far as the queue of the stream takes them.
void MessageFlow::submit_waiting() {
  while (!waiting_.empty()) {
    const ports::OutgoingMessage& next = waiting_.front();
    const auto to = Jid::parse(std::string_view(next.to).substr(next.to.find(':') + 1));
    if (!to) {
      known_.erase(next.id);
      told_.report(
          {id_, next.id, {}, model::MessageState::failed, to.error().reason, to.error().message});
    } else {
      const Stanza stanza = make_chat(*to, next.id.str(), next.text);
      const uint64_t tag = last_tag_ + 1;
      if (!management_.submit({tag, StanzaKind::message, stanza.to_text()})) return;
      sent_[tag] = next.id;
      last_tag_ = tag;
    }
    waiting_.pop_front();
  }
}

void MessageFlow::acknowledged(const std::vector<uint64_t>& tags) {
  for (const uint64_t tag : tags) {
    const auto found = sent_.find(tag);
    if (found == sent_.end()) continue;
    told_.report({id_, found->second, {}, model::MessageState::sent, {}, {}});
    done_.push_back(found->second);
    sent_.erase(found);
  }
  while (done_.size() > most_done) {
    known_.erase(done_.front());
    done_.pop_front();
  }
  submit_waiting();
}

// ---- in --------------------------------------------------------------------------

bool MessageFlow::take(const Element& message, uint64_t ticket, base::WallTime now) {
  auto content = read_message(message, account_, now);
  if (!content) return false;
  const std::string peer = uri_of(content->from.bare());
  for (MessageNews& news : content->news)
    told_.report({id_, model::MessageId(std::move(news.id)), peer, news.state,
                  std::move(news.error.reason), std::move(news.error.message)});
  if (!content->chat) return false;
  ChatText& chat = *content->chat;
  if (chat.receipt && roster_.may_know(content->from)) receipts_[ticket] = {content->from, chat.id};
  told_.received({id_, peer, uri_of(content->from), std::move(chat.text), chat.time,
                  std::move(chat.id), std::move(chat.fingerprint), ticket});
  return true;
}

void MessageFlow::stored(uint64_t ticket) {
  const auto found = receipts_.find(ticket);
  if (found == receipts_.end()) return;
  // Where the queue is full a receipt is the first thing to do without.
  static_cast<void>(management_.submit(
      {0, StanzaKind::message, make_receipt(found->second.to, found->second.id).to_text()}));
  receipts_.erase(found);
}

}  // namespace commd::xmpp
