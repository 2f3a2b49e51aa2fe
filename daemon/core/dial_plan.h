// From what a person typed to an account and a URI, by the rules of the contract.
// Pure; core thread.
#pragma once

#include <functional>
#include <string>

#include "daemon/base/result.h"
#include "daemon/core/account_book.h"

namespace commd::core {

// What a name of the address book stands for; all else as it was typed.
using NamesOfPeople = std::function<base::Result<std::string>(const std::string& typed)>;

struct DialTarget {
  model::AccountId account;
  std::string uri;  // sip:, sips: or xmpp:
};

// `address`: sip:, sips:, tel:, xmpp:, user@host, a number or a bare name. `from`:
// an account reference or empty. Errors: INVALID_ARGUMENT (field "address");
// INVALID_ARGUMENT with reason ACCOUNT_REQUIRED and the choices; FAILED_PRECONDITION
// with reason NO_ACCOUNT or ACCOUNT_NOT_ONLINE and the remedy.
base::Result<DialTarget> dial(const AccountBook& accounts, const std::string& address,
                              const std::string& from);

}  // namespace commd::core
