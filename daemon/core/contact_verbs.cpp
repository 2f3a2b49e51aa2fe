// What a person asks of his contact lists: each is asked of the server, and true when that
// has said so.
#include <algorithm>
#include <utility>

#include "daemon/base/escape.h"
#include "daemon/core/account_rules.h"
#include "daemon/core/contact_book.h"
#include "daemon/core/message_address.h"

namespace commd::core {
namespace {

using base::Code;
using base::fail;
using model::Contact;
using model::Subscription;

base::Result<void> check_name(const char* field, const std::string& name) {
  if (name.size() <= model::max_contact_name_bytes && base::is_valid_utf8(name)) return {};
  return fail(base::invalid_argument(field, std::string(field) + " has at most " +
                                                std::to_string(model::max_contact_name_bytes) +
                                                " bytes of UTF-8"));
}

base::Result<void> check_groups(const std::vector<std::string>& groups) {
  if (groups.size() > model::max_contact_groups)
    return fail(base::invalid_argument(
        "groups",
        "a contact is in at most " + std::to_string(model::max_contact_groups) + " groups"));
  for (const std::string& group : groups) {
    if (group.empty()) return fail(base::invalid_argument("groups", "a group has a name"));
    if (auto ok = check_name("groups", group); !ok) return ok;
  }
  return {};
}

// As the server has them: each once, in one order.
std::vector<std::string> in_order(std::vector<std::string> groups) {
  std::sort(groups.begin(), groups.end());
  groups.erase(std::unique(groups.begin(), groups.end()), groups.end());
  return groups;
}

}  // namespace

ports::Contacts* ContactBook::room_of(const model::AccountId& account) const {
  const model::Account* found = accounts_.get(account);
  if (!found) return nullptr;
  const auto speaks = rooms_.find(found->protocol);
  return speaks == rooms_.end() ? nullptr : speaks->second;
}

base::Result<ContactBook::Way> ContactBook::way_of(const std::string& typed,
                                                   const std::string& account) const {
  auto way = message_way(accounts_, typed, account);
  if (!way) return fail(way.error());
  ports::Contacts* room = room_of(way->account);
  if (!room)
    return fail(Code::unimplemented, "CONTACTS_NOT_SUPPORTED",
                "accounts of that protocol have no contacts");
  return Way{way->account, way->peer, room};
}

base::Result<ContactBook::Way> ContactBook::way_to(const std::string& reference) const {
  auto contact = find(reference);
  if (!contact) return fail(contact.error());
  ports::Contacts* room = room_of(contact->account);
  if (!room) return fail(base::not_found("account", contact->account.str()));
  return Way{contact->account, contact->address, room};
}

// The contact as it is when the server has agreed.
ContactBook::Done ContactBook::answer(const Way& way, Done done) {
  return [this, way, done = std::move(done)](base::Result<Contact> result) {
    if (!result) return done(std::move(result));
    const Contact* contact = get(way.account, way.address);
    if (!contact) return done(fail(base::not_found("contact", way.address)));
    done(*contact);
  };
}

void ContactBook::put(const Way& way, ports::RosterEntry entry, Done done) {
  way.room->put_contact(way.account, entry,
                        [this, way, entry, done = std::move(done)](base::Result<void> put) {
                          if (!put) return done(fail(put.error()));
                          // The server's push says the same; who asked is answered with it already.
                          Entry* now = edit(way.account, way.address, [&](Contact& contact) {
                            contact.listed = true;
                            contact.name = entry.name;
                            contact.groups = entry.groups;
                          });
                          if (now) now->seen = lists_[way.account].list;
                          done(Contact{});
                        });
}

void ContactBook::add(Draft draft, Done done) {
  COMMD_ASSERT_THREAD(thread_);
  if (auto ok = check_name("name", draft.name); !ok) return done(fail(ok.error()));
  if (auto ok = check_groups(draft.groups); !ok) return done(fail(ok.error()));
  auto way = way_of(draft.address, draft.account);
  if (!way) return done(fail(way.error()));
  const Contact* before = get(way->account, way->address);
  ports::RosterEntry entry;
  entry.address = way->address;
  entry.name = draft.name.empty() && before ? before->name : draft.name;
  entry.groups = draft.groups.empty() && before ? before->groups : in_order(draft.groups);
  put(*way, std::move(entry),
      [this, way = *way, done = answer(*way, std::move(done))](base::Result<Contact> put) {
        const Contact* contact = get(way.account, way.address);
        const bool seen = contact && (contact->subscription == Subscription::to ||
                                      contact->subscription == Subscription::both);
        if (!put || seen) return done(std::move(put));
        const model::Account* account = accounts_.get(way.account);
        way.room->ask_presence(way.account, way.address,
                               account ? account->settings.display_name : std::string(),
                               [done](base::Result<void> asked) {
                                 if (!asked) return done(fail(asked.error()));
                                 done(Contact{});
                               });
      });
}

void ContactBook::update(const std::string& reference, Change change, Done done) {
  COMMD_ASSERT_THREAD(thread_);
  auto way = way_to(reference);
  if (!way) return done(fail(way.error()));
  const Contact* before = get(way->account, way->address);
  if (!before->listed)
    return done(fail(Code::failed_precondition, "CONTACT_NOT_LISTED",
                     way->address + " is on no contact list; add it first"));
  ports::RosterEntry entry;
  entry.address = way->address;
  entry.name = change.name.value_or(before->name);
  entry.groups = change.groups ? in_order(*change.groups) : before->groups;
  if (auto ok = check_name("name", entry.name); !ok) return done(fail(ok.error()));
  if (auto ok = check_groups(entry.groups); !ok) return done(fail(ok.error()));
  put(*way, std::move(entry), answer(*way, std::move(done)));
}

void ContactBook::remove(const std::string& reference, Ended done) {
  COMMD_ASSERT_THREAD(thread_);
  auto way = way_to(reference);
  if (!way) return done(fail(way.error()));
  if (!get(way->account, way->address)->listed)
    return done(fail(Code::failed_precondition, "CONTACT_NOT_LISTED",
                     way->address + " is on no contact list"));
  way->room->remove_contact(
      way->account, way->address,
      [this, way = *way, done = std::move(done)](base::Result<void> removed) {
        if (removed) report(ports::RosterReport{way.account, {}, {way.address}, false, false});
        done(std::move(removed));
      });
}

void ContactBook::approve(const std::string& reference, Done done) {
  COMMD_ASSERT_THREAD(thread_);
  auto way = way_to(reference);
  if (!way) return done(fail(way.error()));
  way->room->allow_presence(
      way->account, way->address, true,
      [this, way = *way, done = answer(*way, std::move(done))](base::Result<void> allowed) {
        if (!allowed) return done(fail(allowed.error()));
        // As the server's push says it (RFC 6121 section 3.1.5).
        Entry* now = edit(way.account, way.address, [](Contact& contact) {
          contact.listed = true;
          contact.asks = false;
          contact.asks_text.clear();
          if (contact.subscription == Subscription::none) contact.subscription = Subscription::from;
          if (contact.subscription == Subscription::to) contact.subscription = Subscription::both;
        });
        if (now) now->seen = lists_[way.account].list;
        done(Contact{});
      });
}

void ContactBook::deny(const std::string& reference, Ended done) {
  COMMD_ASSERT_THREAD(thread_);
  auto way = way_to(reference);
  if (!way) return done(fail(way.error()));
  way->room->allow_presence(
      way->account, way->address, false,
      [this, way = *way, done = std::move(done)](base::Result<void> denied) {
        if (denied) report(ports::SubscriptionRequest{way.account, way.address, {}, {}, true});
        done(std::move(denied));
      });
}

void ContactBook::block(const std::string& address, const std::string& account, Done done) {
  COMMD_ASSERT_THREAD(thread_);
  auto way = account.empty() ? way_to(address) : way_of(address, account);
  if (!way && account.empty() && way.error().code == Code::not_found) way = way_of(address, {});
  if (!way) return done(fail(way.error()));
  way->room->set_blocked(
      way->account, way->address, true,
      [this, way = *way, done = answer(*way, std::move(done))](base::Result<void> blocked) {
        if (!blocked) return done(fail(blocked.error()));
        report(ports::BlockReport{way.account, {way.address}, true, false});
        done(Contact{});
      });
}

void ContactBook::unblock(const std::string& reference, Ended done) {
  COMMD_ASSERT_THREAD(thread_);
  auto way = way_to(reference);
  if (!way) return done(fail(way.error()));
  way->room->set_blocked(way->account, way->address, false,
                         [this, way = *way, done = std::move(done)](base::Result<void> unblocked) {
                           if (unblocked)
                             report(ports::BlockReport{way.account, {way.address}, false, false});
                           done(std::move(unblocked));
                         });
}

}  // namespace commd::core
