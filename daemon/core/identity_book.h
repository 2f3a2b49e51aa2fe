// What each account proves itself with in DTLS-SRTP: made once, kept among the secrets, so that
// who has verified a call with an account knows its next one again.
//
// Core thread only.
#pragma once

#include <map>
#include <set>

#include "daemon/base/log.h"
#include "daemon/base/thread_check.h"
#include "daemon/model/ids.h"
#include "daemon/ports/media_engine.h"
#include "daemon/ports/secrets.h"

namespace commd::core {

class IdentityBook {
 public:
  IdentityBook(ports::Secrets& secrets, ports::MediaEngine& media, base::Logger logger);

  // From now on calls of this account will want one: read, or made and kept. What cannot be
  // read is never replaced: a keyring that is locked today is open tomorrow.
  void prepare(const model::AccountId& account);
  // The account is gone for good.
  void erase(const model::AccountId& account);
  // Null until it is there, some milliseconds after prepare().
  ports::SharedIdentity of(const model::AccountId& account) const;

 private:
  void make(const model::AccountId& account);
  void take(const model::AccountId& account, const base::Result<ports::SharedIdentity>& made,
            bool is_new);
  void warn(const model::AccountId& account, const base::Error& why) const;

  ports::Secrets& secrets_;
  ports::MediaEngine& media_;
  base::Logger logger_;
  base::ThreadCheck thread_;
  std::set<model::AccountId> wanted_;
  std::map<model::AccountId, ports::SharedIdentity> identities_;
};

}  // namespace commd::core
