#include "daemon/xmpp/jmi.h"

#include <algorithm>
#include <array>
#include <utility>

#include "daemon/xmpp/namespaces.h"

namespace commd::xmpp {
namespace {

constexpr std::array kinds = {"propose", "ringing", "proceed", "accept",
                              "reject",  "retract", "finish"};
static_assert(kinds.size() == static_cast<size_t>(JmiKind::finish) + 1);

constexpr std::array<std::pair<const char*, model::MediaKind>, 3> media_kinds = {
    {{"audio", model::MediaKind::audio},
     {"video", model::MediaKind::video},
     {"text", model::MediaKind::text}}};

std::vector<model::MediaKind> media_of(const Element& propose) {
  std::vector<model::MediaKind> media;
  for (const Element each : propose) {
    if (!each.is("description", ns::kJingleRtp)) continue;
    for (const auto& [word, kind] : media_kinds)
      if (each.attribute("media") == word &&
          std::find(media.begin(), media.end(), kind) == media.end())
        media.push_back(kind);
  }
  return media;
}

std::string sid_of(std::string_view id) {
  return id.size() > most_jingle_sid_bytes ? std::string() : std::string(id);
}

Element element_of(const Element& message, JmiKind& kind) {
  for (const Element each : message) {
    if (each.ns() != ns::kJingleMessage) continue;
    const auto found = std::find(kinds.begin(), kinds.end(), each.name());
    if (found == kinds.end()) continue;
    kind = static_cast<JmiKind>(found - kinds.begin());
    return each;
  }
  return {};
}

}  // namespace

const char* to_string(JmiKind kind) { return kinds.at(static_cast<size_t>(kind)); }

std::optional<JmiMessage> read_jmi(const Element& message) {
  if (message.name() != "message" || message.type() == "error" || message.type() == "groupchat")
    return std::nullopt;
  JmiMessage read;
  const Element element = element_of(message, read.kind);
  auto from = Jid::parse(message.from());
  read.id = sid_of(element.id());
  if (!element || !from || read.id.empty()) return std::nullopt;
  read.from = std::move(*from);
  if (auto to = Jid::parse(message.to())) read.to = std::move(*to);
  if (read.kind == JmiKind::propose) {
    read.media = media_of(element);
    if (read.media.empty()) return std::nullopt;
  }
  read.why = read_why(element);
  read.tie_break = bool(element.child("tie-break", ns::kJingleMessage));
  read.migrated_to = sid_of(element.child("migrated", ns::kJingleMessage).to());
  return read;
}

Stanza make_jmi(const Jid& to, JmiKind kind, std::string_view id,
                const std::vector<model::MediaKind>& media) {
  Stanza message = make_message(to.str(), "chat", make_id());
  const MutableElement element = message.add(to_string(kind), ns::kJingleMessage).set("id", id);
  for (const model::MediaKind each : media)
    for (const auto& [word, media_kind] : media_kinds)
      if (media_kind == each) element.add("description", ns::kJingleRtp).set("media", word);
  message.add("store", ns::kHints);
  return message;
}

Stanza make_jmi_end(const Jid& to, JmiKind kind, std::string_view id, const JingleWhy& why,
                    TieBreak tie_break) {
  Stanza message = make_jmi(to, kind, id);
  const MutableElement element(message.child(to_string(kind), ns::kJingleMessage).raw());
  write_why(why, element);
  if (tie_break == TieBreak::yes) element.add("tie-break");
  return message;
}

}  // namespace commd::xmpp
