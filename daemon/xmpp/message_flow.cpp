#include "daemon/xmpp/message_flow.h"
#include "daemon/xmpp/attachment.h"

#include <algorithm>
#include <utility>

#include "daemon/xmpp/message_extras.h"

namespace commd::xmpp {
namespace {

constexpr size_t most_done = 4000;
constexpr size_t most_typing = 1000;
// Places are told no oftener: what came since is asked for again, and known.
constexpr std::chrono::seconds between_places{2};

std::string uri_of(const Jid& jid) { return "xmpp:" + jid.str(); }

base::Result<Jid> jid_of(const std::string& uri) {
  return Jid::parse(std::string_view(uri).substr(uri.find(':') + 1));
}

}  // namespace

const model::MessageId& MessageFlow::Outgoing::id() const {
  return std::visit([](const auto& each) -> const model::MessageId& { return each.id; }, what);
}

const std::string& MessageFlow::Outgoing::to() const {
  const auto* amendment = std::get_if<model::Amendment>(&what);
  return amendment ? amendment->peer : std::get<ports::OutgoingMessage>(what).to;
}

bool MessageFlow::Outgoing::is_marker() const {
  const auto* amendment = std::get_if<model::Amendment>(&what);
  return amendment && amendment->kind == model::AmendmentKind::displayed;
}

MessageFlow::MessageFlow(model::AccountId id, Jid account, StreamManagement& management,
                         const Roster& roster, ports::Timers& timers, std::string place, Told told)
    : id_(std::move(id)),
      account_(std::move(account)),
      management_(management),
      roster_(roster),
      timers_(timers),
      told_(std::move(told)),
      catch_up_(account_),
      place_(std::move(place)) {}

// ---- out -------------------------------------------------------------------------

void MessageFlow::send(ports::OutgoingMessage message) {
  const bool again = message.again;
  put({std::move(message), again});
}

void MessageFlow::amend(model::Amendment amendment, bool again) {
  put({std::move(amendment), again});
}

void MessageFlow::put(Outgoing outgoing) {
  if (!known_.insert(outgoing.id()).second) return;
  waiting_.push_back(std::move(outgoing));
  submit_waiting();
}

// In their order, as far as the queue of the stream takes them.
void MessageFlow::submit_waiting() {
  while (!waiting_.empty()) {
    const Outgoing& next = waiting_.front();
    // Who may know that something was read is known by then as well.
    if (!settled_ && (next.again || next.is_marker())) return;
    const auto to = jid_of(next.to());
    if (!refused(next, to)) {
      const uint64_t tag = last_tag_ + 1;
      if (!management_.submit({tag, StanzaKind::message, stanza_of(next, *to).to_text()})) return;
      last_tag_ = tag;
      sent_[tag] = next;
    }
    waiting_.pop_front();
  }
}

bool MessageFlow::refused(const Outgoing& outgoing, const base::Result<Jid>& to) {
  if (!to) {
    fail(outgoing.id(), to.error());
    return true;
  }
  if (!outgoing.is_marker() || roster_.may_know(*to)) return false;
  fail(outgoing.id(), {base::Code::permission_denied,
                       "NOT_A_CONTACT",
                       "who may not see the presence is not told what was read",
                       {}});
  return true;
}

void MessageFlow::fail(const model::MessageId& id, const base::Error& why) {
  const model::MessageId failed = id;
  known_.erase(failed);
  told_.report({id_, failed, {}, model::MessageState::failed, why.reason, why.message});
}

Stanza MessageFlow::stanza_of(const Outgoing& outgoing, const Jid& to) const {
  if (const auto* amendment = std::get_if<model::Amendment>(&outgoing.what))
    return make_amendment(to, *amendment);
  const auto& message = std::get<ports::OutgoingMessage>(outgoing.what);
  if (!message.attachment.empty()) {
    Stanza chat = make_chat(to, message.id.str(), message.text);
    write_attachment(message.attachment, chat);
    return chat;
  }
  if (message.reply.empty()) return make_chat(to, message.id.str(), message.text);
  return make_reply(to, message.reply.to_own ? account_ : to, message.id.str(), message.text,
                    message.reply);
}

void MessageFlow::set_typing(const ports::TypingNews& news) {
  const auto to = jid_of(news.peer);
  if (!to || !roster_.may_know(*to)) return;
  // Where the queue is full it is the first thing to do without.
  static_cast<void>(
      management_.submit({0, StanzaKind::passing, make_typing(*to, news.state).to_text()}));
}

void MessageFlow::acknowledged(const std::vector<uint64_t>& tags) {
  for (const uint64_t tag : tags) {
    const auto found = sent_.find(tag);
    if (found == sent_.end()) continue;
    const model::MessageId id = found->second.id();
    sent_.erase(found);
    done(id);
  }
  submit_waiting();
  if (!held_place_.empty() && all_acknowledged()) {
    found_in_flight_ = false;
    reach(std::exchange(held_place_, {}));
  }
}

void MessageFlow::done(const model::MessageId& id) {
  told_.report({id_, id, {}, model::MessageState::sent, {}, {}});
  done_.push_back(id);
  while (done_.size() > most_done) {
    known_.erase(done_.front());
    done_.pop_front();
  }
}

// ---- sessions --------------------------------------------------------------------

void MessageFlow::begin_session(base::WallTime now) {
  settled_ = complete_ = false;
  last_found_ = {};
  held_place_.clear();
  found_in_flight_ = false;
  std::set<uint64_t> queued = management_.waiting();
  for (const uint64_t tag : management_.withdraw()) queued.erase(tag);
  // What is not in the queue any more went out without acknowledgements (a server that has no
  // stream management), and may have arrived as well.
  for (auto& [tag, outgoing] : sent_)
    if (!queued.contains(tag)) outgoing.again = outgoing.cut = true;
  for (auto each = sent_.rbegin(); each != sent_.rend(); ++each)
    waiting_.push_front(std::move(each->second));
  sent_.clear();
  submit_waiting();
  static_cast<void>(management_.submit({0, StanzaKind::iq, make_carbons_enable().to_text()}));
  static_cast<void>(
      management_.submit({0, StanzaKind::iq, catch_up_.begin(place_, now).to_text()}));
  arm_patience();
}

void MessageFlow::session_cut() { patience_.reset(); }

void MessageFlow::session_resumed() {
  if (!settled_) arm_patience();
}

void MessageFlow::end() {
  patience_.reset();
  if (std::exchange(place_due_, {})) told_.place(place_);
}

void MessageFlow::arm_patience() {
  patience_ = timers_.after(archive_patience, [this] {
    catch_up_.give_up();
    caught_up();
    told_.flush();
  });
}

void MessageFlow::caught_up() {
  patience_.reset();
  seen_live_.clear();
  settled_ = true;
  submit_waiting();
}

bool MessageFlow::take_iq(const Element& iq) {
  if (!catch_up_.take_iq(iq)) return false;
  go_on();
  return true;
}

void MessageFlow::go_on() {
  auto step = catch_up_.step();
  if (!step) return;
  if (!step->place.empty()) reach(std::move(step->place));
  if (step->next) {
    static_cast<void>(management_.submit({0, StanzaKind::iq, step->next->to_text()}));
    arm_patience();
  }
  if (!step->done) return;
  complete_ = step->whole;
  caught_up();
}

void MessageFlow::reach(std::string place) {
  if (found_in_flight_) {
    held_place_ = std::move(place);
    return;
  }
  place_ = std::move(place);
  told_.place(place_);
}

bool MessageFlow::all_acknowledged() const {
  return sent_.empty() && std::none_of(waiting_.begin(), waiting_.end(),
                                       [](const Outgoing& each) { return each.again; });
}

void MessageFlow::forget_tickets() {
  receipts_.clear();
  live_.clear();
}

// ---- in --------------------------------------------------------------------------

bool MessageFlow::take(const Element& message, uint64_t ticket, base::WallTime now) {
  if (is_archive_result(message)) {
    const auto result = catch_up_.take(message, now);
    if (!result || !take_copy(*result, ticket, now, catch_up_.continues())) return false;
    catch_up_.opened(ticket);
    return true;
  }
  if (const auto carbon = read_carbon(message, account_, now))
    return take_copy(*carbon, ticket, now, false);
  auto content = read_message(message, account_, now);
  if (!content) return false;
  tell_news(*content);
  tell_typing(*content);
  if (!content->chat && !content->amends) return false;
  want_receipt(*content, ticket);
  if (catch_up_.running() && seen_live_.size() < most_done) seen_live_.insert(content->fingerprint);
  live_[ticket] = {content->archive_id};
  told_.received(incoming_of(std::move(*content), ticket));
  return true;
}

void MessageFlow::want_receipt(const MessageContent& content, uint64_t ticket) {
  if (content.chat && content.chat->receipt && roster_.may_know(content.from))
    receipts_[ticket] = {content.from, content.id};
}

// Receipts for what nobody could give one for at its time: not for a history of days, and not
// for what another device is about to answer.
bool MessageFlow::take_copy(const Forwarded& copy, uint64_t ticket, base::WallTime now,
                            bool receipts) {
  auto content = read_message(copy.message, account_, now, copy.archive_id);
  if (!content) return false;
  if (content->from.same_bare(account_))
    return take_own_copy(std::move(*content), copy.time, ticket);
  tell_news(*content);
  if (!content->chat && !content->amends) return false;
  if (receipts && !seen_live_.contains(content->fingerprint)) want_receipt(*content, ticket);
  auto incoming = incoming_of(std::move(*content), ticket);
  // The server's own word counts, not what the sender has put into the message.
  if (copy.time != base::WallTime{}) incoming.time = copy.time;
  told_.received(std::move(incoming));
  return true;
}

bool MessageFlow::take_own_copy(MessageContent content, base::WallTime time, uint64_t ticket) {
  if (content.to.empty() || arrived(model::MessageId(content.id))) return false;
  if (!content.chat && !content.amends) {
    // Another device says that it was read there.
    const auto read = std::find_if(
        content.news.begin(), content.news.end(),
        [](const MessageNews& each) { return each.state == model::MessageState::read; });
    if (read == content.news.end()) return false;
    content.amends = Amends{model::AmendmentKind::displayed, read->id, {}};
  }
  auto incoming = incoming_of(std::move(content), ticket);
  incoming.outgoing = true;
  if (time != base::WallTime{}) incoming.time = time;
  told_.received(std::move(incoming));
  return true;
}

// Whether it is one of those that were sent from here, which the server has then.
bool MessageFlow::arrived(const model::MessageId& id) {
  const auto waits = std::find_if(waiting_.begin(), waiting_.end(),
                                  [&](const Outgoing& each) { return each.id() == id; });
  if (waits == waiting_.end()) {
    found_in_flight_ |= std::any_of(sent_.begin(), sent_.end(),
                                    [&](const auto& each) { return each.second.id() == id; });
    return known_.contains(id);
  }
  if (!waits->cut) {
    settle(id);
  } else if (last_found_ != id) {
    // The server has gone on after the one before.
    settle(std::exchange(last_found_, id));
  }
  return true;
}

void MessageFlow::settle(const model::MessageId& id) {
  const auto waits = std::find_if(waiting_.begin(), waiting_.end(),
                                  [&](const Outgoing& each) { return each.id() == id; });
  if (waits == waiting_.end()) return;
  const model::MessageId found = waits->id();
  waiting_.erase(waits);
  done(found);
}

void MessageFlow::tell_news(MessageContent& content) {
  const std::string peer = peer_of(content.from, content.in_room);
  for (MessageNews& news : content.news) {
    acknowledged_by(peer, news.id);
    told_.report({id_, model::MessageId(std::move(news.id)), peer, news.state,
                  std::move(news.error.reason), std::move(news.error.message)});
  }
}

// Whom it went to has it: then the server has sent it on.
void MessageFlow::acknowledged_by(const std::string& peer, const std::string& id) {
  if (last_found_.empty() || last_found_.str() != id) return;
  const auto waits = std::find_if(waiting_.begin(), waiting_.end(), [&](const Outgoing& each) {
    return each.id() == last_found_ && each.to() == peer;
  });
  if (waits != waiting_.end()) settle(std::exchange(last_found_, {}));
}

// Only what changes.
void MessageFlow::tell_typing(const MessageContent& content) {
  if (!content.typing) return;
  std::string peer = peer_of(content.from, content.in_room);
  const auto known = typing_.find(peer);
  const auto before = known == typing_.end() ? model::Typing::stopped : known->second;
  if (before == *content.typing) return;
  if (typing_.size() >= most_typing) typing_.clear();
  typing_[peer] = *content.typing;
  told_.typing({id_, std::move(peer), *content.typing});
}

// What is said to one occupant of a room alone is a conversation of its own.
std::string MessageFlow::peer_of(const Jid& jid, bool in_room) const {
  return uri_of(is_one_of_many(jid, in_room) ? jid : jid.bare());
}

bool MessageFlow::is_one_of_many(const Jid& jid, bool in_room) const {
  return jid.is_full() && ((in_room && !roster_.contains(jid)) || told_.is_room(jid.bare()));
}

ports::IncomingMessage MessageFlow::incoming_of(MessageContent content, uint64_t ticket) const {
  ports::IncomingMessage incoming;
  incoming.account = id_;
  const bool own = content.from.same_bare(account_) && !content.to.empty();
  incoming.peer = peer_of(own ? content.to : content.from, content.in_room);
  incoming.sender = uri_of(content.from);
  // A room that knows them says who it is. In one that does not, whoever writes it himself is
  // still no more than his nick.
  if (!own && is_one_of_many(content.from, content.in_room)) {
    incoming.occupant = std::move(content.occupant_id);
    incoming.lasting = !incoming.occupant.empty();
  }
  incoming.remote_id = std::move(content.id);
  // Two accounts here may be on either side of one message.
  if (!content.fingerprint.empty()) incoming.fingerprint = id_.str() + " " + content.fingerprint;
  incoming.ticket = ticket;
  if (content.chat) {
    incoming.text = std::move(content.chat->text);
    incoming.time = content.chat->time;
    incoming.reply = std::move(content.chat->reply);
    incoming.markable = content.chat->markable;
    incoming.attachment = std::move(content.chat->attachment);
  }
  if (content.amends) {
    incoming.amends = content.amends->kind;
    incoming.target = std::move(content.amends->target);
    incoming.emojis = std::move(content.amends->emojis);
  }
  return incoming;
}

void MessageFlow::stored(uint64_t ticket) {
  if (const auto found = receipts_.find(ticket); found != receipts_.end()) {
    // Where the queue is full a receipt is the first thing to do without.
    static_cast<void>(management_.submit(
        {0, StanzaKind::message, make_receipt(found->second.to, found->second.id).to_text()}));
    receipts_.erase(found);
  }
  if (const auto found = live_.find(ticket); found != live_.end()) found->second.stored = true;
  advance();
  catch_up_.dealt_with(ticket);
  go_on();
}

// What came live moves the place as well, but not past what is not on disk, nor past anything
// of ours of which only the archive may know.
void MessageFlow::advance() {
  std::string place;
  for (auto first = live_.begin(); first != live_.end() && first->second.stored;
       first = live_.erase(first))
    if (!first->second.archive_id.empty()) place = std::move(first->second.archive_id);
  if (place.empty() || !complete_ || !all_acknowledged()) return;
  held_place_.clear();
  place_ = std::move(place);
  if (place_due_) return;
  place_due_ = timers_.after(between_places, [this] {
    place_due_.reset();
    told_.place(place_);
  });
}

}  // namespace commd::xmpp
