// The contacts of one account on the wire: the list and its changes (RFC 6121 section 2), who
// asks to be one (3), who is there (4), who is blocked (XEP-0191); and what this end says of
// itself.
//
// XMPP thread. What comes in is hostile.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "daemon/base/log.h"
#include "daemon/ports/clock.h"
#include "daemon/ports/contacts.h"
#include "daemon/ports/timers.h"
#include "daemon/xmpp/caps_lookup.h"
#include "daemon/xmpp/iq_requests.h"
#include "daemon/xmpp/roster.h"
#include "daemon/xmpp/stream_features.h"
#include "daemon/xmpp/stream_management.h"

namespace commd::xmpp {

class ContactFlow {
 public:
  using Done = ports::Contacts::Done;
  // How long a cut stream may take to be resumed before contacts are taken for gone.
  static constexpr std::chrono::seconds resume_patience{60};

  // Each outlives it.
  struct Parts {
    model::AccountId id;
    Jid account;  // bare
    Roster& roster;
    ports::Timers& timers;
    const ports::Clock& clock;
    ports::ContactEvents& events;
    // False: too much waits already.
    std::function<bool(const Stanza&, StanzaKind)> send;
  };
  explicit ContactFlow(Parts parts);
  ContactFlow(const ContactFlow&) = delete;
  ContactFlow& operator=(const ContactFlow&) = delete;

  // ---- the session -------------------------------------------------------------------

  // A new one: asks for the lists, then says that this end is there.
  void session_began(const StreamFeatures& features);
  void session_resumed();
  // `can_resume`: what is known of contacts stays for a while.
  void session_cut(bool can_resume);
  // For good.
  void session_ended();

  // ---- inwards -----------------------------------------------------------------------

  // True: it was for this; a reply is sent.
  bool take_iq(const Element& iq);
  void take_part(const Element& iq);  // see StreamObserver
  void take_presence(const Element& presence);

  // ---- outwards; see ports::Contacts ---------------------------------------------------

  void set_presence(model::Presence presence);
  void put_contact(const ports::RosterEntry& entry, Done done);
  void remove_contact(const std::string& address, Done done);
  void ask_presence(const std::string& address, const std::string& nickname, Done done);
  void allow_presence(const std::string& address, bool allowed, Done done);
  void set_blocked(const std::string& address, bool blocked, Done done);

  // Told when the server has dealt with all that was sent before, and what it had to say until
  // then has come.
  void after_all(Done done);
  // This end is being used.
  void used() { last_used_ = parts_.clock.mono_now(); }
  std::chrono::seconds idle() const;
  // Those of a person that are there.
  std::vector<Jid> devices_of(const Jid& person) const;

 private:
  struct There {
    model::Resource resource;
    Caps caps;
  };

  void tell(const Roster::Taken& taken);
  void tell(const Jid& who, const model::Resource& resource, bool every_device = false);
  void arrived(PresenceContent content);
  void departed(const PresenceContent& content);
  void learned(const Caps& caps);
  void say_presence();
  void lose_presence();
  bool take_block(const Element& iq);
  void take_block_list(const base::Result<Element>& answer);
  void ask_set(const Stanza& iq, Done done);
  void subscription(const std::string& address, std::string_view type, const std::string& nickname,
                    Done done);

  Parts parts_;
  IqRequests requests_;
  CapsLookup caps_;
  model::Presence presence_{model::Availability::available, {}, {}};
  model::Presence said_;  // in this session
  bool online_ = false;
  bool list_begins_ = false;
  bool can_block_ = false;
  std::map<Jid, There> there_;  // by full address
  bool lost_ = false;           // the core was told that nobody is known to be there
  ports::TimerHandle patience_;
  base::MonoTime last_used_;
};

}  // namespace commd::xmpp
