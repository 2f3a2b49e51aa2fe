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
}

void XmppStack::account_up(const model::Account& account, base::Secret password,
                           const std::map<std::string, std::string>& facts) {
  if (ending_) return;
  if (const auto found = accounts_.find(account.id); found != accounts_.end())
    return found->second->update(account, std::move(password));
  const AccountSurroundings around{network_, timers_,          clock_, events_,
                                   log_,     base::random_u32, &files_};
  accounts_.emplace(account.id,
                    std::make_unique<XmppAccount>(around, account, std::move(password), facts));
}

void XmppStack::account_down(const model::AccountId& id) {
  const auto found = accounts_.find(id);
  if (found == accounts_.end()) return;
  auto account = std::move(found->second);
  accounts_.erase(found);
  leave(std::move(account), [] {});
}

XmppAccount* XmppStack::account(const model::AccountId& id) {
  const auto found = accounts_.find(id);
  return found == accounts_.end() ? nullptr : found->second.get();
}

void XmppStack::leave(std::unique_ptr<XmppAccount> account, std::function<void()> done) {
  const uint64_t number = ++last_leaving_;
  XmppAccount& leaver = *account;
  leaving_.emplace(number, std::move(account));
  leaver.leave([this, number, done = std::move(done)] {
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
  auto accounts = std::exchange(accounts_, {});
  if (accounts.empty()) return done();
  auto left = std::make_shared<size_t>(accounts.size());
  for (auto& [id, account] : accounts)
    leave(std::move(account), [left, done] {
      if (--*left == 0) done();
    });
}

}  // namespace commd::xmpp
