// The people of the accounts' contact lists, whether they are there, who asks to be one, and
// who is blocked. The server of an account keeps its list; what it was is remembered, so that
// it can be read without one.
//
// Core thread only; callbacks come on the core thread.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "daemon/base/log.h"
#include "daemon/base/thread_check.h"
#include "daemon/core/account_book.h"
#include "daemon/core/event_log.h"
#include "daemon/core/presence_book.h"
#include "daemon/ports/contacts.h"
#include "daemon/ports/store.h"

namespace commd::core {

class ContactBook {
 public:
  // Strangers may ask to be contacts; of so many of an account it is kept.
  static constexpr size_t most_requests = 500;

  using Done = std::function<void(base::Result<model::Contact>)>;
  using Ended = std::function<void(base::Result<void>)>;

  struct Draft {
    std::string address;  // as typed
    std::string account;  // empty: the only one that can reach the address, or the default
    std::string name;
    std::vector<std::string> groups;
  };
  struct Change {
    std::optional<std::string> name;
    std::optional<std::vector<std::string>> groups;
  };

  ContactBook(EventLog& log, AccountBook& accounts, ContactsByProtocol rooms, base::Logger logger);

  void restore(const ports::StoredState& state);

  // `account` empty: of all. By account and address.
  std::vector<model::Contact> list(const model::AccountId& account = {}) const;
  // Of every account.
  std::vector<model::Contact> with_address(const std::string& address) const;
  // An id, an address, or the beginning of either. NOT_FOUND, or INVALID_ARGUMENT with reason
  // AMBIGUOUS and the candidates.
  base::Result<model::Contact> find(const std::string& reference) const;

  // Errors of all that follow: those of find(), or of choosing an account (INVALID_ARGUMENT,
  // NO_ACCOUNT, ACCOUNT_REQUIRED, CONTACTS_NOT_SUPPORTED), and those of ports::Contacts.
  void add(Draft draft, Done done);
  void update(const std::string& reference, Change change, Done done);
  void remove(const std::string& reference, Ended done);
  void approve(const std::string& reference, Done done);
  void deny(const std::string& reference, Ended done);
  void block(const std::string& address, const std::string& account, Done done);
  void unblock(const std::string& reference, Ended done);

  // Its room is told what is known of its list.
  void account_coming(const model::AccountId& account);
  // With it go its contacts.
  void account_removed(const model::AccountId& account);

  // Called whenever somebody has left a list, but not for a whole account that goes.
  using Left = std::function<void(const model::AccountId&, const std::string&)>;
  void set_left(Left left) { left_ = std::move(left); }
  // Of one on a list, both.
  bool is_listed(const model::AccountId& account, const std::string& address) const;
  void set_avatar(const model::AccountId& account, const std::string& address,
                  const std::string& path, const std::string& hash);

  // From the protocol rooms.
  void report(const ports::NicknameReport& report);
  void report(ports::RosterReport report);
  void report(ports::PresenceReport report);
  void report(ports::SubscriptionRequest request);
  void report(ports::BlockReport report);
  void presence_lost(const model::AccountId& account);

 private:
  struct Entry {
    model::Contact contact;
    uint64_t seen = 0;  // the list that named it last
  };
  struct List {
    std::map<std::string, Entry> entries;  // by address
    uint64_t list = 0;                     // how many were told
    size_t requests = 0;
  };
  using Edit = std::function<void(model::Contact&)>;
  struct Way {
    model::AccountId account;
    std::string address;
    ports::Contacts* room = nullptr;
  };

  ports::Contacts* room_of(const model::AccountId& account) const;
  base::Result<Way> way_of(const std::string& typed, const std::string& account) const;
  base::Result<Way> way_to(const std::string& reference) const;
  const model::Contact* get(const model::AccountId& account, const std::string& address) const;
  // Changes one, that is made for it where it is not there; tells what came of it. One that
  // is neither listed nor asks nor is blocked is dropped.
  Entry* edit(const model::AccountId& account, const std::string& address, const Edit& change);
  void drop_unseen(const model::AccountId& account);
  std::vector<std::string> addresses(const model::AccountId& account,
                                     const std::function<bool(const Entry&)>& which) const;
  void put(const Way& way, ports::RosterEntry entry, Done done);
  Done answer(const Way& way, Done done);

  EventLog& log_;
  AccountBook& accounts_;
  ContactsByProtocol rooms_;
  base::Logger logger_;
  base::ThreadCheck thread_;
  std::map<model::AccountId, List> lists_;
  Left left_ = [](const model::AccountId&, const std::string&) {};
};

}  // namespace commd::core
