// Whom we watch: a subscription each, and what came of it as devices of theirs.
#include <strings.h>

#include <algorithm>
#include <utility>

#include "daemon/sip/pidf.h"
#include "daemon/sip/sip_presence.h"

namespace commd::sip {
namespace {

using End = EventSubscription::End;

bool is_pidf(std::string_view type) {
  const std::string_view wanted = pidf_type;
  return type.size() == wanted.size() &&
         strncasecmp(type.data(), wanted.data(), wanted.size()) == 0;
}

bool same(const model::Resource& a, const model::Resource& b) {
  return a.presence.availability == b.presence.availability &&
         a.presence.status == b.presence.status && a.priority == b.priority;
}

const model::Resource* named(const std::vector<model::Resource>& all, const std::string& name) {
  const auto found = std::find_if(all.begin(), all.end(),
                                  [&](const model::Resource& each) { return each.name == name; });
  return found == all.end() ? nullptr : &*found;
}

}  // namespace

void SipPresence::watch(Person& person, const std::string& address) {
  Watched& watched = person.watched[address];
  if (!watched.subscription) {
    const model::AccountId id = person.account.id;
    EventSubscription::Options options;
    options.account = id;
    options.target = address;
    options.event = presence_event;
    options.accept = pidf_type;
    watched.subscription = std::make_unique<EventSubscription>(
        thread_, account_, std::move(options),
        EventSubscription::Events{
            [this, id, address](const auto& notice) { noticed(id, address, notice); },
            [this, id, address](const auto& failure) { ended(id, address, failure); }});
  }
  watched.subscription->start();
}

void SipPresence::unwatch(Person& person, const std::string& address) {
  const auto found = person.watched.find(address);
  if (found == person.watched.end()) return;
  tell_presence(person.account.id, address, {}, {});
  person.watched.erase(address);
}

void SipPresence::noticed(const model::AccountId& account, const std::string& address,
                          const EventSubscription::Notice& notice) {
  Person* there = person(account);
  if (there == nullptr) return;
  if (notice.pending) return;
  edit(*there, address, [](ListEntry& entry) { entry.seen = true; });
  // He is seen, and nothing is known of him.
  if (notice.body.empty()) return tell_presence(account, address, {}, {});
  auto document = is_pidf(notice.type) ? read_pidf(notice.body) : std::nullopt;
  if (!document) {
    log_->debug("a presence that cannot be read, account: {}", account.str());
    return;
  }
  tell_presence(account, address, std::move(document->resources), document->last_words);
}

void SipPresence::ended(const model::AccountId& account, const std::string& address,
                        const EventSubscription::Failure& failure) {
  Person* there = person(account);
  if (there == nullptr) return;
  log_->debug("presence not seen, account: {}, {}", account.str(), failure.words);
  tell_presence(account, address, {}, {});
  if (failure.why != End::refused) return;
  // He said no: it is not asked again until this person does.
  edit(*there, address, [](ListEntry& entry) { entry.wanted = entry.seen = false; });
  thread_.post([this, account, address, alive = std::weak_ptr<bool>(alive_)] {
    if (alive.expired()) return;
    Person* later = person(account);
    const auto entry = later ? later->list.find(address) : PresenceList::iterator();
    if (later && (entry == later->list.end() || !entry->second.wanted)) unwatch(*later, address);
  });
}

// What has changed: a device that came, is at something else, or is gone.
void SipPresence::tell_presence(const model::AccountId& account, const std::string& address,
                                std::vector<model::Resource> now, const std::string& last_words) {
  Person* there = person(account);
  const auto found = there->watched.find(address);
  if (found == there->watched.end()) return;
  Watched& watched = found->second;
  const base::WallTime time = std::chrono::system_clock::now();
  std::vector<ports::PresenceReport> reports, gone;
  for (const model::Resource& before : watched.told) {
    if (named(now, before.name)) continue;
    gone.push_back({account, address, {}, false});
    gone.back().resource.name = before.name;
    gone.back().resource.presence = {model::Availability::unavailable, last_words, time};
  }
  for (model::Resource& each : now) {
    const model::Resource* before = named(watched.told, each.name);
    each.presence.time = before && same(*before, each) ? before->presence.time : time;
    if (!before || !same(*before, each)) reports.push_back({account, address, each, false});
  }
  // He is not gone for a moment because another device took over; and there is room for all.
  const bool full = watched.told.size() + 1 > model::max_resources;
  reports.insert(reports.begin() + (full || reports.empty() ? 0 : 1), gone.begin(), gone.end());
  if (now.empty() && (!watched.told.empty() || watched.last_words != last_words)) {
    ports::PresenceReport nobody{account, address, {}, true};
    nobody.resource.presence = {model::Availability::unavailable, last_words, time};
    reports.push_back(std::move(nobody));
  }
  watched.told = std::move(now);
  watched.last_words = watched.told.empty() ? last_words : std::string();
  if (reports.empty()) return;
  tell_([reports](ports::ContactEvents& core) {
    for (const ports::PresenceReport& each : reports) core.presence_report(each);
  });
}

}  // namespace commd::sip
