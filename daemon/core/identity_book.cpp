#include "daemon/core/identity_book.h"

#include <utility>

namespace commd::core {
namespace {

// Among the passwords, where no account's own name can be.
model::AccountId secret_name(const model::AccountId& account) {
  return model::AccountId("dtls " + account.str());
}

}  // namespace

IdentityBook::IdentityBook(ports::Secrets& secrets, ports::MediaEngine& media, base::Logger logger)
    : secrets_(secrets), media_(media), logger_(std::move(logger)) {
  thread_.bind();
}

void IdentityBook::prepare(const model::AccountId& account) {
  COMMD_ASSERT_THREAD(thread_);
  if (!wanted_.insert(account).second) return;
  secrets_.get(secret_name(account), [this, account](const base::Result<base::Secret>& kept) {
    if (kept)
      return media_.read_identity(
          *kept, [this, account](const auto& read) { take(account, read, false); });
    if (kept.error().code == base::Code::not_found) return make(account);
    warn(account, kept.error());
    wanted_.erase(account);  // another time, perhaps
  });
}

void IdentityBook::make(const model::AccountId& account) {
  media_.make_identity([this, account](const auto& made) { take(account, made, true); });
}

void IdentityBook::take(const model::AccountId& account,
                        const base::Result<ports::SharedIdentity>& made, bool is_new) {
  COMMD_ASSERT_THREAD(thread_);
  if (!wanted_.contains(account)) return;  // gone meanwhile
  if (!made) {
    warn(account, made.error());
    // What is kept there is no certificate: nobody can prove anything with it.
    if (!is_new) make(account);
    return;
  }
  identities_[account] = *made;
  if (is_new)
    secrets_.put(secret_name(account), (*made)->pem(), [this, account](const auto& stored) {
      if (!stored) warn(account, stored.error());
    });
}

void IdentityBook::warn(const model::AccountId& account, const base::Error& why) const {
  logger_->warn("event: identity_unavailable, account: {}, message: {}", account.str(),
                why.message);
}

void IdentityBook::erase(const model::AccountId& account) {
  COMMD_ASSERT_THREAD(thread_);
  wanted_.erase(account);
  identities_.erase(account);
  secrets_.erase(secret_name(account), [](const base::Result<void>&) {});
}

ports::SharedIdentity IdentityBook::of(const model::AccountId& account) const {
  COMMD_ASSERT_THREAD(thread_);
  const auto found = identities_.find(account);
  return found == identities_.end() ? nullptr : found->second;
}

}  // namespace commd::core
