#include "daemon/xmpp/message_extras.h"

#include <algorithm>
#include <charconv>

#include "daemon/base/escape.h"
#include "daemon/xmpp/namespaces.h"

namespace commd::xmpp {
namespace {

using model::AmendmentKind;

// The byte at which the character `count` begins; the text's end for one beyond it.
size_t byte_of(std::string_view text, size_t count) {
  size_t at = 0;
  for (; at < text.size(); ++at) {
    if ((static_cast<unsigned char>(text[at]) & 0xc0) == 0x80) continue;
    if (count-- == 0) break;
  }
  return at;
}

std::optional<size_t> number(std::string_view text) {
  size_t value = 0;
  const auto parsed = std::from_chars(text.data(), text.data() + text.size(), value);
  if (text.empty() || parsed.ptr != text.data() + text.size() || parsed.ec != std::errc())
    return std::nullopt;
  return value;
}

// XEP-0428: characters from `start` to before `end`. Nothing is cut that would leave nothing.
void cut_fallback(const Element& message, std::string_view of, std::string& text) {
  for (const Element fallback : message) {
    if (!fallback.is("fallback", ns::kFallback) || fallback.attribute("for") != of) continue;
    const Element body = fallback.child("body", ns::kFallback);
    const auto start = number(body.attribute("start"));
    const auto end = number(body.attribute("end"));
    if (!start || !end || *start >= *end) return;
    const size_t from = byte_of(text, *start);
    const size_t to = byte_of(text, *end);
    if (to - from < text.size()) text.erase(from, to - from);
    return;
  }
}

std::optional<Amends> named(AmendmentKind kind, const Element& element) {
  std::string target = id_of(element.id());
  if (target.empty()) return std::nullopt;
  return Amends{kind, std::move(target), {}};
}

std::optional<Amends> read_reactions(const Element& reactions) {
  auto amends = named(AmendmentKind::react, reactions);
  if (!amends) return amends;
  for (const Element each : reactions) {
    if (!each.is("reaction", ns::kReactions)) continue;
    std::string emoji = each.text();
    const bool fits = model::is_emoji(emoji) && base::is_valid_utf8(emoji) &&
                      amends->emojis.size() < model::max_emojis;
    const auto known = std::find(amends->emojis.begin(), amends->emojis.end(), emoji);
    if (fits && known == amends->emojis.end()) amends->emojis.push_back(std::move(emoji));
  }
  return amends;
}

size_t characters(std::string_view text) {
  return static_cast<size_t>(std::count_if(text.begin(), text.end(), [](char c) {
    return (static_cast<unsigned char>(c) & 0xc0) != 0x80;
  }));
}

// "> line\n> line\n"
std::string quoted(std::string_view text) {
  std::string all = "> ";
  for (const char c : text) all += c == '\n' ? std::string("\n> ") : std::string(1, c);
  return all + "\n";
}

// With an id under which it can be named, and to be kept by archives.
Stanza make_named(const Jid& to, std::string_view id, Audience audience) {
  Stanza message = make_message(to.str(), audience == Audience::room ? "groupchat" : "chat", id);
  message.add("origin-id", ns::kStanzaIds).set("id", id);
  message.add("store", ns::kHints);
  return message;
}

Stanza make_retraction(const Jid& to, const model::Amendment& amendment, Audience audience) {
  Stanza message = make_named(to, amendment.id.str(), audience);
  message.add("retract", ns::kRetractions).set("id", amendment.target);
  message.add("fallback", ns::kFallback).set("for", ns::kRetractions);
  message.add_with_text("body",
                        "This person tried to take back an earlier message, which your client "
                        "does not know how to do.");
  return message;
}

}  // namespace

std::optional<Amends> read_amends(const Element& message) {
  if (const Element retract = message.child("retract", ns::kRetractions))
    return named(AmendmentKind::retract, retract);
  const Element fastened = message.child("apply-to", ns::kFasten);
  if (fastened.child("retract", ns::kOldRetractions))
    return named(AmendmentKind::retract, fastened);
  if (const Element reactions = message.child("reactions", ns::kReactions))
    return read_reactions(reactions);
  if (const Element replace = message.child("replace", ns::kCorrections))
    return named(AmendmentKind::correct, replace);
  return std::nullopt;
}

model::Reply read_reply(const Element& message, const Jid& account, std::string& text) {
  const Element element = message.child("reply", ns::kReplies);
  model::Reply reply;
  reply.wire_id = id_of(element.id());
  if (reply.empty()) return {};
  const auto to = Jid::parse(element.to());
  reply.to_own = to && to->same_bare(account);
  cut_fallback(message, ns::kReplies, text);
  return reply;
}

Stanza make_reply(const Jid& to, const Jid& author, std::string_view id, std::string_view text,
                  const model::Reply& reply, Audience audience) {
  const std::string quote = quoted(reply.quote);
  Stanza message = make_chat(to, id, quote + std::string(text), audience);
  const MutableElement element = message.add("reply", ns::kReplies).set("id", reply.wire_id);
  if (!author.empty()) element.set("to", author.str());
  message.add("fallback", ns::kFallback)
      .set("for", ns::kReplies)
      .add("body")
      .set("start", "0")
      .set("end", std::to_string(characters(quote)));
  return message;
}

Stanza make_amendment(const Jid& to, const model::Amendment& amendment, Audience audience) {
  switch (amendment.kind) {
    case AmendmentKind::correct: {
      Stanza message = make_chat(to, amendment.id.str(), amendment.text, audience);
      message.add("replace", ns::kCorrections).set("id", amendment.target);
      return message;
    }
    case AmendmentKind::retract:
      return make_retraction(to, amendment, audience);
    case AmendmentKind::react: {
      Stanza message = make_named(to, amendment.id.str(), audience);
      const MutableElement reactions =
          message.add("reactions", ns::kReactions).set("id", amendment.target);
      for (const std::string& emoji : amendment.emojis) reactions.add_with_text("reaction", emoji);
      return message;
    }
    case AmendmentKind::displayed:
      break;
  }
  Stanza message = make_named(to, amendment.id.str(), audience);
  message.add("displayed", ns::kMarkers).set("id", amendment.target);
  return message;
}

Stanza make_typing(const Jid& to, model::Typing state) {
  Stanza message = make_message(to.str(), "chat", make_id());
  switch (state) {
    case model::Typing::composing:
      message.add("composing", ns::kChatStates);
      break;
    case model::Typing::paused:
      message.add("paused", ns::kChatStates);
      break;
    case model::Typing::stopped:
      message.add("active", ns::kChatStates);
      break;
  }
  message.add("no-store", ns::kHints);
  return message;
}

}  // namespace commd::xmpp
