#include "daemon/model/call.h"

namespace commd::model {

const char* to_string(EndReason reason) {
  switch (reason) {
    case EndReason::none:
      return "none";
    case EndReason::hung_up:
      return "hung_up";
    case EndReason::cancelled:
      return "cancelled";
    case EndReason::declined:
      return "declined";
    case EndReason::busy:
      return "busy";
    case EndReason::no_answer:
      return "no_answer";
    case EndReason::answered_elsewhere:
      return "answered_elsewhere";
    case EndReason::not_found:
      return "not_found";
    case EndReason::unavailable:
      return "unavailable";
    case EndReason::forbidden:
      return "forbidden";
    case EndReason::authentication_failed:
      return "authentication_failed";
    case EndReason::incompatible_media:
      return "incompatible_media";
    case EndReason::encryption_required:
      return "encryption_required";
    case EndReason::redirected:
      return "redirected";
    case EndReason::transferred:
      return "transferred";
    case EndReason::unreachable:
      return "unreachable";
    case EndReason::tls_failed:
      return "tls_failed";
    case EndReason::timeout:
      return "timeout";
    case EndReason::server_error:
      return "server_error";
    case EndReason::media_failed:
      return "media_failed";
    case EndReason::media_lost:
      return "media_lost";
    case EndReason::limit_reached:
      return "limit_reached";
    case EndReason::client_gone:
      return "client_gone";
    case EndReason::account_offline:
      return "account_offline";
    case EndReason::daemon_stopped:
      return "daemon_stopped";
    case EndReason::daemon_restarted:
      return "daemon_restarted";
    case EndReason::protocol_error:
      return "protocol_error";
    case EndReason::internal_error:
      return "internal_error";
  }
  return "internal_error";
}

const char* to_string(EndedBy by) {
  switch (by) {
    case EndedBy::nobody:
      return "nobody";
    case EndedBy::local:
      return "local";
    case EndedBy::remote:
      return "remote";
    case EndedBy::network:
      return "network";
    case EndedBy::daemon:
      return "daemon";
  }
  return "nobody";
}

const char* to_string(SecurityLevel level) {
  switch (level) {
    case SecurityLevel::none:
      return "none";
    case SecurityLevel::key_exposed:
      return "key_exposed";
    case SecurityLevel::encrypted:
      return "encrypted";
    case SecurityLevel::verified:
      return "verified";
  }
  return "none";
}

const char* to_string(CallState state) {
  switch (state) {
    case CallState::dialing:
      return "dialing";
    case CallState::ringing:
      return "ringing";
    case CallState::early:
      return "early";
    case CallState::connecting:
      return "connecting";
    case CallState::active:
      return "active";
    case CallState::held:
      return "held";
    case CallState::ended:
      return "ended";
  }
  return "ended";
}

const char* to_string(CallDirection direction) {
  return direction == CallDirection::incoming ? "incoming" : "outgoing";
}

bool is_talking(const Call& call) {
  return call.state == CallState::active || call.state == CallState::held;
}

bool is_live(const Call& call) { return call.state != CallState::ended; }

}  // namespace commd::model
