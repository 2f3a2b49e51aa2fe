// Presence over SIP (RFC 3856, 3863, 3903): the contact lists of the SIP accounts, which are kept
// here as no server does; whom we watch; what we publish; and who watches us at this daemon
// itself, where no server does that for the account.
//
// Who may watch: on an account whose server has presence that server decides. Else whoever is
// allowed on the list; anybody else waits (pending) until the person has decided; who is
// blocked is declined. It is decided by the address in From, which proves nothing by itself: it
// is as good as the way the request came (accept_from).
//
// SIP thread only.
#pragma once

#include <functional>
#include <list>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "daemon/base/log.h"
#include "daemon/ports/contacts.h"
#include "daemon/sip/event_subscription.h"
#include "daemon/sip/message_gate.h"
#include "daemon/sip/presence_list.h"
#include "daemon/sip/presence_watcher.h"
#include "daemon/sip/publication.h"
#include "daemon/sip/sip_account.h"
#include "daemon/sip/sip_thread.h"

namespace commd::sip {

class SipPresence {
 public:
  using Tell = std::function<void(std::function<void(ports::ContactEvents&)>)>;
  using Remember = std::function<void(const std::string& key, const std::string& value)>;
  using FindAccount = EventSubscription::FindAccount;
  using Result = base::Result<void>;
  SipPresence(SipThread& thread, FindAccount account, Tell tell, Remember remember,
              base::Logger log);
  ~SipPresence();

  // It is there, or its settings have changed. `facts`: what remember() was told before.
  void account_up(const model::Account& account, const std::map<std::string, std::string>& facts);
  void account_online(const model::AccountId& account);
  // Ends what there is; `done` when the server has answered, at the latest after a second.
  void account_gone(const model::AccountId& account, std::function<void()> done);
  std::vector<model::AccountId> accounts() const;

  // ports::Contacts. Errors: ACCOUNT_NOT_ONLINE (it is down), TOO_MANY_CONTACTS.
  void set_presence(const model::AccountId& account, const model::Presence& presence);
  Result put_contact(const model::AccountId& account, const ports::RosterEntry& entry);
  Result remove_contact(const model::AccountId& account, const std::string& address);
  Result ask_presence(const model::AccountId& account, const std::string& address);
  Result allow_presence(const model::AccountId& account, const std::string& address, bool allowed);
  Result set_blocked(const model::AccountId& account, const std::string& address, bool blocked);

  // A SUBSCRIBE of no dialog, for this account, from where its calls may come.
  void receive(SipEndpoint& endpoint, const SipEvent& event, const SipAccount& account);

  // Every handle goes; nothing is told.
  void drop();

 private:
  struct Watched {
    std::unique_ptr<EventSubscription> subscription;
    std::vector<model::Resource> told;
    std::string last_words;
  };
  struct Person {
    model::Account account;
    PresenceList list;
    model::Presence presence;  // of this person
    bool has_presence = false;
    std::map<std::string, Watched> watched;
    std::list<std::unique_ptr<PresenceWatcher>> watchers;
    std::unique_ptr<Publication> publication;
  };

  // sip_presence.cpp: accounts and their lists.
  Person* person(const model::AccountId& account);
  void start_publishing(Person& person, const std::map<std::string, std::string>& facts);
  void publish(Person& person);
  void part(std::unique_ptr<Publication> publication, std::function<void()> done);
  void tell_list(const Person& person);
  ListEntry& edit(Person& person, const std::string& address,
                  const std::function<void(ListEntry&)>& change);
  void tell_entry(const Person& person, const std::string& address);

  // sip_presence_watch.cpp: whom we watch.
  void watch(Person& person, const std::string& address);
  void unwatch(Person& person, const std::string& address);
  void noticed(const model::AccountId& account, const std::string& address,
               const EventSubscription::Notice& notice);
  void ended(const model::AccountId& account, const std::string& address,
             const EventSubscription::Failure& failure);
  void tell_presence(const model::AccountId& account, const std::string& address,
                     std::vector<model::Resource> now, const std::string& last_words);

  // sip_presence_watchers.cpp: who watches us.
  bool has_place(Person& person, const std::string& source);
  void tell_watchers(Person& person);
  void end_watchers(Person& person, const std::string& address, const char* reason);
  void watcher_over(const model::AccountId& account, const PresenceWatcher* watcher);

  SipThread& thread_;
  FindAccount account_;
  Tell tell_;
  Remember remember_;
  base::Logger log_;
  const std::string device_;
  MessageGate gate_;
  std::map<model::AccountId, std::unique_ptr<Person>> people_;
  // Being taken back, until it is answered or not worth waiting for.
  struct Parting {
    std::unique_ptr<Publication> publication;
    SipTimer patience;
    std::function<void()> done;
  };
  std::map<uint64_t, Parting> parting_;
  uint64_t next_parting_ = 0;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

}  // namespace commd::sip
