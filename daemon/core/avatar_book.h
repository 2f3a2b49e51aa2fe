// The pictures of contacts: which one somebody has, its file, and the fetching of those that are
// not here yet, one at a time of each account. And this person's own picture and nickname.
//
// Core thread only; callbacks come on the core thread.
#pragma once

#include <deque>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "daemon/base/log.h"
#include "daemon/base/thread_check.h"
#include "daemon/core/account_book.h"
#include "daemon/core/contact_book.h"
#include "daemon/ports/pictures.h"

namespace commd::core {

class AvatarBook {
 public:
  // Of one account; more are fetched when they are told of again.
  static constexpr size_t most_wanted = 20'000;

  using Accounts = std::vector<model::AccountId>;
  using Done = std::function<void(base::Result<Accounts>)>;

  // `pictures` may be null: then nobody has any.
  AvatarBook(AccountBook& accounts, ContactBook& contacts, ContactsByProtocol rooms,
             ports::Pictures* pictures, base::Logger logger);

  // After the contacts.
  void restore(const ports::StoredState& state);

  // Shows another picture, or none where it is empty, by one account, or by all that can where
  // `account` is empty; gives those that did. PICTURE_UNUSABLE, ACCOUNT_NOT_ONLINE,
  // AVATARS_NOT_SUPPORTED, NO_ACCOUNT.
  void set_own(const std::string& account, const std::string& bytes, Done done);
  void set_nickname(const std::string& account, const std::string& nickname, Done done);

  // From the protocol rooms.
  void report(const ports::AvatarReport& report);
  // Nobody on the list any more: what he showed is forgotten.
  void contact_left(const model::AccountId& account, const std::string& address);
  void account_removed(const model::AccountId& account);

 private:
  struct Wanted {
    std::string address, hash;
  };
  struct Queue {
    std::deque<Wanted> wanted;
    std::map<std::string, std::string> told;  // what each was told to show last, by address
    bool busy = false;
  };

  ports::Contacts* room_of(const model::AccountId& account) const;
  void show(const model::AccountId& account, const std::string& address, const std::string& hash);
  void forget(const model::AccountId& account, const std::string& address);
  void fetch_next(const model::AccountId& account);
  void fetched(const model::AccountId& account, const Wanted& wanted,
               base::Result<std::string> bytes);
  void release(const std::string& hash);
  // Whether it is what he was told to show last: while it was fetched he may have shown another.
  bool is_current(const model::AccountId& account, const Wanted& wanted) const;
  using Say = std::function<void(ports::Contacts&, const model::AccountId&, ports::Contacts::Done)>;
  void by_accounts(const std::string& account, const Say& say, Done done);

  AccountBook& accounts_;
  ContactBook& contacts_;
  ContactsByProtocol rooms_;
  ports::Pictures* pictures_;
  base::Logger logger_;
  base::ThreadCheck thread_;
  // Who has which, by account and address.
  std::map<model::AccountId, std::map<std::string, std::string>> hashes_;
  std::map<std::string, size_t> users_;  // how many have it
  std::map<model::AccountId, Queue> queues_;
};

}  // namespace commd::core
