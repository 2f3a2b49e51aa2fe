#include "daemon/sip/sip_presence.h"

#include <utility>

#include "daemon/base/random.h"

namespace commd::sip {
namespace {

constexpr MessageGate::Rate rate_of_each{0.5, 10};
constexpr MessageGate::Rate rate_of_all{20, 100};
constexpr std::chrono::seconds parting_time{1};

base::Error down() {
  return {base::Code::failed_precondition,
          "ACCOUNT_NOT_ONLINE",
          "the account is down; enable it first",
          {}};
}

std::string etag_key(const model::AccountId& account) {
  return "account/" + account.str() + "/presence.etag";
}

bool publishes(const model::Account& account) {
  return account.protocol == model::Protocol::sip && account.settings.register_ &&
         account.settings.publish_presence;
}

}  // namespace

SipPresence::SipPresence(SipThread& thread, FindAccount account, Tell tell, Remember remember,
                         base::Logger log)
    : thread_(thread),
      account_(std::move(account)),
      tell_(std::move(tell)),
      remember_(std::move(remember)),
      log_(std::move(log)),
      device_("d" + base::random_token(10)),
      gate_(rate_of_each, rate_of_all) {}

SipPresence::~SipPresence() = default;

void SipPresence::drop() {
  parting_.clear();
  people_.clear();
}

SipPresence::Person* SipPresence::person(const model::AccountId& account) {
  const auto found = people_.find(account);
  return found == people_.end() ? nullptr : found->second.get();
}

std::vector<model::AccountId> SipPresence::accounts() const {
  std::vector<model::AccountId> all;
  for (const auto& [id, person] : people_) all.push_back(id);
  return all;
}

// ---- accounts -------------------------------------------------------------------------

void SipPresence::account_up(const model::Account& account,
                             const std::map<std::string, std::string>& facts) {
  auto& there = people_[account.id];
  const bool fresh = there == nullptr;
  if (fresh) there = std::make_unique<Person>();
  Person& person = *there;
  person.account = account;
  if (fresh) {
    person.list = read_list(account.id, facts);
    tell_list(person);
  }
  if (publishes(account) && !person.publication) start_publishing(person, facts);
  if (!publishes(account) && person.publication) part(std::move(person.publication), [] {});
  if (!fresh) return;
  for (const auto& [address, entry] : person.list)
    if (entry.wanted && !entry.blocked) watch(person, address);
}

void SipPresence::account_online(const model::AccountId& account) {
  Person* there = person(account);
  if (there == nullptr) return;
  if (there->publication) there->publication->account_online();
  for (auto& [address, watched] : there->watched) watched.subscription->account_online();
}

void SipPresence::start_publishing(Person& person,
                                   const std::map<std::string, std::string>& facts) {
  const std::string key = etag_key(person.account.id);
  const auto etag = facts.find(key);
  person.publication = std::make_unique<Publication>(
      thread_, account_,
      Publication::Options{person.account.id, person.account.address, device_,
                           etag == facts.end() ? std::string() : etag->second,
                           [this, key](const std::string& text) { remember_(key, text); }},
      log_);
  if (person.has_presence) person.publication->say(person.presence);
}

void SipPresence::account_gone(const model::AccountId& account, std::function<void()> done) {
  const auto found = people_.find(account);
  if (found == people_.end()) return done();
  // Its subscriptions and what is told to others end with their handles.
  const std::unique_ptr<Person> gone = std::move(found->second);
  people_.erase(found);
  for (const auto& watcher : gone->watchers) watcher->end("noresource");
  tell_([account](ports::ContactEvents& core) { core.presence_lost(account); });
  part(std::move(gone->publication), std::move(done));
}

// `done` once, whichever comes first: the answer, or the end of patience.
void SipPresence::part(std::unique_ptr<Publication> publication, std::function<void()> done) {
  if (!publication) return done();
  const uint64_t ticket = next_parting_++;
  Parting& parting = parting_[ticket];
  parting.publication = std::move(publication);
  parting.done = std::move(done);
  const auto end = [this, ticket, alive = std::weak_ptr<bool>(alive_)] {
    if (alive.expired()) return;
    const auto over = parting_.extract(ticket);
    if (!over.empty()) over.mapped().done();
  };
  // Not from inside the timer that goes with it.
  parting.patience = thread_.after(parting_time, [this, end] { thread_.post(end); });
  parting.publication->take_back(end);
}

void SipPresence::publish(Person& person) {
  if (person.publication) person.publication->say(person.presence);
  tell_watchers(person);
}

// ---- the list -------------------------------------------------------------------------

void SipPresence::tell_list(const Person& person) {
  ports::RosterReport roster;
  roster.account = person.account.id;
  roster.begins = roster.complete = true;
  ports::BlockReport blocks{person.account.id, {}, true, true};
  for (const auto& [address, entry] : person.list) {
    if (entry.listed) roster.entries.push_back(roster_entry_of(address, entry));
    if (entry.blocked) blocks.addresses.push_back(address);
  }
  tell_([roster, blocks](ports::ContactEvents& core) {
    core.roster_report(roster);
    core.block_report(blocks);
  });
}

void SipPresence::tell_entry(const Person& person, const std::string& address) {
  const auto found = person.list.find(address);
  ports::RosterReport report;
  report.account = person.account.id;
  if (found != person.list.end() && found->second.listed)
    report.entries.push_back(roster_entry_of(address, found->second));
  else
    report.removed.push_back(address);
  tell_([report](ports::ContactEvents& core) { core.roster_report(report); });
}

ListEntry& SipPresence::edit(Person& person, const std::string& address,
                             const std::function<void(ListEntry&)>& change) {
  ListEntry& entry = person.list[address];
  const ListEntry before = entry;
  change(entry);
  if (entry == before) return entry;
  remember_(fact_key_of(person.account.id, address), fact_text_of(entry));
  tell_entry(person, address);
  return entry;
}

// ---- ports::Contacts ------------------------------------------------------------------

void SipPresence::set_presence(const model::AccountId& account, const model::Presence& presence) {
  Person* there = person(account);
  if (there == nullptr) return;
  there->presence = presence;
  there->has_presence = true;
  publish(*there);
}

SipPresence::Result SipPresence::put_contact(const model::AccountId& account,
                                             const ports::RosterEntry& put) {
  Person* there = person(account);
  if (there == nullptr) return base::fail(down());
  if (there->list.size() >= max_list_entries && !there->list.contains(put.address))
    return base::fail(base::Code::resource_exhausted, "TOO_MANY_CONTACTS",
                      "a SIP account has at most " + std::to_string(max_list_entries) +
                          " contacts; remove some first");
  edit(*there, put.address, [&](ListEntry& entry) {
    entry.listed = true;
    entry.name = put.name;
    entry.groups = put.groups;
  });
  return {};
}

SipPresence::Result SipPresence::remove_contact(const model::AccountId& account,
                                                const std::string& address) {
  Person* there = person(account);
  if (there == nullptr) return base::fail(down());
  unwatch(*there, address);
  const ListEntry entry = edit(*there, address, [](ListEntry& each) {
    each = ListEntry{{}, {}, false, false, false, false, each.blocked};
  });
  if (entry.is_empty()) there->list.erase(address);
  // He may ask again.
  end_watchers(*there, address, "deactivated");
  return {};
}

SipPresence::Result SipPresence::ask_presence(const model::AccountId& account,
                                              const std::string& address) {
  Person* there = person(account);
  if (there == nullptr) return base::fail(down());
  const ListEntry& entry = edit(*there, address, [](ListEntry& each) { each.wanted = true; });
  if (!entry.blocked) watch(*there, address);
  return {};
}

SipPresence::Result SipPresence::allow_presence(const model::AccountId& account,
                                                const std::string& address, bool allowed) {
  Person* there = person(account);
  if (there == nullptr) return base::fail(down());
  const ListEntry entry = edit(*there, address, [&](ListEntry& each) {
    each.allowed = allowed;
    each.listed = each.listed || allowed;
  });
  if (!allowed) {
    end_watchers(*there, address, "rejected");
    if (entry.is_empty()) there->list.erase(address);
    return {};
  }
  tell_watchers(*there);
  return {};
}

SipPresence::Result SipPresence::set_blocked(const model::AccountId& account,
                                             const std::string& address, bool blocked) {
  Person* there = person(account);
  if (there == nullptr) return base::fail(down());
  const ListEntry entry = edit(*there, address, [&](ListEntry& each) { each.blocked = blocked; });
  if (blocked) {
    unwatch(*there, address);
    end_watchers(*there, address, "rejected");
  } else if (entry.wanted) {
    watch(*there, address);
  }
  if (entry.is_empty()) there->list.erase(address);
  return {};
}

}  // namespace commd::sip
