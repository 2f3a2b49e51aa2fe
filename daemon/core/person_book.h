// The address book: people, and the addresses at which each can be reached. No address is two
// people's. On disk before anybody is told.
//
// Core thread only; callbacks come on the core thread.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "daemon/base/thread_check.h"
#include "daemon/core/account_book.h"
#include "daemon/core/contact_book.h"
#include "daemon/core/event_log.h"
#include "daemon/core/vcard.h"
#include "daemon/model/person.h"
#include "daemon/ports/clock.h"
#include "daemon/ports/store.h"

namespace commd::core {

// A person with what the accounts' lists know of him.
struct PersonView {
  model::Person person;
  std::vector<std::string> contacts;        // ids
  std::optional<model::Presence> presence;  // the best; nothing: none is known
};

class PersonBook {
 public:
  static constexpr size_t most_people = 100'000;
  static constexpr size_t most_suggestions = 1000;

  using Done = std::function<void(base::Result<PersonView>)>;
  using Ended = std::function<void(base::Result<void>)>;

  struct Suggestion {
    std::vector<std::string> ids;    // for merge()
    std::vector<std::string> names;  // in the same order
    std::string reason;              // SAME_NAME, SAME_USER_AND_DOMAIN
  };
  struct Imported {
    size_t created = 0, updated = 0, unchanged = 0;
    std::vector<ImportProblem> problems;
  };
  // What an address is wanted for.
  enum class Purpose { call, message };

  PersonBook(EventLog& log, AccountBook& accounts, ContactBook& contacts,
             const ports::Clock& clock);

  void restore(const ports::StoredState& state);

  // By name, those behind the one with the id `after`; `words`: in the name, the
  // organization or an address, whatever their case. Empty: all, from the first.
  std::vector<PersonView> list(const std::string& words, const std::string& after,
                               size_t limit) const;
  // An id, a name, an address, or the beginning of one of these. NOT_FOUND, or INVALID_ARGUMENT
  // with reason AMBIGUOUS and the candidates.
  base::Result<PersonView> find(const std::string& reference) const;
  // Nobody: null.
  const model::Person* by_address(const std::string& address) const;

  // What is typed, unless it is somebody's name: then the first of his addresses that an
  // account can reach. AMBIGUOUS where several have the name; FAILED_PRECONDITION with reason
  // PERSON_NOT_REACHABLE.
  base::Result<std::string> address_of(const std::string& typed, Purpose purpose) const;

  // Errors of all that follow: those of find(), INVALID_ARGUMENT (name, address, ...),
  // ADDRESS_TAKEN with the id of whose it is, PEOPLE_LIMIT.
  void create(model::Person person, const std::string& request_id, Done done);
  void update(model::Person person, Done done);
  void erase(const std::string& reference, Ended done);
  // People, and contacts that are nobody's yet. The first one's name stays.
  void merge(const std::vector<std::string>& references, Done done);
  void split(const std::string& reference, const std::string& address, Done done);
  std::vector<Suggestion> suggestions() const;
  // Who has one of the addresses already is completed.
  void import(ImportedPeople people, bool dry_run,
              std::function<void(base::Result<Imported>)> done);

 private:
  PersonView view(const model::Person& person) const;
  base::Result<const model::Person*> locate(const std::string& reference) const;
  // With its addresses as they stand in the book.
  base::Result<model::Person> checked(model::Person person) const;
  base::Result<void> addresses_free(const model::Person& person) const;
  void put(model::Person person, Ended done);
  void put_and_show(const model::Person& person, const Done& done);
  void drop(model::PersonId id, Ended done);
  void index(const model::Person& person);
  void forget(const model::Person& person);
  base::Result<model::Person> part_of(const std::string& reference) const;
  std::string usual_scheme() const;
  bool can_reach(const std::string& address, Purpose purpose) const;

  EventLog& log_;
  AccountBook& accounts_;
  ContactBook& contacts_;
  const ports::Clock& clock_;
  base::ThreadCheck thread_;
  std::map<model::PersonId, model::Person> people_;
  std::map<std::pair<std::string, model::PersonId>, model::PersonId> by_name_;  // folded
  std::map<std::string, model::PersonId> by_address_;
  std::map<std::string, model::PersonId> made_by_request_;
};

}  // namespace commd::core
