#include "daemon/xmpp/xmpp_stack.h"

#include <utility>

#include "daemon/base/random.h"
#include "daemon/loop/asio.h"

namespace commd::xmpp {

XmppStack::XmppStack(loop::CoreLoop& loop, loop::Pool& pool, loop::Pool& disk,
                     const std::string& resolv_conf, AccountEvents& events, base::Logger log)
    : timers_(loop),
      network_(loop, pool, resolv_conf),
      bytes_(loop, resolv_conf),
      disk_([&loop, &disk](std::function<void()> work, std::function<void()> then) {
        disk.post([&loop, work = std::move(work), then = std::move(then)] {
          work();
          loop.post(then);
        });
      }),
      events_(events),
      log_(std::move(log)) {
  auto watch = net::AddressWatch::create(loop.context(), {},
                                         [this](const net::AddressChange&) { watch_network(); });
  if (watch)
    watch_ = std::move(*watch);
  else
    log_->warn("event: network_not_watched, message: {}", watch.error().message);
}

// The first time it tells how things are, not that they have changed.
void XmppStack::watch_network() {
  if (!std::exchange(watch_settled_, true)) return;
  log_->info("event: network_changed, accounts: {}", accounts_.size());
  for (const auto& [id, account] : accounts_) account->network_changed();
  for (const auto& [id, component] : components_) component->network_changed();
}

void XmppStack::know_list(const model::AccountId& account, ports::KnownRoster list) {
  if (!accounts_.contains(account)) known_[account] = std::move(list);
}

void XmppStack::account_up(const model::Account& account, base::Secret password,
                           const std::map<std::string, std::string>& facts) {
  if (ending_) return;
  if (account.protocol == model::Protocol::xmpp_component)
    return component_up(account, std::move(password));
  if (const auto found = accounts_.find(account.id); found != accounts_.end())
    return found->second->update(account, std::move(password));
  const AccountSurroundings around{network_, timers_,          clock_, events_,
                                   log_,     base::random_u32, &files_};
  const auto known = known_.extract(account.id);
  accounts_.emplace(account.id, std::make_shared<XmppAccount>(
                                    around, account, std::move(password), facts,
                                    known.empty() ? ports::KnownRoster{} : known.mapped()));
  accounts_.at(account.id)->set_in_use(in_use_, [] {});
}

void XmppStack::set_in_use(bool in_use, std::function<void()> caught_up) {
  in_use_ = in_use;
  if (accounts_.empty()) return caught_up();
  auto left = std::make_shared<size_t>(accounts_.size());
  for (const auto& [id, account] : accounts_)
    account->set_in_use(in_use, [left, caught_up] {
      if (--*left == 0) caught_up();
    });
}

void XmppStack::component_up(const model::Account& account, base::Secret secret) {
  if (const auto found = components_.find(account.id); found != components_.end())
    return found->second->update(account, std::move(secret));
  const AccountSurroundings around{network_, timers_,          clock_, events_,
                                   log_,     base::random_u32, &files_};
  components_.emplace(account.id,
                      std::make_shared<ComponentAccount>(around, account, std::move(secret)));
}

void XmppStack::account_down(const model::AccountId& id) {
  if (auto account = accounts_.extract(id); !account.empty())
    leave(
        account.mapped(),
        [&](std::function<void()> done) { account.mapped()->leave(std::move(done)); }, [] {});
  if (auto component = components_.extract(id); !component.empty())
    leave(
        component.mapped(),
        [&](std::function<void()> done) { component.mapped()->leave(std::move(done)); }, [] {});
}

XmppAccount* XmppStack::account(const model::AccountId& id) {
  const auto found = accounts_.find(id);
  return found == accounts_.end() ? nullptr : found->second.get();
}

XmppAccount* XmppStack::account_of(const model::LegId& leg) {
  for (const auto& [id, account] : accounts_)
    if (account->has_call(leg)) return account.get();
  return nullptr;
}

ComponentAccount* XmppStack::component(const model::AccountId& id) {
  const auto found = components_.find(id);
  return found == components_.end() ? nullptr : found->second.get();
}

void XmppStack::leave(std::shared_ptr<void> account, const Leave& leave,
                      std::function<void()> done) {
  const uint64_t number = ++last_leaving_;
  leaving_.emplace(number, std::move(account));
  leave([this, number, done = std::move(done)] {
    gone_.push_back(number);
    // Not here: it is the account that calls.
    sweep_ = timers_.after({}, [this] {
      for (const uint64_t each : std::exchange(gone_, {})) leaving_.erase(each);
    });
    done();
  });
}

void XmppStack::shut_down(std::function<void()> done) {
  ending_ = true;
  watch_.reset();
  const auto accounts = std::exchange(accounts_, {});
  const auto components = std::exchange(components_, {});
  auto left = std::make_shared<size_t>(accounts.size() + components.size());
  if (*left == 0) return done();
  const auto one_less = [left, done] {
    if (--*left == 0) done();
  };
  for (const auto& [id, each] : accounts)
    leave(
        each, [&](std::function<void()> gone) { each->leave(std::move(gone)); }, one_less);
  for (const auto& [id, each] : components)
    leave(
        each, [&](std::function<void()> gone) { each->leave(std::move(gone)); }, one_less);
}

}  // namespace commd::xmpp
