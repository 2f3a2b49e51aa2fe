// What this person's accounts say of him: whether he is there, and what he is at. Kept over
// restarts, and said anew in every session.
//
// Core thread only.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "daemon/base/thread_check.h"
#include "daemon/core/account_book.h"
#include "daemon/core/event_log.h"
#include "daemon/ports/clock.h"
#include "daemon/ports/contacts.h"
#include "daemon/ports/store.h"

namespace commd::core {

// The protocol rooms that have contact lists and presence, by what they speak.
using ContactsByProtocol = std::map<model::Protocol, ports::Contacts*>;

class PresenceBook {
 public:
  PresenceBook(EventLog& log, AccountBook& accounts, const ports::Clock& clock,
               ContactsByProtocol rooms);

  void restore(const ports::StoredState& state);

  // Says it by one account (as AccountBook::find() takes it), or, where that is empty, by all
  // and by those that will be added. Its time is now. Errors: INVALID_ARGUMENT (status,
  // account), NOT_FOUND, AMBIGUOUS.
  base::Result<std::vector<model::OwnPresence>> set(const std::string& account,
                                                    model::Presence presence);
  // Of all accounts that have one, by account.
  std::vector<model::OwnPresence> list() const;

  void account_up(const model::AccountId& account);
  void account_removed(const model::AccountId& account);

 private:
  ports::Contacts* room_of(const model::Account& account) const;
  ports::Contacts* any_room_of(const model::Account& account) const;
  void follow(const model::Account& account);
  model::OwnPresence keep(const model::Account& account, const model::Presence& presence);

  EventLog& log_;
  AccountBook& accounts_;
  const ports::Clock& clock_;
  ContactsByProtocol rooms_;
  base::ThreadCheck thread_;
  model::Presence usual_;  // of accounts that are added
  std::map<model::AccountId, model::Presence> presences_;
};

}  // namespace commd::core
