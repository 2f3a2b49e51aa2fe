#include "daemon/core/presence_book.h"

#include <utility>

#include "daemon/base/escape.h"
#include "daemon/core/contact_text.h"

namespace commd::core {
namespace {

using base::fail;

constexpr const char* usual_key = "presence";

std::string key_of(const model::AccountId& account) {
  return "account/" + account.str() + "/presence";
}

}  // namespace

PresenceBook::PresenceBook(EventLog& log, AccountBook& accounts, const ports::Clock& clock,
                           ContactsByProtocol rooms)
    : log_(log), accounts_(accounts), clock_(clock), rooms_(std::move(rooms)) {
  thread_.bind();
}

void PresenceBook::restore(const ports::StoredState& state) {
  COMMD_ASSERT_THREAD(thread_);
  usual_ = {model::Availability::available, {}, clock_.wall_now()};
  const auto kept = [&](const std::string& key) {
    const auto found = state.facts.find(key);
    return found == state.facts.end() ? std::nullopt : presence_of(found->second);
  };
  if (const auto usual = kept(usual_key)) usual_ = *usual;
  for (const model::Account& account : state.accounts) {
    const auto own = kept(key_of(account.id));
    if (!own || !room_of(account)) continue;
    presences_[account.id] = *own;
    log_.show(model::PresenceChanged{{account.id, *own}});
  }
}

// The local account has none of its own: see follow().
ports::Contacts* PresenceBook::room_of(const model::Account& account) const {
  return account.protocol == model::Protocol::local ? nullptr : any_room_of(account);
}

ports::Contacts* PresenceBook::any_room_of(const model::Account& account) const {
  const auto found = rooms_.find(account.protocol);
  return found == rooms_.end() ? nullptr : found->second;
}

// Who asks at the local account is told what the others are.
void PresenceBook::follow(const model::Account& account) {
  ports::Contacts* room = any_room_of(account);
  if (room && account.protocol == model::Protocol::local && account.enabled)
    room->set_presence(account.id, usual_);
}

model::OwnPresence PresenceBook::keep(const model::Account& account,
                                      const model::Presence& presence) {
  presences_[account.id] = presence;
  const model::OwnPresence own{account.id, presence};
  // By the accounts, whose facts go with them.
  accounts_.remember(key_of(account.id), text_of(presence));
  log_.emit(model::PresenceChanged{own});
  return own;
}

base::Result<std::vector<model::OwnPresence>> PresenceBook::set(const std::string& reference,
                                                                model::Presence presence) {
  COMMD_ASSERT_THREAD(thread_);
  if (presence.status.size() > model::max_status_bytes)
    return fail(base::invalid_argument(
        "presence.status",
        "a status has at most " + std::to_string(model::max_status_bytes) + " bytes"));
  presence.status = base::to_valid_utf8(presence.status);
  presence.time = clock_.wall_now();
  std::vector<model::Account> chosen;
  if (reference.empty()) {
    chosen = accounts_.list();
    usual_ = presence;
    log_.remember(usual_key, text_of(presence));
  } else {
    auto account = accounts_.find(reference);
    if (!account) return fail(account.error());
    if (!room_of(**account))
      return fail(base::invalid_argument(
          "account", "the account " + (*account)->id.str() + " has no presence to tell"));
    chosen.push_back(**account);
  }
  std::vector<model::OwnPresence> told;
  for (const model::Account& account : chosen) {
    follow(account);
    ports::Contacts* room = room_of(account);
    if (!room) continue;
    told.push_back(keep(account, presence));
    if (account.enabled) room->set_presence(account.id, presence);
  }
  return told;
}

std::vector<model::OwnPresence> PresenceBook::list() const {
  COMMD_ASSERT_THREAD(thread_);
  std::vector<model::OwnPresence> all;
  for (const model::Account& account : accounts_.list()) {
    if (!room_of(account)) continue;
    const auto found = presences_.find(account.id);
    all.push_back({account.id, found == presences_.end() ? usual_ : found->second});
  }
  return all;
}

void PresenceBook::account_up(const model::AccountId& id) {
  COMMD_ASSERT_THREAD(thread_);
  const model::Account* account = accounts_.get(id);
  if (account) follow(*account);
  ports::Contacts* room = account ? room_of(*account) : nullptr;
  if (!room) return;
  if (!presences_.contains(id)) keep(*account, usual_);
  room->set_presence(id, presences_.at(id));
}

void PresenceBook::account_removed(const model::AccountId& id) {
  COMMD_ASSERT_THREAD(thread_);
  presences_.erase(id);
}

}  // namespace commd::core
