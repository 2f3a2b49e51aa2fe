#include "daemon/xmpp/message_stanza.h"

#include <algorithm>
#include <charconv>
#include <chrono>

#include "daemon/base/escape.h"
#include "daemon/xmpp/attachment.h"
#include "daemon/xmpp/crypto.h"
#include "daemon/xmpp/message_extras.h"
#include "daemon/xmpp/namespaces.h"
#include "daemon/xmpp/stanza_error.h"

namespace commd::xmpp {
namespace {

constexpr size_t most_id_bytes = 512;

// The account's own server replaces what others claim in its name (XEP-0359 section 3).
std::string archive_id_of(const Element& message, const Jid& account) {
  for (const Element each : message)
    if (each.is("stanza-id", ns::kStanzaIds) && each.attribute("by") == account.str())
      return id_of(each.id());
  return {};
}

// A message that comes a second time has the same sender, id and text, whatever a server
// has added. Ids alone are counted from one by some clients.
std::string fingerprint_of(const Element& message, const MessageContent& content,
                           std::string_view text) {
  std::string all;
  const auto part = [&all](std::string_view of) { all.append(of).append(1, '\0'); };
  if (!content.id.empty()) {
    part(message.from());
    part(content.id);
    all += text;
  } else if (!content.archive_id.empty()) {
    part("archive");
    all += content.archive_id;
  } else {
    return {};
  }
  return to_hex(digest(Hash::sha256, all)).substr(0, 40);
}

ChatText chat_of(const Element& message, const Jid& account, base::WallTime now, std::string text) {
  ChatText chat;
  chat.id = id_of(message.id());
  chat.receipt = !chat.id.empty() && message.child("request", ns::kReceipts);
  chat.markable = !chat.id.empty() && message.child("markable", ns::kMarkers);
  chat.time = waited_since(message, account, now);
  chat.reply = read_reply(message, account, text);
  chat.attachment = read_attachment(message, text);
  chat.text = std::move(text);
  return chat;
}

void read_news(const Element& message, std::vector<MessageNews>& news) {
  using model::MessageState;
  const auto add = [&](const Element& element, MessageState state) {
    if (std::string id = id_of(element.id()); !id.empty()) news.push_back({std::move(id), state});
  };
  add(message.child("received", ns::kReceipts), MessageState::delivered);
  add(message.child("received", ns::kMarkers), MessageState::delivered);
  add(message.child("displayed", ns::kMarkers), MessageState::read);
}

std::optional<model::Typing> typing_of(const Element& message) {
  using model::Typing;
  for (const Element each : message) {
    if (each.ns() != ns::kChatStates) continue;
    if (each.name() == "composing") return Typing::composing;
    if (each.name() == "paused") return Typing::paused;
    if (each.name() == "active" || each.name() == "inactive" || each.name() == "gone")
      return Typing::stopped;
  }
  return std::nullopt;
}

// `count` digits at `at`, which moves on.
std::optional<int> digits(std::string_view text, size_t& at, size_t count) {
  if (text.size() < at + count) return std::nullopt;
  int value = 0;
  for (size_t end = at + count; at < end; ++at) {
    if (text[at] < '0' || text[at] > '9') return std::nullopt;
    value = value * 10 + (text[at] - '0');
  }
  return value;
}

bool take(std::string_view text, size_t& at, char c) {
  if (at >= text.size() || text[at] != c) return false;
  ++at;
  return true;
}

}  // namespace

// Two who both say that they are the account's server: one of them is not.
base::WallTime waited_since(const Element& message, const Jid& account, base::WallTime now) {
  std::optional<base::WallTime> told;
  for (const Element each : message) {
    if (!each.is("delay", ns::kDelay)) continue;
    const auto by = Jid::parse(each.from());
    const bool ours =
        by && by->domain() == account.domain() && (by->local().empty() || by->same_bare(account));
    if (!ours) continue;
    if (told) return {};
    const auto time = parse_stamp(each.attribute("stamp"));
    told = time && *time <= now ? *time : base::WallTime{};
  }
  return told.value_or(base::WallTime{});
}

std::string body_of(const Element& message) {
  Element chosen;
  for (const Element each : message) {
    if (!each.is("body", ns::kClient)) continue;
    if (!chosen || (!chosen.lang().empty() && each.lang().empty())) chosen = each;
  }
  std::string text = chosen ? chosen.text() : std::string();
  if (text.size() > model::max_message_bytes) text.resize(model::max_message_bytes);
  return base::to_valid_utf8(text);
}

std::string id_of(std::string_view text) {
  return text.size() <= most_id_bytes ? std::string(text) : std::string();
}

std::string occupant_id_of(const Element& stanza) {
  std::string id = id_of(stanza.child("occupant-id", ns::kOccupantIds).id());
  // What it is kept with is told apart by such.
  const auto is_control = [](char c) { return static_cast<unsigned char>(c) < 0x20; };
  return std::any_of(id.begin(), id.end(), is_control) ? std::string() : id;
}

std::optional<MessageContent> read_message(const Element& message, const Jid& account,
                                           base::WallTime now, const std::string& archive_id) {
  const std::string_view type = message.type();
  if (type == "groupchat" || type == "headline") return std::nullopt;
  auto from = Jid::parse(message.from());
  if (!from) return std::nullopt;
  MessageContent content;
  content.from = std::move(*from);
  if (auto to = Jid::parse(message.to())) content.to = std::move(*to);
  content.id = id_of(message.id());
  content.archive_id = archive_id.empty() ? archive_id_of(message, account) : archive_id;
  content.in_room = bool(message.child("x", ns::kRoomUser));
  content.occupant_id = occupant_id_of(message);
  if (type == "error") {
    if (!content.id.empty())
      content.news.push_back(
          {content.id, model::MessageState::failed, to_error(read_stanza_error(message))});
    return content;
  }
  content.amends = read_amends(message);
  std::string text = body_of(message);
  const bool may_chat = !content.amends || content.amends->kind == model::AmendmentKind::correct;
  if (content.amends || !text.empty()) content.fingerprint = fingerprint_of(message, content, text);
  if (may_chat && !text.empty())
    content.chat = chat_of(message, account, now, std::move(text));
  else if (may_chat)
    content.amends.reset();  // corrected to nothing
  read_news(message, content.news);
  content.typing = typing_of(message);
  return content;
}

Stanza make_chat(const Jid& to, std::string_view id, std::string_view text, Audience audience) {
  const bool room = audience == Audience::room;
  Stanza message = make_message(to.str(), room ? "groupchat" : "chat", id);
  message.add_with_text("body", text);
  if (!room) {
    message.add("request", ns::kReceipts);
    message.add("markable", ns::kMarkers);
    message.add("active", ns::kChatStates);
  }
  message.add("origin-id", ns::kStanzaIds).set("id", id);
  // To one occupant of a room alone (XEP-0045 section 7.5).
  if (!room && to.is_full()) message.add("x", ns::kRoomUser);
  return message;
}

Stanza make_receipt(const Jid& to, std::string_view id) {
  Stanza message = make_message(to.str(), "chat", make_id());
  message.add("received", ns::kReceipts).set("id", id);
  message.add("store", ns::kHints);
  return message;
}

std::optional<base::WallTime> parse_stamp(std::string_view text) {
  namespace chrono = std::chrono;
  size_t at = 0;
  const auto year = digits(text, at, 4);
  if (!year || !take(text, at, '-')) return std::nullopt;
  const auto month = digits(text, at, 2);
  if (!month || !take(text, at, '-')) return std::nullopt;
  const auto day = digits(text, at, 2);
  if (!day || !take(text, at, 'T')) return std::nullopt;
  const auto hour = digits(text, at, 2);
  if (!hour || !take(text, at, ':')) return std::nullopt;
  const auto minute = digits(text, at, 2);
  if (!minute || !take(text, at, ':')) return std::nullopt;
  const auto second = digits(text, at, 2);
  if (!second) return std::nullopt;
  if (take(text, at, '.'))
    while (at < text.size() && text[at] >= '0' && text[at] <= '9') ++at;  // not that exact
  chrono::minutes zone{0};
  if (!take(text, at, 'Z')) {
    const int sign = take(text, at, '-') ? -1 : take(text, at, '+') ? 1 : 0;
    const auto hours = digits(text, at, 2);
    if (sign == 0 || !hours || !take(text, at, ':')) return std::nullopt;
    const auto minutes = digits(text, at, 2);
    if (!minutes || *hours > 14 || *minutes > 59) return std::nullopt;
    zone = sign * (chrono::hours(*hours) + chrono::minutes(*minutes));
  }
  const chrono::year_month_day date{chrono::year(*year), chrono::month(unsigned(*month)),
                                    chrono::day(unsigned(*day))};
  // Years in which nanoseconds of 64 bits have their zero and end far enough away.
  if (at != text.size() || !date.ok() || *year < 1970 || *year > 2200 || *hour > 23 ||
      *minute > 59 || *second > 60)
    return std::nullopt;
  return base::WallTime(chrono::sys_days(date)) + chrono::hours(*hour) + chrono::minutes(*minute) +
         chrono::seconds(*second) - zone;
}

}  // namespace commd::xmpp
