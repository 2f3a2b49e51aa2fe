#include "daemon/core/dial_plan.h"

#include <algorithm>
#include <cctype>
#include <vector>

#include "daemon/model/host_port.h"

namespace commd::core {
namespace {

using base::Code;
using base::fail;
using base::invalid_argument;

// As much of what was typed as a message can hold.
std::string quoted_start(const std::string& text) {
  constexpr size_t longest = 60;
  if (text.size() <= longest) return "\"" + text + "\"";
  size_t end = longest;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80) --end;
  return "\"" + text.substr(0, end) + "...\"";
}

std::string domain_of(const model::Account& account) {
  return account.address.substr(account.address.rfind('@') + 1);
}

bool starts_nocase(const std::string& text, const std::string& prefix) {
  return text.size() >= prefix.size() &&
         std::equal(prefix.begin(), prefix.end(), text.begin(), [](char a, char b) {
           return a == std::tolower(static_cast<unsigned char>(b));
         });
}

// What a tel: URI or a number as people write it comes down to (RFC 3966): digits
// and a leading plus; visual separators go. Empty: not a number.
std::string number_of(const std::string& text) {
  std::string number;
  for (const char c : text) {
    if (std::isdigit(static_cast<unsigned char>(c)) || c == '*' || c == '#' ||
        (c == '+' && number.empty()))
      number += c;
    else if (std::string_view("-. ()/").find(c) == std::string_view::npos)
      return {};
  }
  return number == "+" ? std::string{} : number;
}

// "http" of "http://x": words before a colon that are no user, host or port.
std::string foreign_scheme(const std::string& text) {
  const size_t colon = text.find(':');
  if (colon == std::string::npos || colon == 0 || text.find('@') < colon) return {};
  const std::string scheme = text.substr(0, colon);
  const bool word = std::all_of(scheme.begin(), scheme.end(), [](unsigned char c) {
    return std::isalnum(c) != 0 || c == '+' || c == '-' || c == '.';
  });
  return word && std::isalpha(static_cast<unsigned char>(scheme[0])) != 0 ? scheme : std::string{};
}

// Why a URI names nobody who can be called; of an XMPP address its protocol knows more.
base::Result<void> check_uri(const std::string& typed, const std::string& uri, bool xmpp) {
  const auto wrong = [&](const std::string& why) {
    return fail(invalid_argument("address", quoted_start(typed) + " cannot be called: " + why));
  };
  const std::string rest = uri.substr(uri.find(':') + 1);
  if (uri.find(' ') != std::string::npos || rest.empty() || rest.ends_with('@'))
    return wrong("it has no host");
  if (rest.starts_with('@')) return wrong("it has no name before the @");
  if (rest.substr(0, rest.find('@')).find(':') != std::string::npos && rest.find('@') != rest.npos)
    return wrong("a password in it would be shown to everybody");
  if (xmpp) return {};
  if (const auto place = model::host_of_sip(uri); !place)
    return wrong(place.error().message +
                 "; write for example sip:bob@example.org or "
                 "sip:bob@[2001:db8::1]:5060");
  return {};
}

// One that is coming up is waited for, by its protocol.
base::Result<const model::Account*> usable(const model::Account* account) {
  if (account->state == model::AccountState::online ||
      account->state == model::AccountState::connecting)
    return account;
  base::Error error{Code::failed_precondition,
                    "ACCOUNT_NOT_ONLINE",
                    "the account " + account->id.str() + " is " + model::to_string(account->state) +
                        (account->state_message.empty() ? "" : ": " + account->state_message) +
                        "; see `commctl account show " + account->id.str() + "`",
                    {}};
  error.details["account"] = account->id.str();
  error.details["state"] = model::to_string(account->state);
  return fail(error);
}

// The only account of the protocol, else the one marked default.
base::Result<const model::Account*> choose(const AccountBook& accounts,
                                           const std::vector<model::Account>& all,
                                           model::Protocol protocol) {
  std::vector<const model::Account*> candidates;
  for (const model::Account& account : all)
    if (account.protocol == protocol && account.enabled)
      candidates.push_back(accounts.get(account.id));
  if (candidates.empty())
    return fail(base::Error{Code::failed_precondition,
                            "NO_ACCOUNT",
                            std::string("no ") + model::to_string(protocol) +
                                " account is enabled; add one: commctl account add ADDRESS",
                            {{"protocol", model::to_string(protocol)}}});
  if (candidates.size() == 1) return candidates.front();
  for (const model::Account* account : candidates)
    if (account->settings.is_default) return account;
  base::Error error{Code::invalid_argument,
                    "ACCOUNT_REQUIRED",
                    "several accounts can place this call; choose one (commctl: --from)",
                    {}};
  for (const model::Account* account : candidates)
    error.details["choices"] += (error.details["choices"].empty() ? "" : " ") + account->id.str();
  error.message += ": " + error.details["choices"];
  return fail(error);
}

// What user@domain without a scheme is called by: the protocol of the account that is named, else
// SIP, unless only XMPP can.
const char* usual_scheme(const AccountBook& accounts, const std::vector<model::Account>& all,
                         const std::string& typed, const std::string& from) {
  if (const auto place = model::host_of_sip("sip:" + typed);
      place && model::is_this_machine(place->host))
    return "sip:";
  if (!from.empty()) {
    const auto account = accounts.find(from);
    return account && (*account)->protocol == model::Protocol::xmpp ? "xmpp:" : "sip:";
  }
  const auto enabled = [&](model::Protocol protocol) {
    return std::any_of(all.begin(), all.end(), [&](const model::Account& account) {
      return account.protocol == protocol && account.enabled;
    });
  };
  return !enabled(model::Protocol::sip) && enabled(model::Protocol::xmpp) ? "xmpp:" : "sip:";
}

// The URI of a number or bare name within the account's own domain.
std::string within(const model::Account& account, const std::string& user, bool phone) {
  if (account.protocol == model::Protocol::local) return "sip:" + user + "@localhost";
  return "sip:" + user + "@" + domain_of(account) + (phone ? ";user=phone" : "");
}

}  // namespace

