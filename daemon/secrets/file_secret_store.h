// Passwords in files: one for each account, mode 0600, in a folder of mode 0700.
// Wider modes are refused with the chmod that mends them. Not encrypted: whoever
// is this user, or root, can read them, as with any key that needs no person.
#pragma once

#include <filesystem>

#include "daemon/secrets/secret_store.h"

namespace commd::secrets {

class FileSecretStore final : public SecretStore {
 public:
  // The folder is made with the first password.
  explicit FileSecretStore(std::filesystem::path folder);

  std::string name() const override;
  base::Result<void> probe() override { return {}; }
  base::Result<base::Secret> get(const std::string& account) override;
  base::Result<void> put(const std::string& account, const base::Secret& password) override;
  base::Result<void> erase(const std::string& account) override;
  void cancel() noexcept override {}  // a file never blocks for long

 private:
  base::Result<std::filesystem::path> file_of(const std::string& account) const;

  const std::filesystem::path folder_;
};

}  // namespace commd::secrets
