// How several become one person: by hand, by what an import brings, and what may be the same.
#include <algorithm>
#include <memory>
#include <set>
#include <utility>

#include "daemon/base/random.h"
#include "daemon/core/person_book.h"

namespace commd::core {
namespace {

using base::fail;
using model::Person;

std::string name_of(const model::Contact& contact) {
  if (!contact.name.empty()) return contact.name;
  if (!contact.nickname.empty()) return contact.nickname;
  return contact.address.substr(contact.address.find(':') + 1);
}

// Adds what `more` knows and `person` does not; false where it is nothing.
bool complete(Person& person, const Person& more) {
  bool changed = false;
  for (const model::PersonAddress& each : more.addresses)
    if (!person.has(each.address) && person.addresses.size() < model::max_person_addresses) {
      person.addresses.push_back(each);
      changed = true;
    }
  const auto take = [&](std::string& text, const std::string& other) {
    if (!text.empty() || other.empty()) return;
    text = other;
    changed = true;
  };
  take(person.organization, more.organization);
  take(person.note, more.note);
  return changed;
}

}  // namespace

// A person, or somebody on a list who is none yet: without an id.
base::Result<Person> PersonBook::part_of(const std::string& reference) const {
  const auto person = locate(reference);
  if (person) return **person;
  const auto contact = contacts_.find(reference);
  if (!contact)
    return fail(person.error().reason == "AMBIGUOUS" ? person.error() : contact.error());
  if (const Person* owner = by_address(contact->address)) return *owner;
  Person made;
  made.name = name_of(*contact);
  made.addresses = {{contact->address, {}}};
  return made;
}

void PersonBook::merge(const std::vector<std::string>& references, Done done) {
  COMMD_ASSERT_THREAD(thread_);
  if (references.size() < 2)
    return done(fail(base::invalid_argument("ids", "name two or more to be made one person")));
  std::vector<Person> parts;
  for (const std::string& each : references) {
    auto part = part_of(each);
    if (!part) return done(fail(part.error()));
    parts.push_back(std::move(*part));
  }
  Person merged = parts.front();
  std::set<model::PersonId> gone;
  for (const Person& part : parts) {
    const size_t more = std::count_if(part.addresses.begin(), part.addresses.end(),
                                      [&](const auto& each) { return !merged.has(each.address); });
    if (merged.addresses.size() + more > model::max_person_addresses)
      return done(fail(base::invalid_argument(
          "ids", "together they have more than " + std::to_string(model::max_person_addresses) +
                     " addresses")));
    complete(merged, part);
    // Whoever is in the book already stays who he is.
    if (merged.id.empty() && !part.id.empty()) {
      merged.id = part.id;
      merged.create_time = part.create_time;
    }
    if (!part.id.empty() && part.id != merged.id) gone.insert(part.id);
  }
  if (merged.id.empty()) {
    merged.id = model::PersonId(base::random_token(12));
    merged.create_time = clock_.wall_now();
  }
  for (const model::PersonId& id : gone) drop(id, {});
  put_and_show(merged, done);
}

std::vector<PersonBook::Suggestion> PersonBook::suggestions() const {
  COMMD_ASSERT_THREAD(thread_);
  // By what they have in common; within it by id, so that nobody is there twice.
  std::map<std::string, std::map<std::string, std::string>> by_name, by_user;
  const auto add = [&](const std::string& id, const std::string& name, const std::string& address) {
    by_name[model::folded(name)][id] = name;
    const std::string user = address.substr(address.find(':') + 1);
    if (user.find('@') != std::string::npos) by_user[user][id] = name;
  };
  for (const auto& [id, person] : people_) {
    by_name[model::folded(person.name)][id.str()] = person.name;
    for (const model::PersonAddress& each : person.addresses)
      add(id.str(), person.name, each.address);
  }
  // Two accounts may have one address on their lists: that is one already.
  std::set<std::string> seen;
  for (const model::Contact& contact : contacts_.list())
    if (contact.listed && !by_address(contact.address) && seen.insert(contact.address).second)
      add(model::contact_id(contact), name_of(contact), contact.address);

  std::vector<Suggestion> found;
  std::set<std::vector<std::string>> told;
  for (const auto& [groups, reason] :
       {std::pair{&by_user, "SAME_USER_AND_DOMAIN"}, std::pair{&by_name, "SAME_NAME"}})
    for (const auto& [common, members] : *groups) {
      if (members.size() < 2 || found.size() == most_suggestions) continue;
      Suggestion suggestion;
      for (const auto& [id, name] : members) {
        suggestion.ids.push_back(id);
        suggestion.names.push_back(name);
      }
      suggestion.reason = reason;
      if (told.insert(suggestion.ids).second) found.push_back(std::move(suggestion));
    }
  return found;
}

void PersonBook::import(ImportedPeople people, bool dry_run,
                        std::function<void(base::Result<Imported>)> done) {
  COMMD_ASSERT_THREAD(thread_);
  auto result = std::make_shared<Imported>();
  result->problems = std::move(people.problems);
  std::vector<Person> changed;
  // Of a dry run, too: what the file itself says twice is one.
  std::map<std::string, size_t> changed_by_address;
  for (Person& each : people.people) {
    const Person* known = nullptr;
    std::optional<size_t> again;
    for (const model::PersonAddress& address : each.addresses) {
      if (const auto at = changed_by_address.find(address.address);
          at != changed_by_address.end() && !again)
        again = at->second;
      if (!known) known = by_address(address.address);
    }
    Person person = again ? changed[*again] : known ? *known : each;
    // What belongs to somebody else already stays his.
    std::erase_if(each.addresses, [&](const auto& address) {
      const Person* owner = by_address(address.address);
      const auto at = changed_by_address.find(address.address);
      return (owner && owner->id != person.id) ||
             (at != changed_by_address.end() && changed[at->second].id != person.id);
    });
    const bool is_new = !again && !known;
    if (is_new) {
      if (people_.size() + result->created >= most_people) {
        result->problems.push_back({0, "the address book is full; the rest is left out"});
        break;
      }
      person.id = model::PersonId(base::random_token(12));
      person.create_time = clock_.wall_now();
      ++result->created;
    } else if (!complete(person, each)) {
      ++result->unchanged;
      continue;
    } else if (!again) {
      ++result->updated;
    }
    const size_t place = again ? *again : changed.size();
    for (const model::PersonAddress& address : person.addresses)
      changed_by_address[address.address] = place;
    if (again)
      changed[place] = std::move(person);
    else
      changed.push_back(std::move(person));
  }
  if (dry_run || changed.empty()) return done(*result);
  auto left = std::make_shared<size_t>(changed.size());
  auto failed = std::make_shared<base::Result<void>>();
  for (const Person& each : changed)
    put(each, [result, left, failed, done](const base::Result<void>& stored) {
      if (!stored) *failed = stored;
      if (--*left > 0) return;
      if (!*failed) return done(fail(failed->error()));
      done(*result);
    });
}

}  // namespace commd::core
