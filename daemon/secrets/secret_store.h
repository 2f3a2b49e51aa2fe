// A place where passwords are kept, as its thread sees it: every call may block.
#pragma once

#include <string>

#include "daemon/base/result.h"
#include "daemon/base/secret.h"

namespace commd::secrets {

// One thread, the one of StoredSecrets; cancel() alone may come from any.
class SecretStore {
 public:
  virtual ~SecretStore() = default;
  // For the log: "file /...", "keyring".
  virtual std::string name() const = 0;
  // Whether it can be used at all here; asked once, before anything else.
  virtual base::Result<void> probe() = 0;
  // NOT_FOUND, KEYRING_LOCKED or KEYRING_UNAVAILABLE, or what is wrong with a file.
  virtual base::Result<base::Secret> get(const std::string& account) = 0;
  virtual base::Result<void> put(const std::string& account, const base::Secret& password) = 0;
  // Succeeds also when there was none.
  virtual base::Result<void> erase(const std::string& account) = 0;
  // Makes a blocked call and all later ones fail at once.
  virtual void cancel() noexcept = 0;
};

}  // namespace commd::secrets
