// The pictures and nicknames of one account's contacts, and its own: who has which, and what the
// core asks to be fetched.
//
// XMPP thread. What comes in is hostile.
#pragma once

#include <functional>
#include <map>
#include <set>
#include <string>

#include "daemon/ports/contacts.h"
#include "daemon/ports/timers.h"
#include "daemon/xmpp/avatar_stanza.h"
#include "daemon/xmpp/iq_requests.h"
#include "daemon/xmpp/roster.h"
#include "daemon/xmpp/stream_management.h"

namespace commd::xmpp {

class AvatarFlow {
 public:
  using Fetched = ports::Contacts::Fetched;
  using Done = ports::Contacts::Done;

  // Each outlives it.
  struct Parts {
    model::AccountId id;
    Jid account;  // bare
    const Roster& roster;
    ports::Timers& timers;
    ports::ContactEvents& events;
    // False: too much waits already.
    std::function<bool(const Stanza&, StanzaKind)> send;
  };
  explicit AvatarFlow(Parts parts);
  AvatarFlow(const AvatarFlow&) = delete;
  AvatarFlow& operator=(const AvatarFlow&) = delete;

  void session_began();
  void session_resumed() { online_ = true; }
  // `broken`: by what came, which may have been a picture.
  void session_cut(bool broken);
  void session_ended();

  // True: it was for this.
  bool take_iq(const Element& iq) { return requests_.take(iq); }
  bool take_message(const Element& message);
  void take_presence(const Element& presence);

  // See ports::Contacts.
  void fetch_avatar(const std::string& address, const std::string& hash, Fetched done);
  void set_avatar(const std::string& bytes, Done done);
  void set_nickname(const std::string& nickname, Done done);

 private:
  bool is_contact(const Jid& who) const;
  void ask(const Stanza& iq, Done done);
  void fetch(const Jid& who, const std::string& hash, const Stanza& iq, Fetched done);

  Parts parts_;
  IqRequests requests_;
  bool online_ = false;
  std::set<Jid> publishes_;           // who has said of his picture by an event, in this session
  std::map<Jid, std::string> cards_;  // what presence said of the picture in a business card
  std::multiset<Jid> fetching_;
  std::set<Jid> harmful_;  // whose picture has broken the stream
};

}  // namespace commd::xmpp
