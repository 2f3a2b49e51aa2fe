// What makes an account valid: pure checks of what a person typed.
#pragma once

#include <string>
#include <vector>

#include "daemon/base/result.h"
#include "daemon/model/account.h"

namespace commd::core {

struct AddressParts {
  model::Protocol protocol = model::Protocol::sip;
  std::string uri;  // canonical: scheme, user, lower-case domain
  std::string user;
  std::string domain;
  bool scheme_given = false;
};

// sip:, sips: or xmpp: URI, or a bare user@domain (taken as SIP). INVALID_ARGUMENT
// names the field "address".
base::Result<AddressParts> parse_account_address(const std::string& text);

// The same, or a component's address: xmpp: and a domain alone.
base::Result<AddressParts> parse_own_address(const std::string& text);

// Ranges of the numbers, codecs among `known_codecs`, plausible addresses. With
// `confirmed`, auto_answer=always is allowed. INVALID_ARGUMENT names the field.
enum class Confirmation { missing, given };
base::Result<void> check_settings(const model::AccountSettings& settings, Confirmation confirmation,
                                  const std::vector<std::string>& known_codecs);

// 1 to 16 of the known ones, in any case. INVALID_ARGUMENT with the `field`, the `value`
// that is none and the `choices`.
base::Result<void> check_codecs(const char* field, const std::vector<std::string>& codecs,
                                const std::vector<std::string>& known);

// Settings that the protocol cannot have. INVALID_ARGUMENT names the field.
base::Result<void> check_for_protocol(model::Protocol protocol,
                                      const model::AccountSettings& settings);

// TURN servers want a password, which is among the secrets. INVALID_ARGUMENT, field turn_password.
base::Result<void> check_relays(const model::AccountSettings& settings, bool has_turn_password);

// 1..128 characters without spaces, controls or "/".
base::Result<void> check_account_id(const std::string& id);

}  // namespace commd::core
