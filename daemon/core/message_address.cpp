#include "daemon/core/message_address.h"

#include <algorithm>
#include <vector>

#include "daemon/core/account_rules.h"
#include "daemon/model/host_port.h"

namespace commd::core {
namespace {

using base::fail;

// As a scheme can be written in any case.
bool has_scheme(const std::string& text) {
  const size_t colon = text.find(':');
  return colon != std::string::npos &&
         (text.find('@') == std::string::npos || colon < text.find('@'));
}

// What a bare address is taken for.
const char* usual_scheme(const AccountBook& accounts) {
  bool sip = false;
  for (const model::Account& account : accounts.list()) {
    if (!account.enabled) continue;
    if (account.protocol == model::Protocol::xmpp) return "xmpp:";
    sip = sip || account.protocol == model::Protocol::sip;
  }
  return sip ? "sip:" : "xmpp:";
}

bool is_xmpp(const model::Account& account) {
  return account.protocol == model::Protocol::xmpp ||
         account.protocol == model::Protocol::xmpp_component;
}

bool can_reach(const model::Account& account, const AddressParts& parts) {
  const bool sip =
      account.protocol == model::Protocol::sip || account.protocol == model::Protocol::local;
  return account.protocol == parts.protocol || (sip && parts.protocol == model::Protocol::sip) ||
         (is_xmpp(account) && parts.protocol == model::Protocol::xmpp);
}

bool is_this_machine(const AddressParts& parts) {
  const auto place = model::parse_host_port(parts.domain);
  return parts.protocol == model::Protocol::sip && place && model::is_this_machine(place->host);
}

base::Result<AddressParts> parts_of(const std::string& typed, const std::string& usual) {
  // Neither a device nor an action of the address belongs to the conversation.
  std::string text = typed.substr(0, typed.find_first_of("/?;"));
  if (!has_scheme(text)) text = usual + text;
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
                       "\" is nobody to write to; expected for example xmpp:bob@example.org or "
                       "sip:bob@example.org"));
  return parts;
}

}  // namespace

base::Result<std::string> peer_address(const AccountBook& accounts, const std::string& typed) {
  auto parts = parts_of(typed, usual_scheme(accounts));
  if (!parts) return fail(parts.error());
  return parts->uri;
}

base::Result<MessageWay> message_way(const AccountBook& accounts, const std::string& address,
                                     const std::string& from) {
  std::string usual = usual_scheme(accounts);
  const model::Account* by = nullptr;
  if (!from.empty()) {
    const auto account = accounts.find(from);
    if (!account) return fail(account.error());
    by = *account;
    usual = is_xmpp(*by) ? "xmpp:" : "sip:";
  }
  auto parts = parts_of(address, usual);
  if (!parts) return fail(parts.error());
  if (!by && is_this_machine(*parts)) by = accounts.get(model::AccountId("local"));
  if (by) {
    if (!can_reach(*by, *parts))
      return fail(base::invalid_argument(
          "account", "the account " + by->id.str() + " cannot write to " + parts->uri));
    return MessageWay{by->id, parts->uri};
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

base::Result<std::string> local_address(const model::Account& account, const std::string& typed) {
  if (account.protocol != model::Protocol::xmpp_component) {
    if (typed.empty()) return typed;
    return fail(
        base::invalid_argument("local", "only a component's account writes by several addresses; " +
                                            account.id.str() + " is none"));
  }
  if (typed.empty()) return account.address;
  const std::string bare = has_scheme(typed) ? typed.substr(typed.find(':') + 1) : typed;
  const std::string domain = account.address.substr(account.address.find(':') + 1);
  const size_t at = bare.find('@');
  if (at == std::string::npos || at == 0 || bare.substr(at + 1, bare.find('/') - at - 1) != domain)
    return fail(base::invalid_argument("local", "\"" + bare + "\" is no address of the component " +
                                                    domain + "; expected for example weather@" +
                                                    domain));
  return "xmpp:" + bare;
}

}  // namespace commd::core
