#include "daemon/xmpp/jingle_stanza.h"

#include <algorithm>
#include <array>

#include "daemon/base/escape.h"
#include "daemon/xmpp/namespaces.h"

namespace commd::xmpp {
namespace {

constexpr size_t most_name_bytes = 256;
constexpr size_t most_text_bytes = 1024;

constexpr std::array actions = {"content-accept",   "content-add",       "content-modify",
                                "content-reject",   "content-remove",    "description-info",
                                "security-info",    "session-accept",    "session-info",
                                "session-initiate", "session-terminate", "transport-accept",
                                "transport-info",   "transport-reject",  "transport-replace"};
static_assert(actions.size() == static_cast<size_t>(JingleAction::transport_replace) + 1);

constexpr std::array reasons = {"alternative-session",
                                "busy",
                                "cancel",
                                "connectivity-error",
                                "decline",
                                "expired",
                                "failed-application",
                                "failed-transport",
                                "general-error",
                                "gone",
                                "incompatible-parameters",
                                "media-error",
                                "security-error",
                                "success",
                                "timeout",
                                "unsupported-applications",
                                "unsupported-transports"};
static_assert(reasons.size() == static_cast<size_t>(JingleReason::unsupported_transports) + 1);

constexpr std::array parties = {"initiator", "responder", "both", "none"};

template <class E, class Words>
std::optional<E> value_of(const Words& words, std::string_view text) {
  const auto found = std::find(words.begin(), words.end(), text);
  if (found == words.end()) return std::nullopt;
  return static_cast<E>(found - words.begin());
}

std::optional<JingleContent> content_of(const Element& element) {
  JingleContent content;
  content.name = element.attribute("name");
  const auto creator = value_of<JingleParty>(parties, element.attribute("creator"));
  if (content.name.empty() || content.name.size() > most_name_bytes || !creator ||
      *creator > JingleParty::responder)
    return std::nullopt;
  content.creator = *creator;
  if (element.has_attribute("senders")) {
    const auto senders = value_of<JingleParty>(parties, element.attribute("senders"));
    if (!senders) return std::nullopt;
    content.senders = *senders;
  }
  for (const Element each : element) {
    if (!content.description && each.name() == "description") content.description = each;
    if (!content.transport && each.name() == "transport") content.transport = each;
    if (!content.security && each.name() == "security") content.security = each;
  }
  return content;
}

}  // namespace

const char* to_string(JingleAction action) { return actions.at(static_cast<size_t>(action)); }
const char* to_string(JingleReason reason) { return reasons.at(static_cast<size_t>(reason)); }
const char* to_string(JingleParty party) { return parties.at(static_cast<size_t>(party)); }

std::optional<JingleWhy> read_why(const Element& parent) {
  const Element reason = parent.child("reason", ns::kJingle);
  if (!reason) return std::nullopt;
  JingleWhy why;
  for (const Element each : reason) {
    if (each.ns() != ns::kJingle) continue;
    if (each.name() == "text") {
      std::string text = each.text();
      if (text.size() > most_text_bytes) text.resize(most_text_bytes);
      why.text = base::to_valid_utf8(text);
    } else if (const auto known = value_of<JingleReason>(reasons, each.name())) {
      why.reason = *known;
    }
  }
  return why;
}

void write_why(const JingleWhy& why, const MutableElement& parent) {
  const MutableElement element = parent.add("reason", ns::kJingle);
  element.add(to_string(why.reason));
  if (!why.text.empty()) element.add_with_text("text", why.text);
}

std::optional<JingleStanza> read_jingle(const Element& iq) {
  JingleStanza read;
  read.jingle = iq.child("jingle", ns::kJingle);
  if (iq.type() != "set" || !read.jingle) return std::nullopt;
  const auto action = value_of<JingleAction>(actions, read.jingle.attribute("action"));
  read.sid = read.jingle.attribute("sid");
  auto from = Jid::parse(iq.from());
  if (!action || read.sid.empty() || read.sid.size() > most_jingle_sid_bytes || !from)
    return std::nullopt;
  read.action = *action;
  read.from = std::move(*from);
  for (const Element each : read.jingle) {
    if (!each.is("content", ns::kJingle)) continue;
    auto content = content_of(each);
    if (!content || read.contents.size() == most_jingle_contents) return std::nullopt;
    read.contents.push_back(std::move(*content));
  }
  if (auto why = read_why(read.jingle)) {
    read.reason = why->reason;
    read.reason_text = std::move(why->text);
  }
  return read;
}

Stanza make_jingle(const Jid& to, JingleAction action, std::string_view sid, const Jid& self) {
  Stanza iq = make_iq("set", to.str(), make_id());
  const MutableElement jingle = iq.add("jingle", ns::kJingle);
  jingle.set("action", to_string(action)).set("sid", sid);
  if (action == JingleAction::session_initiate && !self.empty())
    jingle.set("initiator", self.str());
  if (action == JingleAction::session_accept && !self.empty()) jingle.set("responder", self.str());
  return iq;
}

MutableElement jingle_in(const Stanza& iq) {
  return MutableElement(iq.child("jingle", ns::kJingle).raw());
}

MutableElement add_content(const Stanza& iq, std::string_view name, JingleParty creator,
                           JingleParty senders) {
  const MutableElement content = jingle_in(iq).add("content");
  content.set("creator", to_string(creator)).set("name", name);
  if (senders != JingleParty::both) content.set("senders", to_string(senders));
  return content;
}

Stanza make_jingle_end(const Jid& to, std::string_view sid, JingleReason reason,
                       std::string_view text) {
  Stanza iq = make_jingle(to, JingleAction::session_terminate, sid);
  write_why({reason, std::string(text)}, jingle_in(iq));
  return iq;
}

}  // namespace commd::xmpp
