#include "daemon/secrets/stored_secrets.h"

#include <utility>

#include "daemon/base/escape.h"
#include "daemon/secrets/file_secret_store.h"
#include "daemon/secrets/keyring_secret_store.h"

namespace commd::secrets {

using base::Result;
using base::Secret;

class StoredSecrets::Places {
 public:
  Places(base::Logger logger, std::unique_ptr<SecretStore> files,
         std::unique_ptr<SecretStore> keyring)
      : logger_(std::move(logger)), files_(std::move(files)), keyring_(std::move(keyring)) {}

  // Any thread.
  void cancel() noexcept {
    if (keyring_) keyring_->cancel();
  }

  // A password may still be in a file from a time without a keyring.
  Result<Secret> get(const std::string& account) {
    if (!use_keyring()) return files_->get(account);
    auto password = keyring_->get(account);
    if (password) return password;
    auto from_file = files_->get(account);
    return from_file ? std::move(from_file) : std::move(password);
  }

  Result<void> put(const std::string& account, const Secret& password) {
    if (!use_keyring()) return files_->put(account, password);
    auto stored = keyring_->put(account, password);
    return stored ? files_->erase(account) : stored;
  }

  Result<void> erase(const std::string& account) {
    auto from_files = files_->erase(account);
    if (!use_keyring()) return from_files;
    auto from_keyring = keyring_->erase(account);
    return from_files ? std::move(from_keyring) : std::move(from_files);
  }

 private:
  enum class Choice { open, keyring, files };

  bool use_keyring() {
    if (choice_ == Choice::open) choose();
    return choice_ == Choice::keyring;
  }

  void choose() {
    choice_ = Choice::files;
    std::string why = "none is wanted or there is no session bus";
    if (keyring_) {
      const auto usable = keyring_->probe();
      if (usable)
        choice_ = Choice::keyring;
      else
        why = usable.error().message;
    }
    if (choice_ == Choice::keyring)
      logger_->info("event: secrets_chosen, store: {}", base::escape_line(keyring_->name()));
    else
      logger_->info("event: secrets_chosen, store: {}, no_keyring: {}",
                    base::escape_line(files_->name()), base::escape_line(why));
  }

  const base::Logger logger_;
  const std::unique_ptr<SecretStore> files_;
  const std::unique_ptr<SecretStore> keyring_;
  Choice choice_ = Choice::open;
};

StoredSecrets::StoredSecrets(loop::CoreLoop& loop, base::Logger logger,
                             std::unique_ptr<SecretStore> files,
                             std::unique_ptr<SecretStore> keyring)
    : loop_(loop),
      places_(std::make_unique<Places>(std::move(logger), std::move(files), std::move(keyring))) {}

StoredSecrets::~StoredSecrets() { places_->cancel(); }

template <class Value>
void StoredSecrets::run(std::function<Result<Value>()> work,
                        std::function<void(Result<Value>)> done) {
  thread_.run(loop_, std::move(work),
              [done = std::move(done), alive = std::weak_ptr(alive_)](Result<Value> result) {
                if (!alive.expired()) done(std::move(result));
              });
}

void StoredSecrets::get(const model::AccountId& account, std::function<void(Result<Secret>)> done) {
  run<Secret>([places = places_.get(), id = account.str()] { return places->get(id); },
              std::move(done));
}

void StoredSecrets::put(const model::AccountId& account, Secret password,
                        std::function<void(Result<void>)> done) {
  run<void>([places = places_.get(), id = account.str(),
             secret = std::move(password)] { return places->put(id, secret); },
            std::move(done));
}

void StoredSecrets::erase(const model::AccountId& account, std::function<void(Result<void>)> done) {
  run<void>([places = places_.get(), id = account.str()] { return places->erase(id); },
            std::move(done));
}

std::unique_ptr<ports::Secrets> make_secrets(loop::CoreLoop& loop, base::Logger logger,
                                             const std::filesystem::path& folder, Keyring keyring) {
  std::unique_ptr<SecretStore> store;
  if (keyring == Keyring::if_there && session_bus_is_there()) {
    if (auto made = make_keyring_store(folder.string()))
      store = std::move(*made);
    else
      logger->warn("event: keyring_unavailable, reason: {}",
                   base::escape_line(made.error().message));
  }
  return std::make_unique<StoredSecrets>(
      loop, std::move(logger), std::make_unique<FileSecretStore>(folder), std::move(store));
}

}  // namespace commd::secrets
