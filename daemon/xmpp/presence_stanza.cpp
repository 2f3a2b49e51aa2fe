#include "daemon/xmpp/presence_stanza.h"

#include <charconv>

#include "daemon/base/escape.h"
#include "daemon/xmpp/disco.h"
#include "daemon/xmpp/message_stanza.h"
#include "daemon/xmpp/namespaces.h"

namespace commd::xmpp {
namespace {

using model::Availability;

constexpr size_t kMostCapsBytes = 256;

std::optional<PresenceKind> kind_of(std::string_view type) {
  if (type.empty()) return PresenceKind::available;
  if (type == "unavailable" || type == "error") return PresenceKind::unavailable;
  if (type == "subscribe") return PresenceKind::subscribe;
  if (type == "subscribed") return PresenceKind::subscribed;
  if (type == "unsubscribe") return PresenceKind::unsubscribe;
  if (type == "unsubscribed") return PresenceKind::unsubscribed;
  return std::nullopt;
}

// What is no word of RFC 6121 section 4.7.2.1 is as if it were not there.
Availability availability_of(const std::string& show) {
  if (show == "chat") return Availability::chat;
  if (show == "away") return Availability::away;
  if (show == "xa") return Availability::xa;
  return show == "dnd" ? Availability::dnd : Availability::available;
}

int number_of(std::string_view text, int low, int high) {
  int number = 0;
  const auto read = std::from_chars(text.data(), text.data() + text.size(), number);
  const bool whole = read.ec == std::errc() && read.ptr == text.data() + text.size();
  return whole && number >= low && number <= high ? number : 0;
}

std::string cut(std::string_view text, size_t bytes) {
  return base::to_valid_utf8(text.substr(0, bytes));
}

std::optional<base::WallTime> stamp_of(const Element& presence, base::WallTime now) {
  for (const Element each : presence) {
    if (!each.is("delay", ns::kDelay)) continue;
    if (const auto stamp = parse_stamp(each.attribute("stamp")); stamp && *stamp <= now)
      return stamp;
  }
  return std::nullopt;
}

base::WallTime idle_since(const Element& presence, base::WallTime now) {
  const auto since = parse_stamp(presence.child("idle", ns::kIdle).attribute("since"));
  if (since && *since <= now) return *since;
  const int seconds = number_of(presence.child("query", ns::kLastActivity).attribute("seconds"), 1,
                                10 * 365 * 86'400);
  return seconds > 0 ? now - std::chrono::seconds(seconds) : base::WallTime{};
}

Caps caps_of(const Element& presence) {
  const Element c = presence.child("c", ns::kCaps);
  Caps caps{std::string(c.attribute("hash")), std::string(c.attribute("node")),
            std::string(c.attribute("ver"))};
  if (caps.hash.size() > kMostCapsBytes || caps.node.size() > kMostCapsBytes ||
      caps.ver.size() > kMostCapsBytes)
    return {};
  return caps;
}

}  // namespace

std::optional<PresenceContent> read_presence(const Element& presence, base::WallTime now) {
  const auto kind = kind_of(presence.type());
  auto from = Jid::parse(presence.from());
  if (!kind || !from || presence.child("x", ns::kRoomUser)) return std::nullopt;
  PresenceContent read;
  read.kind = *kind;
  read.resource.name = from->resource();
  read.from = std::move(*from);
  model::Presence& shown = read.resource.presence;
  shown.status = cut(presence.child_text("status", ns::kClient), model::max_status_bytes);
  const auto stamp = stamp_of(presence, now);
  read.stamped = stamp.has_value();
  shown.time = stamp.value_or(now);
  read.nickname = cut(presence.child_text("nick", ns::kNick), model::max_contact_name_bytes);
  if (read.kind != PresenceKind::available) return read;
  shown.availability = availability_of(presence.child_text("show", ns::kClient));
  read.resource.priority = number_of(presence.child_text("priority", ns::kClient), -128, 127);
  read.resource.idle_since = idle_since(presence, now);
  read.caps = caps_of(presence);
  return read;
}

model::Presence room_availability(const Element& presence, base::WallTime now) {
  model::Presence shown;
  if (presence.type().empty())
    shown.availability = availability_of(presence.child_text("show", ns::kClient));
  shown.status = cut(presence.child_text("status", ns::kClient), model::max_status_bytes);
  shown.time = stamp_of(presence, now).value_or(now);
  return shown;
}

Stanza make_availability(const model::Presence& presence) {
  Stanza stanza = make_presence();
  const Availability shown = presence.availability;
  if (shown == Availability::unavailable)
    stanza.set("type", "unavailable");
  else if (shown != Availability::available)
    stanza.add_with_text("show", model::to_string(shown));
  if (!presence.status.empty()) stanza.add_with_text("status", presence.status);
  if (shown != Availability::unavailable)
    stanza.add("c", ns::kCaps)
        .set("hash", "sha-1")
        .set("node", kCapsNode)
        .set("ver", own_caps_ver());
  return stanza;
}

Stanza make_subscription(const Jid& to, std::string_view type, std::string_view nickname) {
  Stanza stanza = make_presence();
  stanza.set("to", to.bare().str()).set("type", type);
  if (!nickname.empty()) stanza.add_with_text("nick", nickname, ns::kNick);
  return stanza;
}

}  // namespace commd::xmpp
