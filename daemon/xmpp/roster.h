// The contact list as the server keeps it (RFC 6121 section 2): who is on it, and who may
// know that this end is there.
//
// XMPP thread. What comes in is hostile: lists and changes of anybody but the account's own
// server are for nothing (CVE-2015-8688).
#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <string>

#include "daemon/xmpp/jid.h"
#include "daemon/xmpp/stanza.h"

namespace commd::xmpp {

enum class Subscription { none, to, from, both };

struct RosterItem {
  std::string name;  // valid UTF-8, at most 256 bytes
  Subscription subscription = Subscription::none;
};

class Roster {
 public:
  static constexpr size_t most_items = 20'000;

  // `account`: bare.
  explicit Roster(Jid account) : account_(std::move(account)) {}

  // Asks for the whole list, once a session.
  Stanza request();
  // True: the iq was the answer, or a change; `reply` is to be sent. A change of somebody
  // else is none, and is left to others to refuse.
  struct Taken {
    bool ours = false;
    std::optional<Stanza> reply{};
  };
  Taken take(const Element& iq);

  // Whether that person may know what this end does: receipts, presence.
  bool may_know(const Jid& person) const;
  const std::map<Jid, RosterItem>& items() const { return items_; }

 private:
  bool from_our_server(const Element& iq) const;
  void set(const Element& item);

  Jid account_;
  std::string asked_;  // id of the request that is not answered yet
  std::map<Jid, RosterItem> items_;
};

}  // namespace commd::xmpp
