#include "daemon/core/person_book.h"

#include <algorithm>
#include <memory>
#include <set>
#include <utility>

#include "daemon/base/random.h"
#include "daemon/model/host_port.h"

namespace commd::core {
namespace {

using base::Code;
using base::fail;
using model::Person;

// What follows the scheme.
std::string_view rest_of(std::string_view address) { return address.substr(address.find(':') + 1); }

bool has_words(const Person& person, const std::string& words) {
  const auto in = [&](const std::string& text) {
    return model::folded(text).find(words) != std::string::npos;
  };
  return in(person.name) || in(person.organization) ||
         std::any_of(person.addresses.begin(), person.addresses.end(),
                     [&](const auto& each) { return in(each.address); });
}

base::Error ambiguous(const std::string& reference, const std::vector<const Person*>& fits) {
  base::Error error{
      Code::invalid_argument, "AMBIGUOUS", "\"" + reference + "\" could be several people", {}};
  std::string& candidates = error.details["candidates"];
  for (size_t i = 0; i < std::min<size_t>(fits.size(), 10); ++i) {
    candidates += (i == 0 ? "" : " ") + fits[i]->id.str();
    error.message += (i == 0 ? ": " : ", ") + fits[i]->name + " (" + fits[i]->id.str() + ")";
  }
  return error;
}

base::Result<std::string> text_within(const std::string& field, const std::string& text,
                                      size_t most) {
  std::string made = book_text(text, text.size());
  if (made.size() > most)
    return fail(
        base::invalid_argument(field, field + " has at most " + std::to_string(most) + " bytes"));
  return made;
}

}  // namespace

PersonBook::PersonBook(EventLog& log, AccountBook& accounts, ContactBook& contacts,
                       const ports::Clock& clock)
    : log_(log), accounts_(accounts), contacts_(contacts), clock_(clock) {
  thread_.bind();
}

void PersonBook::restore(const ports::StoredState& state) {
  COMMD_ASSERT_THREAD(thread_);
  for (const Person& person : state.people) {
    log_.show(model::PersonChanged{person});
    index(person);
  }
}

// ---- reading ---------------------------------------------------------------------

PersonView PersonBook::view(const Person& person) const {
  PersonView made{person, {}, {}};
  for (const model::PersonAddress& each : person.addresses)
    for (const model::Contact& contact : contacts_.with_address(each.address)) {
      made.contacts.push_back(model::contact_id(contact));
      const bool better =
          !made.presence || (made.presence->availability == model::Availability::unavailable &&
                             contact.presence.availability != model::Availability::unavailable);
      if (contact.listed && better) made.presence = contact.presence;
    }
  return made;
}

std::vector<PersonView> PersonBook::list(const std::string& words, const std::string& after,
                                         size_t limit) const {
  COMMD_ASSERT_THREAD(thread_);
  auto from = by_name_.begin();
  if (const auto last = people_.find(model::PersonId(after)); last != people_.end())
    from = by_name_.upper_bound({model::folded(last->second.name), last->first});
  const std::string wanted = model::folded(words);
  std::vector<PersonView> found;
  for (; from != by_name_.end() && found.size() < limit; ++from) {
    const Person& person = people_.at(from->second);
    if (wanted.empty() || has_words(person, wanted)) found.push_back(view(person));
  }
  return found;
}

base::Result<const Person*> PersonBook::locate(const std::string& reference) const {
  if (reference.empty())
    return fail(base::invalid_argument("id", "name a person: an id, a name or an address"));
  if (const auto exact = people_.find(model::PersonId(reference)); exact != people_.end())
    return &exact->second;
  const std::string wanted = model::folded(reference);
  std::vector<const Person*> same, near;
  for (const auto& [id, person] : people_) {
    const std::string name = model::folded(person.name);
    const bool address =
        std::any_of(person.addresses.begin(), person.addresses.end(), [&](const auto& each) {
          return each.address == reference || rest_of(each.address) == reference;
        });
    if (name == wanted || address)
      same.push_back(&person);
    else if (id.str().starts_with(reference) || name.starts_with(wanted) ||
             std::any_of(person.addresses.begin(), person.addresses.end(), [&](const auto& each) {
               return rest_of(each.address).starts_with(reference);
             }))
      near.push_back(&person);
  }
  const auto& fits = same.empty() ? near : same;
  if (fits.empty()) return fail(base::not_found("person", reference));
  if (fits.size() > 1) return fail(ambiguous(reference, fits));
  return fits.front();
}

base::Result<PersonView> PersonBook::find(const std::string& reference) const {
  COMMD_ASSERT_THREAD(thread_);
  const auto found = locate(reference);
  if (!found) return fail(found.error());
  return view(**found);
}

const Person* PersonBook::by_address(const std::string& address) const {
  const auto found = by_address_.find(address);
  return found == by_address_.end() ? nullptr : &people_.at(found->second);
}

bool PersonBook::can_reach(const std::string& address, Purpose purpose) const {
  const std::string scheme = address.substr(0, address.find(':'));
  if (scheme == "mailto" || (scheme == "tel" && purpose == Purpose::message)) return false;
  const auto wanted = scheme == "xmpp" ? model::Protocol::xmpp : model::Protocol::sip;
  // Calls over XMPP reach few before there is ICE: whoever means it writes the address.
  if (wanted == model::Protocol::xmpp && purpose == Purpose::call) return false;
  // The daemon's own account needs no server.
  if (const auto place = model::host_of_sip(address);
      scheme.starts_with("sip") && place && model::is_this_machine(place->host))
    return true;
  const std::vector<model::Account> all = accounts_.list();
  return std::any_of(all.begin(), all.end(), [&](const model::Account& account) {
    return account.enabled && account.protocol == wanted;
  });
}

base::Result<std::string> PersonBook::address_of(const std::string& typed, Purpose purpose) const {
  COMMD_ASSERT_THREAD(thread_);
  if (typed.find_first_of("@:") != std::string::npos) return typed;
  const std::string wanted = model::folded(typed);
  std::vector<const Person*> same;
  for (auto at = by_name_.lower_bound({wanted, model::PersonId()});
       at != by_name_.end() && at->first.first == wanted; ++at)
    same.push_back(&people_.at(at->second));
  if (same.empty()) return typed;
  if (same.size() > 1) return fail(ambiguous(typed, same));
  for (const model::PersonAddress& each : same.front()->addresses)
    if (can_reach(each.address, purpose)) return each.address;
  return fail(base::Error{Code::failed_precondition,
                          "PERSON_NOT_REACHABLE",
                          same.front()->name +
                              " has no address that an enabled account can reach; see `commctl "
                              "person show " +
                              same.front()->id.str() + "` and `commctl account list`",
                          {{"person", same.front()->id.str()}}});
}

// ---- changing --------------------------------------------------------------------

std::string PersonBook::usual_scheme() const {
  bool sip = false;
  for (const model::Account& account : accounts_.list()) {
    if (account.enabled && account.protocol == model::Protocol::xmpp) return "xmpp:";
    sip = sip || (account.enabled && account.protocol == model::Protocol::sip);
  }
  return sip ? "sip:" : "xmpp:";
}

base::Result<Person> PersonBook::checked(Person person) const {
  const auto take = [](std::string& text, const char* field, size_t most) -> base::Result<void> {
    auto made = text_within(field, text, most);
    if (!made) return fail(made.error());
    text = std::move(*made);
    return {};
  };
  for (auto&& ok : {take(person.name, "name", model::max_person_name_bytes),
                    take(person.organization, "organization", model::max_person_name_bytes),
                    take(person.note, "note", model::max_person_note_bytes)})
    if (!ok) return fail(ok.error());
  if (person.name.empty()) return fail(base::invalid_argument("name", "a person has a name"));
  if (person.addresses.size() > model::max_person_addresses)
    return fail(base::invalid_argument(
        "addresses",
        "a person has at most " + std::to_string(model::max_person_addresses) + " addresses"));
  std::vector<model::PersonAddress> addresses;
  std::swap(addresses, person.addresses);
  for (model::PersonAddress& each : addresses) {
    auto address = model::person_address(each.address, usual_scheme());
    if (!address) return fail(address.error());
    if (auto ok = take(each.label, "label", model::max_label_bytes); !ok) return fail(ok.error());
    if (!person.has(*address)) person.addresses.push_back({std::move(*address), each.label});
  }
  return person;
}

base::Result<void> PersonBook::addresses_free(const Person& person) const {
  for (const model::PersonAddress& each : person.addresses) {
    const Person* owner = by_address(each.address);
    if (owner && owner->id != person.id)
      return fail(base::Error{Code::already_exists,
                              "ADDRESS_TAKEN",
                              each.address + " is an address of " + owner->name +
                                  " already; to make one person of two: commctl person merge",
                              {{"person", owner->id.str()}, {"address", each.address}}});
  }
  return {};
}

void PersonBook::index(const Person& person) {
  by_name_[{model::folded(person.name), person.id}] = person.id;
  for (const model::PersonAddress& each : person.addresses) by_address_[each.address] = person.id;
  people_[person.id] = person;
}

void PersonBook::forget(const Person& person) {
  by_name_.erase({model::folded(person.name), person.id});
  for (const model::PersonAddress& each : person.addresses) by_address_.erase(each.address);
}

void PersonBook::put(Person person, Ended done) {
  person.update_time = clock_.wall_now();
  if (const auto before = people_.find(person.id); before != people_.end()) forget(before->second);
  index(person);
  log_.emit(model::PersonChanged{person}, {ports::PutPerson{person}}, std::move(done));
}

void PersonBook::put_and_show(const Person& person, const Done& done) {
  put(person, [this, id = person.id, done](const base::Result<void>& stored) {
    if (!stored) return done(fail(stored.error()));
    const auto found = people_.find(id);
    if (found == people_.end()) return done(fail(base::not_found("person", id.str())));
    done(view(found->second));
  });
}

// By value: it may be the id of the very one that goes.
void PersonBook::drop(model::PersonId id, Ended done) {
  const auto found = people_.find(id);
  forget(found->second);
  people_.erase(found);
  log_.emit(model::PersonRemoved{id}, {ports::ErasePerson{id}}, std::move(done));
}

void PersonBook::create(Person person, const std::string& request_id, Done done) {
  COMMD_ASSERT_THREAD(thread_);
  if (const auto before = made_by_request_.find(request_id);
      !request_id.empty() && before != made_by_request_.end())
    return done(find(before->second.str()));
  if (people_.size() >= most_people)
    return done(
        fail({Code::resource_exhausted,
              "PEOPLE_LIMIT",
              "the address book is full: it holds " + std::to_string(most_people) + " people",
              {}}));
  auto made = checked(std::move(person));
  if (!made) return done(fail(made.error()));
  made->id = model::PersonId(base::random_token(12));
  made->create_time = clock_.wall_now();
  if (const auto free = addresses_free(*made); !free) return done(fail(free.error()));
  if (!request_id.empty()) {
    if (made_by_request_.size() >= 1024) made_by_request_.clear();
    made_by_request_[request_id] = made->id;
  }
  put_and_show(*made, done);
}

void PersonBook::update(Person person, Done done) {
  COMMD_ASSERT_THREAD(thread_);
  const auto before = locate(person.id.str());
  if (!before) return done(fail(before.error()));
  person.id = (*before)->id;
  person.create_time = (*before)->create_time;
  auto made = checked(std::move(person));
  if (!made) return done(fail(made.error()));
  if (const auto free = addresses_free(*made); !free) return done(fail(free.error()));
  put_and_show(*made, done);
}

void PersonBook::erase(const std::string& reference, Ended done) {
  COMMD_ASSERT_THREAD(thread_);
  const auto found = locate(reference);
  if (!found) return done(fail(found.error()));
  drop((*found)->id, std::move(done));
}

void PersonBook::split(const std::string& reference, const std::string& typed, Done done) {
  COMMD_ASSERT_THREAD(thread_);
  const auto found = locate(reference);
  if (!found) return done(fail(found.error()));
  auto address = model::person_address(typed, usual_scheme());
  if (!address) return done(fail(address.error()));
  if (!(*found)->has(*address))
    return done(
        fail(base::invalid_argument("address", *address + " is no address of " + (*found)->name)));
  Person person = **found;
  std::erase_if(person.addresses, [&](const auto& each) { return each.address == *address; });
  put_and_show(person, done);
}

}  // namespace commd::core
