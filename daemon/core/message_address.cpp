#include "daemon/core/message_address.h"

#include <algorithm>
#include <vector>

#include "daemon/core/account_rules.h"

namespace commd::core {
namespace {

using base::fail;

// As a scheme can be written in any case.
bool has_scheme(const std::string& text) {
  const size_t colon = text.find(':');
  return colon != std::string::npos &&
         (text.find('@') == std::string::npos || colon < text.find('@'));
}

base::Result<AddressParts> parts_of(const std::string& typed) {
  // Neither a device nor an action of the address belongs to the conversation.
  std::string text = typed.substr(0, typed.find_first_of("/?;"));
  if (!has_scheme(text)) text = "xmpp:" + text;
  auto parts = parse_account_address(text);
  // Two spellings of one address are one conversation (RFC 7622 section 3.3.1).
  if (parts && parts->protocol == model::Protocol::xmpp) {
    std::transform(parts->user.begin(), parts->user.end(), parts->user.begin(), [](char c) {
      return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    });
    parts->uri = "xmpp:" + parts->user + "@" + parts->domain;
  }
  if (!parts)
    return fail(base::invalid_argument(
        "address", "\"" + typed.substr(0, 100) +
                       "\" is nobody to write to; expected for example xmpp:bob@example.org"));
  return parts;
}

}  // namespace

base::Result<std::string> peer_address(const std::string& typed) {
  auto parts = parts_of(typed);
  if (!parts) return fail(parts.error());
  return parts->uri;
}

base::Result<MessageWay> message_way(const AccountBook& accounts, const std::string& address,
                                     const std::string& from) {
  auto parts = parts_of(address);
  if (!parts) return fail(parts.error());
  if (!from.empty()) {
    auto account = accounts.find(from);
    if (!account) return fail(account.error());
    if ((*account)->protocol != parts->protocol)
      return fail(base::invalid_argument(
          "account", "the account " + (*account)->id.str() + " cannot write to " + parts->uri));
    return MessageWay{(*account)->id, parts->uri};
  }
  std::vector<model::Account> candidates;
  for (model::Account& account : accounts.list())
    if (account.protocol == parts->protocol && account.enabled)
      candidates.push_back(std::move(account));
  const std::string protocol = model::to_string(parts->protocol);
  if (candidates.empty())
    return fail(base::Error{base::Code::failed_precondition,
                            "NO_ACCOUNT",
                            "no " + protocol +
                                " account is enabled; add one: commctl account add " + protocol +
                                ":USER@DOMAIN",
                            {{"protocol", protocol}}});
  for (const model::Account& account : candidates)
    if (candidates.size() == 1 || account.settings.is_default)
      return MessageWay{account.id, parts->uri};
  base::Error error{base::Code::invalid_argument,
                    "ACCOUNT_REQUIRED",
                    "several accounts can send this message; choose one (commctl: --from)",
                    {}};
  for (const model::Account& account : candidates)
    error.details["choices"] += (error.details["choices"].empty() ? "" : " ") + account.id.str();
  error.message += ": " + error.details["choices"];
  return fail(error);
}

}  // namespace commd::core
