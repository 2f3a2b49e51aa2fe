// The secrets of accounts: their own passwords, and those of their relays.
#include <utility>

#include "daemon/core/account_book.h"

namespace commd::core {
namespace {

using base::fail;
using base::Secret;
using model::AccountId;

// Among the passwords, where no account's own name can be.
AccountId turn_secret(const AccountId& account) { return AccountId("turn " + account.str()); }

}  // namespace

std::string AccountBook::turn_key(const AccountId& id) {
  return "account/" + id.str() + "/turn_password";
}

// One after the other; what is not given stays as it is.
void AccountBook::keep_secrets(const AccountId& id, std::optional<Secret> password,
                               std::optional<Secret> turn_password, Stored done) {
  auto then = [this, id, turn_password = std::move(turn_password),
               done = std::move(done)](base::Result<void> stored) mutable {
    if (!stored || !turn_password) return done(std::move(stored));
    secrets_.put(turn_secret(id), std::move(*turn_password), std::move(done));
  };
  if (!password) return then({});
  secrets_.put(id, std::move(*password), std::move(then));
}

void AccountBook::erase_secrets(const AccountId& id, Stored done) {
  secrets_.erase(turn_secret(id), [this, id, done = std::move(done)](base::Result<void> erased) {
    if (!erased) return done(std::move(erased));
    secrets_.erase(id, done);
  });
}

void AccountBook::ice_servers(const AccountId& id, std::function<void(Servers)> done) const {
  COMMD_ASSERT_THREAD(thread_);
  const model::Account* account = get(id);
  if (!account) return done(fail(base::not_found("account", id.str())));
  auto servers = model::parse_stun_setting(account->settings.stun);
  if (!servers) return done(fail(servers.error()));
  auto relays = model::parse_turn_setting(account->settings.turn);
  if (!relays) return done(fail(relays.error()));
  if (relays->empty()) return done(std::move(servers));
  secrets_.get(turn_secret(id), [servers = std::move(*servers), relays = std::move(*relays),
                                 username = account->settings.turn_username,
                                 done = std::move(done)](base::Result<Secret> password) mutable {
    if (!password)
      return done(fail(password.error().code, "PASSWORD_UNAVAILABLE",
                       "the TURN password cannot be read: " + password.error().message));
    for (model::IceServer& relay : relays) {
      relay.username = username;
      relay.password = *password;
      servers.push_back(std::move(relay));
    }
    done(std::move(servers));
  });
}

}  // namespace commd::core
