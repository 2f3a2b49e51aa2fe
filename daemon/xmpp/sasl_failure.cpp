#include "daemon/xmpp/sasl_failure.h"

#include <algorithm>
#include <array>
#include <string>

#include "daemon/base/escape.h"
#include "daemon/xmpp/namespaces.h"

namespace commd::xmpp {
namespace {

using base::Code;

struct Row {
  std::string_view condition;
  Code code;
  const char* reason;
  const char* words;
};

constexpr char kWrongPassword[] =
    "the server refused the user name or the password; set it again with "
    "commctl account set A --password-file -";
constexpr char kBindingMismatch[] =
    "this end and the server see different TLS connections: somebody may be reading in "
    "between. The password was not disclosed; use another network";

constexpr std::array kConditions = {
    Row{"not-authorized", Code::unauthenticated, "WRONG_PASSWORD", kWrongPassword},
    Row{"account-disabled", Code::unauthenticated, "ACCOUNT_DISABLED",
        "the server has disabled the account; ask its operator"},
    Row{"credentials-expired", Code::unauthenticated, "PASSWORD_EXPIRED",
        "the password has expired; change it with the provider, then set it here"},
    Row{"temporary-auth-failure", Code::unavailable, "AUTH_TEMPORARY_FAILURE",
        "the server cannot check passwords at the moment; it is tried again by itself"},
    Row{"encryption-required", Code::unavailable, "AUTH_ENCRYPTION_REQUIRED",
        "the server wants encryption for this way to log in"},
    Row{"mechanism-too-weak", Code::unavailable, "AUTH_MECHANISM_TOO_WEAK",
        "the server takes the way to log in for too weak; ask its operator"},
    Row{"invalid-mechanism", Code::unavailable, "AUTH_MECHANISM_REFUSED",
        "the server refuses a way to log in that it had offered"},
    Row{"invalid-authzid", Code::unauthenticated, "AUTH_IDENTITY_REFUSED",
        "the server does not let this user act for that address"},
    Row{"malformed-request", Code::unavailable, "AUTH_MALFORMED",
        "the server could not read the login"},
    Row{"incorrect-encoding", Code::unavailable, "AUTH_MALFORMED",
        "the server could not read the login"},
    Row{"aborted", Code::unavailable, "AUTH_ABORTED", "the login was aborted"},
};

constexpr std::array kScramErrors = {
    Row{"invalid-proof", Code::unauthenticated, "WRONG_PASSWORD", kWrongPassword},
    Row{"unknown-user", Code::unauthenticated, "WRONG_PASSWORD", kWrongPassword},
    Row{"channel-bindings-dont-match", Code::unauthenticated, "CHANNEL_BINDING_MISMATCH",
        kBindingMismatch},
    Row{"server-does-support-channel-binding", Code::unavailable, "SASL_DOWNGRADE",
        "the server offers channel binding, but the offer did not arrive here: somebody "
        "between has cut it out. Nothing was disclosed; use another network"},
    Row{"channel-binding-not-supported", Code::unavailable, "CHANNEL_BINDING_UNSUPPORTED",
        "the server cannot bind the login to the connection, though it said it could"},
    Row{"unsupported-channel-binding-type", Code::unavailable, "CHANNEL_BINDING_UNSUPPORTED",
        "the server cannot bind the login to the connection in the way it was tried"},
};

template <size_t Size>
base::Error explain(const std::array<Row, Size>& table, std::string_view condition,
                    std::string_view text) {
  const auto row = std::find_if(table.begin(), table.end(),
                                [&](const Row& each) { return each.condition == condition; });
  base::Error error{Code::unauthenticated, "AUTH_REFUSED", "the server refused the login", {}};
  if (row != table.end()) error = {row->code, row->reason, row->words, {}};
  error.details["condition"] = base::escape_line(condition.substr(0, 100));
  if (row == table.end() && !condition.empty())
    error.message += " (" + error.details["condition"] + ")";
  if (!text.empty()) {
    error.details["text"] = base::escape_line(text.substr(0, 300));
    error.message += ". The server says: \"" + error.details["text"] + "\"";
  }
  return error;
}

}  // namespace

base::Error sasl_failure(const Element& failure) {
  std::string condition;
  for (const Element each : failure)
    if (condition.empty() && each.name() != "text") condition = each.name();
  return explain(kConditions, condition, failure.child_text("text", ns::kSasl));
}

base::Error scram_server_error(std::string_view value) { return explain(kScramErrors, value, {}); }

}  // namespace commd::xmpp
