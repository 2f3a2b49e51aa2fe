// Passwords, kept apart from everything else.
#pragma once

#include <functional>
#include <string>

#include "daemon/base/result.h"
#include "daemon/base/secret.h"
#include "daemon/model/ids.h"

namespace commd::ports {

// Called on the core thread, never blocks it; callbacks come back on the core
// thread, in the order of the calls for one account.
class Secrets {
 public:
  virtual ~Secrets() = default;
  // NOT_FOUND when there is none; UNAVAILABLE when the keyring is locked or gone.
  virtual void get(const model::AccountId& account,
                   std::function<void(base::Result<base::Secret>)> done) = 0;
  virtual void put(const model::AccountId& account, base::Secret password,
                   std::function<void(base::Result<void>)> done) = 0;
  // Succeeds also when there was none.
  virtual void erase(const model::AccountId& account,
                     std::function<void(base::Result<void>)> done) = 0;
};

}  // namespace commd::ports
