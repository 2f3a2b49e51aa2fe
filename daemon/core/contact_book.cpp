#include "daemon/core/contact_book.h"

#include <algorithm>
#include <utility>

#include "daemon/core/contact_text.h"
#include "daemon/core/reference.h"

namespace commd::core {
namespace {

using base::Code;
using base::fail;
using model::Availability;
using model::Contact;
using model::Subscription;

constexpr std::string_view facts_prefix = "contact/";

std::string key_of(const Contact& contact) {
  return std::string(facts_prefix) + model::contact_id(contact);
}

// Its facts go with the account.
std::string version_key(const model::AccountId& account) {
  return "account/" + account.str() + "/contacts.version";
}

bool is_kept(const Contact& contact) { return contact.listed || contact.asks || contact.blocked; }

// What outlives the daemon of the change.
std::vector<ports::Change> facts_of(const Contact& before, const Contact& after) {
  const std::string was = before.listed ? text_of(before) : std::string();
  const std::string is = after.listed ? text_of(after) : std::string();
  if (was == is) return {};
  return {ports::PutFact{key_of(after), is}};
}

void forget_presence(Contact& contact) {
  contact.resources.clear();
  model::settle_presence(contact, {});
}

}  // namespace

ContactBook::ContactBook(EventLog& log, AccountBook& accounts, ContactsByProtocol rooms,
                         base::Logger logger)
    : log_(log), accounts_(accounts), rooms_(std::move(rooms)), logger_(std::move(logger)) {
  thread_.bind();
}

void ContactBook::restore(const ports::StoredState& state) {
  COMMD_ASSERT_THREAD(thread_);
  for (auto i = state.facts.lower_bound(std::string(facts_prefix));
       i != state.facts.end() && i->first.starts_with(facts_prefix); ++i) {
    const std::string id = i->first.substr(facts_prefix.size());
    const size_t slash = id.find('/');
    if (slash == std::string::npos) continue;
    Contact contact;
    contact.account = model::AccountId(id.substr(0, slash));
    contact.address = id.substr(slash + 1);
    const bool has_account =
        std::any_of(state.accounts.begin(), state.accounts.end(),
                    [&](const model::Account& each) { return each.id == contact.account; });
    if (!has_account || !read_contact(i->second, contact)) continue;
    log_.show(model::ContactChanged{contact});
    lists_[contact.account].entries[contact.address].contact = std::move(contact);
  }
}

// ---- reading ---------------------------------------------------------------------

std::vector<Contact> ContactBook::list(const model::AccountId& account) const {
  COMMD_ASSERT_THREAD(thread_);
  std::vector<Contact> all;
  for (const auto& [id, list] : lists_)
    if (account.empty() || id == account)
      for (const auto& [address, entry] : list.entries) all.push_back(entry.contact);
  return all;
}

std::vector<Contact> ContactBook::with_address(const std::string& address) const {
  COMMD_ASSERT_THREAD(thread_);
  std::vector<Contact> all;
  for (const auto& [id, list] : lists_)
    if (const auto entry = list.entries.find(address); entry != list.entries.end())
      all.push_back(entry->second.contact);
  return all;
}

const Contact* ContactBook::get(const model::AccountId& account, const std::string& address) const {
  const auto list = lists_.find(account);
  if (list == lists_.end()) return nullptr;
  const auto entry = list->second.entries.find(address);
  return entry == list->second.entries.end() ? nullptr : &entry->second.contact;
}

base::Result<Contact> ContactBook::find(const std::string& reference) const {
  COMMD_ASSERT_THREAD(thread_);
  ReferenceSearch<Contact> search(reference, "contact", "contacts");
  for (const auto& [id, list] : lists_)
    for (const auto& [address, entry] : list.entries)
      search.look_at(entry.contact, model::contact_id(id, address), address);
  return search.result();
}

// ---- changing --------------------------------------------------------------------

ContactBook::Entry* ContactBook::edit(const model::AccountId& account, const std::string& address,
                                      const Edit& change) {
  if (!accounts_.get(account)) return nullptr;
  List& list = lists_[account];
  const auto found = list.entries.find(address);
  const bool there = found != list.entries.end();
  Contact before;
  if (there) before = found->second.contact;
  before.account = account;
  before.address = address;
  Contact after = before;
  change(after);
  if (!is_kept(after)) {
    if (!there) return nullptr;
    list.requests -= before.asks ? 1 : 0;
    list.entries.erase(found);
    log_.emit(model::ContactRemoved{account, address}, facts_of(before, after));
    if (before.listed) left_(account, address);
    return nullptr;
  }
  Entry& entry = there ? found->second : list.entries[address];
  if (there && after == before) return &entry;
  list.requests += (after.asks ? 1 : 0) - (before.asks ? 1 : 0);
  entry.contact = after;
  log_.emit(model::ContactChanged{after}, facts_of(before, after));
  if (before.listed && !after.listed) left_(account, address);
  return &entry;
}

std::vector<std::string> ContactBook::addresses(
    const model::AccountId& account, const std::function<bool(const Entry&)>& which) const {
  std::vector<std::string> found;
  if (const auto list = lists_.find(account); list != lists_.end())
    for (const auto& [address, entry] : list->second.entries)
      if (which(entry)) found.push_back(address);
  return found;
}

void ContactBook::account_coming(const model::AccountId& account) {
  COMMD_ASSERT_THREAD(thread_);
  ports::Contacts* room = room_of(account);
  const std::string version = accounts_.fact(version_key(account));
  if (!room || version.empty()) return;
  ports::KnownRoster known{{}, version};
  for (const auto& [address, entry] : lists_[account].entries) {
    const Contact& each = entry.contact;
    if (each.listed)
      known.entries.push_back({address, each.name, each.groups, each.subscription, each.asked});
  }
  room->know_list(account, std::move(known));
}

void ContactBook::account_removed(const model::AccountId& account) {
  COMMD_ASSERT_THREAD(thread_);
  const auto list = lists_.extract(account);
  if (list.empty()) return;
  // Watchers are told that the account is gone.
  for (const auto& [address, entry] : list.mapped().entries)
    if (entry.contact.listed) log_.remember(key_of(entry.contact), {});
}

// ---- from the protocol rooms -----------------------------------------------------

bool ContactBook::is_listed(const model::AccountId& account, const std::string& address) const {
  COMMD_ASSERT_THREAD(thread_);
  const Contact* known = get(account, address);
  return known && known->listed;
}

void ContactBook::set_avatar(const model::AccountId& account, const std::string& address,
                             const std::string& path, const std::string& hash) {
  if (!is_listed(account, address)) return;
  edit(account, address, [&](Contact& contact) {
    contact.avatar_path = path;
    contact.avatar_hash = hash;
  });
}

void ContactBook::report(const ports::NicknameReport& report) {
  if (!is_listed(report.account, report.address)) return;
  edit(report.account, report.address,
       [&](Contact& contact) { contact.nickname = report.nickname; });
}

void ContactBook::report(ports::RosterReport report) {
  COMMD_ASSERT_THREAD(thread_);
  if (report.begins && accounts_.get(report.account)) ++lists_[report.account].list;
  for (ports::RosterEntry& each : report.entries) {
    Entry* entry = edit(report.account, each.address, [&](Contact& contact) {
      contact.listed = true;
      contact.name = std::move(each.name);
      contact.groups = std::move(each.groups);
      contact.subscription = each.subscription;
      contact.asked = each.asked;
      const bool seen_by_him =
          each.subscription == Subscription::from || each.subscription == Subscription::both;
      if (seen_by_him) contact.asks = false;
      if (!contact.asks) contact.asks_text.clear();
    });
    if (entry) entry->seen = lists_[report.account].list;
  }
  for (const std::string& address : report.removed)
    edit(report.account, address, [](Contact& contact) {
      Contact left;
      left.account = contact.account;
      left.address = contact.address;
      left.asks = contact.asks;
      left.asks_text = contact.asks_text;
      left.blocked = contact.blocked;
      contact = left;
    });
  if (report.complete) drop_unseen(report.account);
  // Behind the entries: a version never names more than is known.
  if (report.version) accounts_.remember(version_key(report.account), *report.version);
}

// What was on the list before, and is not on this one.
void ContactBook::drop_unseen(const model::AccountId& account) {
  const auto list = lists_.find(account);
  if (list == lists_.end()) return;
  ports::RosterReport gone;
  gone.account = account;
  gone.removed = addresses(account, [&](const Entry& entry) {
    return entry.contact.listed && entry.seen != list->second.list;
  });
  if (!gone.removed.empty()) report(std::move(gone));
}

void ContactBook::report(ports::PresenceReport report) {
  COMMD_ASSERT_THREAD(thread_);
  const Contact* known = get(report.account, report.address);
  // Whoever is on no list can say what he likes.
  if (!known || !known->listed || known->blocked) return;
  model::Presence last = report.resource.presence;
  last.availability = Availability::unavailable;
  edit(report.account, report.address, [&](Contact& contact) {
    auto& all = contact.resources;
    const auto same = std::find_if(all.begin(), all.end(), [&](const model::Resource& each) {
      return each.name == report.resource.name;
    });
    if (report.every_device) {
      all.clear();
    } else if (report.resource.presence.availability == Availability::unavailable) {
      if (same != all.end()) all.erase(same);
    } else if (same != all.end()) {
      *same = report.resource;
    } else if (all.size() < model::max_resources) {
      all.push_back(report.resource);
    }
    model::settle_presence(contact, last);
  });
}

void ContactBook::report(ports::SubscriptionRequest request) {
  COMMD_ASSERT_THREAD(thread_);
  const Contact* known = get(request.account, request.address);
  if (request.withdrawn && !known) return;
  const auto list = lists_.find(request.account);
  if (!request.withdrawn && !(known && known->asks) && list != lists_.end() &&
      list->second.requests >= most_requests) {
    logger_->warn("event: contact_request_dropped, account: {}, requests: {}",
                  request.account.str(), list->second.requests);
    return;
  }
  edit(request.account, request.address, [&](Contact& contact) {
    contact.asks = !request.withdrawn && !contact.blocked;
    contact.asks_text = contact.asks ? request.text : std::string();
    if (!request.nickname.empty()) contact.nickname = request.nickname;
  });
}

void ContactBook::report(ports::BlockReport report) {
  COMMD_ASSERT_THREAD(thread_);
  if (report.whole) {
    for (const std::string& address : addresses(report.account, [&](const Entry& entry) {
           return entry.contact.blocked &&
                  std::find(report.addresses.begin(), report.addresses.end(),
                            entry.contact.address) == report.addresses.end();
         }))
      edit(report.account, address, [](Contact& contact) { contact.blocked = false; });
  }
  for (const std::string& address : report.addresses)
    edit(report.account, address, [&](Contact& contact) {
      contact.blocked = report.blocked;
      if (!contact.blocked) return;
      contact.asks = false;
      contact.asks_text.clear();
      forget_presence(contact);
    });
}

void ContactBook::presence_lost(const model::AccountId& account) {
  COMMD_ASSERT_THREAD(thread_);
  for (const std::string& address :
       addresses(account, [](const Entry& entry) { return !entry.contact.resources.empty(); }))
    edit(account, address, forget_presence);
}

}  // namespace commd::core
