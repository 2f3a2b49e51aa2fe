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
#include <vector>

#include "daemon/model/contact.h"
#include "daemon/xmpp/jid.h"
#include "daemon/xmpp/stanza.h"

namespace commd::xmpp {

using model::Subscription;

struct RosterItem {
  std::string name;                 // valid UTF-8, at most 256 bytes
  std::vector<std::string> groups;  // the same, each once, in order; at most 32
  Subscription subscription = Subscription::none;
  bool asked = false;  // a subscription that is not answered yet
};

class Roster {
 public:
  static constexpr size_t most_items = 20'000;
  // A longer name of a version is none.
  static constexpr size_t most_version_bytes = 512;

  // `account`: bare.
  explicit Roster(Jid account) : account_(std::move(account)) {}

  // The list as it was when the server called it `version`; before the first request.
  void restore(std::map<Jid, RosterItem> items, std::string version);

  // What the server is asked for.
  enum class Wish {
    whole,    // every time
    changed,  // only what is another than in version() (section 2.6); the server must offer it
  };
  // Asks for the list, once a session.
  Stanza request(Wish wish);
  // True: the iq was the answer, or a change; `reply` is to be sent. A change of somebody
  // else is none, and is left to others to refuse.
  struct Taken {
    bool ours = false;
    std::optional<Stanza> reply{};
    std::vector<Jid> changed{};  // they are in items()
    std::vector<Jid> removed{};
    bool complete = false;   // the whole list has been told
    bool unchanged = false;  // the whole list is as it was
  };
  Taken take(const Element& iq);
  // A part of the answer, before the rest comes to take().
  Taken take_part(const Element& iq);

  // A request that puts an entry on the list, or changes it (section 2.3, 2.4).
  static Stanza set_request(const Jid& person, std::string_view name,
                            const std::vector<std::string>& groups);
  static Stanza remove_request(const Jid& person);

  // Whether that person may know what this end does: receipts, presence.
  bool may_know(const Jid& person) const;
  bool contains(const Jid& person) const { return items_.contains(person.bare()); }
  const std::map<Jid, RosterItem>& items() const { return items_; }
  // What the server calls the list as it is here; empty: it was not said, or is not whole.
  const std::string& version() const { return version_; }

 private:
  bool answers(const Element& iq) const;
  void begin_list();
  void keep_version(const Element& query);
  void set(const Element& item, Taken& taken);

  Jid account_;
  std::string asked_;  // id of the request that is not answered yet
  Wish wish_ = Wish::whole;
  bool in_part_ = false;  // of whose answer a part has come
  std::string version_;
  std::map<Jid, RosterItem> items_;
};

}  // namespace commd::xmpp
