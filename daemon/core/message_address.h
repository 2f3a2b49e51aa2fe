// Whom a message goes to, and by which account. Pure but for reading the accounts.
#pragma once

#include <string>

#include "daemon/base/result.h"
#include "daemon/core/account_book.h"

namespace commd::core {

// The conversation that an address stands for: "xmpp:bob@example.org" of "bob@Example.org",
// "xmpp:bob@example.org/phone" and "xmpp:bob@example.org?message". A bare address is XMPP's, or
// SIP's where that is the only one of the two that an account speaks.
// INVALID_ARGUMENT names the field "address".
base::Result<std::string> peer_address(const AccountBook& accounts, const std::string& typed);

struct MessageWay {
  model::AccountId account;
  std::string peer;
};

// `from`: an account as AccountBook::find() takes it; empty: the local one for an address of
// this machine, else the only enabled one of the address's protocol, else the one marked
// default. Errors: INVALID_ARGUMENT, AMBIGUOUS,
// NOT_FOUND, NO_ACCOUNT, ACCOUNT_REQUIRED with the choices.
base::Result<MessageWay> message_way(const AccountBook& accounts, const std::string& address,
                                     const std::string& from);

// Who of a component's domain writes: the domain itself where `typed` is empty. Of every other
// account nobody, and INVALID_ARGUMENT where somebody is named.
base::Result<std::string> local_address(const model::Account& account, const std::string& typed);

}  // namespace commd::core
