// Why a login was refused, for the API and for a person: the conditions of RFC 6120
// section 6.5 and the errors of SCRAM (RFC 5802 section 7). Pure; any thread.
#pragma once

#include <string_view>

#include "daemon/base/error.h"
#include "daemon/xmpp/stanza.h"

namespace commd::xmpp {

// Whether it may go better next time by itself.
enum class Retry {
  later,   // nothing has to be changed: wait and try again
  person,  // somebody has to change something first; trying again may lock the account
};

// <failure/>: WRONG_PASSWORD, ACCOUNT_DISABLED, PASSWORD_EXPIRED, AUTH_TEMPORARY_FAILURE ...
base::Error sasl_failure(const Element& failure);
// "e=invalid-proof" and others: WRONG_PASSWORD, CHANNEL_BINDING_MISMATCH ...
base::Error scram_server_error(std::string_view value);

}  // namespace commd::xmpp
