// Presence stanzas, read and written: availability and subscriptions (RFC 6121 sections 3, 4),
// since when (XEP-0203, XEP-0256, XEP-0319), nicknames (XEP-0172), capabilities (XEP-0115).
// Pure; on the thread of the stanza. What comes in is hostile.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "daemon/base/time.h"
#include "daemon/model/contact.h"
#include "daemon/xmpp/jid.h"
#include "daemon/xmpp/stanza.h"

namespace commd::xmpp {

enum class PresenceKind {
  available,
  unavailable,  // also an error: he cannot be reached
  subscribe,
  subscribed,
  unsubscribe,
  unsubscribed,
};

// What presence says of a program; `ver` is for `hash` to be true of what it answers.
struct Caps {
  std::string hash, node, ver;
  bool empty() const { return ver.empty(); }
  friend auto operator<=>(const Caps&, const Caps&) = default;
};

struct PresenceContent {
  PresenceKind kind = PresenceKind::available;
  Jid from;
  model::Resource resource;  // with its name; nothing of its program
  bool stamped = false;      // its time is not that of its arrival
  std::string nickname;      // at most 256 bytes
  Caps caps;
};

// Nothing where it is for others to judge: rooms, probes, no sender that can be read. `now`: no
// presence is from the future.
std::optional<PresenceContent> read_presence(const Element& presence, base::WallTime now);

// Of an occupant of a room: availability and words, and since when.
model::Presence room_availability(const Element& presence, base::WallTime now);

// What this end says to all who may know.
Stanza make_availability(const model::Presence& presence);
// subscribe, subscribed, unsubscribe, unsubscribed. `nickname` may be empty.
Stanza make_subscription(const Jid& to, std::string_view type, std::string_view nickname = {});

}  // namespace commd::xmpp