base::Result<DialTarget> dial(const AccountBook& accounts, const std::string& typed,
                              const std::string& from) {
  const bool clean = !typed.empty() && typed.size() <= 1024 &&
                     std::none_of(typed.begin(), typed.end(), [](unsigned char c) {
                       return c < 0x20 || c == 0x7F || c == '<' || c == '>' || c == '"';
                     });
  if (!clean)
    return fail(invalid_argument("address", quoted_start(typed) +
                                                " is no address: write a sip:, sips:, "
                                                "tel: or xmpp: URI, user@domain, or a number"));
  const bool tel = starts_nocase(typed, "tel:");
  const bool sip = starts_nocase(typed, "sip:") || starts_nocase(typed, "sips:");
  bool xmpp = starts_nocase(typed, "xmpp:");
  std::string uri = sip || xmpp ? typed : "";
  const std::vector<model::Account> all = accounts.list();
  if (const std::string scheme = foreign_scheme(typed); !sip && !tel && !xmpp && !scheme.empty())
    return fail(invalid_argument("address", "\"" + scheme +
                                                ":\" cannot be called; an address begins with "
                                                "sip:, sips:, tel: or xmpp:"));
  if (uri.empty() && !tel && typed.find('@') != std::string::npos) {
    uri = usual_scheme(accounts, all, typed, from) + typed;
    xmpp = uri.starts_with("xmpp:");
  }
  if (!uri.empty())
    if (const auto ok = check_uri(typed, uri, xmpp); !ok) return fail(ok.error());
  // A name alone is looked for at the account's domain; what looks like a host is none.
  if (uri.empty() && !tel && typed.find_first_of(":[]/?;%") != std::string::npos)
    return fail(invalid_argument("address", quoted_start(typed) +
                                                " is neither a name nor a number; to call a host "
                                                "write sip:HOST or sip:NAME@HOST"));

  base::Result<const model::Account*> account = nullptr;
  const std::string number = number_of(tel ? typed.substr(4, typed.find(';') - 4) : typed);
  if (tel && number.empty())
    return fail(
        invalid_argument("address", "\"" + typed + "\" is not a telephone number (RFC 3966)"));
  if (!from.empty()) {
    account = accounts.find(from);
  } else if (!uri.empty() && !xmpp && model::is_this_machine(model::host_of_sip(uri)->host)) {
    account = accounts.find("local");
  } else if (uri.empty() && number.empty() && (typed == "echo" || typed == "local")) {
    account = accounts.find("local");
  } else {
    account = choose(accounts, all, xmpp ? model::Protocol::xmpp : model::Protocol::sip);
  }
  if (!account) return fail(account.error());
  account = usable(*account);
  if (!account) return fail(account.error());
  const model::Account& chosen = **account;
  if (xmpp != (chosen.protocol == model::Protocol::xmpp))
    return fail(
        invalid_argument("account", "the account " + chosen.id.str() + " cannot call " + typed));
  if (uri.empty())
    uri = within(chosen, number.empty() ? typed : number, tel || number.starts_with('+'));
  if (uri.find(' ') != std::string::npos)
    return fail(
        invalid_argument("address", "\"" + typed + "\" is neither an address nor a number"));
  return DialTarget{chosen.id, uri};
}

}  // namespace commd::core
