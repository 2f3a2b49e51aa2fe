// Stanza errors (RFC 6120 section 8.3): read, judged, and written as replies.
// Pure; on the thread of the stanza.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "daemon/base/error.h"
#include "daemon/xmpp/stanza.h"

namespace commd::xmpp {

// Section 8.3.2: what the sender is to do.
enum class ErrorType { auth, cancel, continue_, modify, wait };

// Section 8.3.3, in its order.
enum class Condition {
  bad_request,
  conflict,
  feature_not_implemented,
  forbidden,
  gone,
  internal_server_error,
  item_not_found,
  jid_malformed,
  not_acceptable,
  not_allowed,
  not_authorized,
  policy_violation,
  recipient_unavailable,
  redirect,
  registration_required,
  remote_server_not_found,
  remote_server_timeout,
  resource_constraint,
  service_unavailable,
  subscription_required,
  undefined_condition,
  unexpected_request,
};

struct StanzaError {
  Condition condition = Condition::undefined_condition;
  ErrorType type = ErrorType::cancel;
  std::string text{};         // of the far end, as it came
  std::string address{};      // with gone and redirect: where to
  std::string application{};  // "namespace name" of an extension's own condition
};

const char* to_string(Condition condition);  // the element's name
const char* to_string(ErrorType type);
// The type that goes with a condition where the table of section 8.3.3 leaves no choice,
// and its first choice elsewhere.
ErrorType usual_type(Condition condition);

// Of a stanza of type error. One that cannot be read is undefined_condition.
StanzaError read_stanza_error(const Element& stanza);

// The same failure for the API: reason "XMPP_ITEM_NOT_FOUND", words for a person.
base::Error to_error(const StanzaError& error);

// The reply that refuses `stanza`; nothing for what must never be answered so: errors, and
// results (section 8.3.1).
std::optional<Stanza> make_error_reply(const Element& stanza, Condition condition,
                                       std::string_view text = {});

}  // namespace commd::xmpp
