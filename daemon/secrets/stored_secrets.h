// ports::Secrets over two places: the desktop's keyring where there is one, else
// private files. Which one is decided once, with the first password that is asked
// for or put, and logged.
//
// All blocking work is on one thread of its own, so the answers come in the order
// of the calls, and a keyring that hangs holds up nothing else.
#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <string>

#include "daemon/base/log.h"
#include "daemon/loop/core_loop.h"
#include "daemon/loop/pool.h"
#include "daemon/ports/secrets.h"
#include "daemon/secrets/secret_store.h"

namespace commd::secrets {

class StoredSecrets final : public ports::Secrets {
 public:
  // `keyring` may be null: files only. Core thread.
  StoredSecrets(loop::CoreLoop& loop, base::Logger logger, std::unique_ptr<SecretStore> files,
                std::unique_ptr<SecretStore> keyring);
  // Core thread. Files are finished, a blocked keyring is given up; callbacks that
  // have not run yet never will.
  ~StoredSecrets() override;

  void get(const model::AccountId& account,
           std::function<void(base::Result<base::Secret>)> done) override;
  // What is put into the keyring leaves the files, so that one place has it.
  void put(const model::AccountId& account, base::Secret password,
           std::function<void(base::Result<void>)> done) override;
  void erase(const model::AccountId& account,
             std::function<void(base::Result<void>)> done) override;

 private:
  // Runs `work` on the secrets' thread and hands its result to `done` on the core.
  template <class Value>
  void run(std::function<base::Result<Value>()> work,
           std::function<void(base::Result<Value>)> done);

  // The rest of the class, on the secrets' thread.
  class Places;

  loop::CoreLoop& loop_;
  const std::unique_ptr<Places> places_;
  // Callbacks hold it weakly: without us they do nothing.
  std::shared_ptr<const bool> alive_ = std::make_shared<const bool>(true);
  loop::Pool thread_{"secrets", 1};  // last: it goes first, and finishes its work
};

// What the daemon uses. `keyring`: whether to look for one; a system service and a
// daemon with a state folder of its own keep everything in that folder.
enum class Keyring { if_there, never };
std::unique_ptr<ports::Secrets> make_secrets(loop::CoreLoop& loop, base::Logger logger,
                                             const std::filesystem::path& folder, Keyring keyring);

}  // namespace commd::secrets
