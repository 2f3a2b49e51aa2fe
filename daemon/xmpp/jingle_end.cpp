#include "daemon/xmpp/jingle_end.h"

namespace commd::xmpp {
namespace {

using model::EndReason;

EndReason reason_of(JingleReason reason, CallPhase phase, JingleParty ended_by) {
  const bool answered = phase == CallPhase::answered;
  switch (reason) {
    case JingleReason::success:
    case JingleReason::gone:
    case JingleReason::cancel:
      if (answered) return EndReason::hung_up;
      if (ended_by == JingleParty::initiator) return EndReason::cancelled;
      return reason == JingleReason::gone ? EndReason::unavailable : EndReason::declined;
    case JingleReason::decline:
      return EndReason::declined;
    case JingleReason::busy:
      return EndReason::busy;
    case JingleReason::timeout:
      return answered ? EndReason::media_lost : EndReason::no_answer;
    case JingleReason::expired:
      return answered ? EndReason::hung_up : EndReason::no_answer;
    case JingleReason::alternative_session:
      return EndReason::transferred;
    case JingleReason::connectivity_error:
    case JingleReason::failed_transport:
    case JingleReason::media_error:
      return EndReason::media_failed;
    case JingleReason::failed_application:
    case JingleReason::incompatible_parameters:
    case JingleReason::unsupported_applications:
    case JingleReason::unsupported_transports:
      return EndReason::incompatible_media;
    case JingleReason::security_error:
      return EndReason::encryption_required;
    case JingleReason::general_error:
      return EndReason::server_error;
  }
  return EndReason::server_error;
}

EndReason reason_of(const std::string& condition) {
  if (condition == "item-not-found" || condition == "gone") return EndReason::not_found;
  if (condition == "service-unavailable" || condition == "recipient-unavailable" ||
      condition == "feature-not-implemented")
    return EndReason::unavailable;
  if (condition == "forbidden" || condition == "not-allowed" || condition == "not-authorized" ||
      condition == "policy-violation")
    return EndReason::forbidden;
  if (condition == "resource-constraint") return EndReason::busy;
  if (condition == "redirect") return EndReason::redirected;
  // Both have called each other at once, and the other call goes on (XEP-0166 section 7.2.16).
  if (condition == "conflict") return EndReason::redirected;
  if (condition == "remote-server-not-found" || condition == "remote-server-timeout")
    return EndReason::unreachable;
  if (condition == "not-acceptable") return EndReason::incompatible_media;
  if (condition == "internal-server-error") return EndReason::server_error;
  return EndReason::protocol_error;
}

}  // namespace

ports::LegEnd end_of(const JingleWhy& why, CallPhase phase, JingleParty ended_by) {
  ports::LegEnd end;
  end.reason = reason_of(why.reason, phase, ended_by);
  end.by = model::EndedBy::remote;
  end.detail.jingle_reason = to_string(why.reason);
  end.detail.text = why.text;
  return end;
}

ports::LegEnd end_of(const base::Error& refusal) {
  ports::LegEnd end;
  const auto condition = refusal.details.find("condition");
  const auto text = refusal.details.find("text");
  end.by = model::EndedBy::network;
  if (condition != refusal.details.end()) {
    end.reason = reason_of(condition->second);
    end.detail.jingle_reason = condition->second;
  } else {
    // Nobody has answered at all, or the stream is gone.
    end.reason = refusal.reason == "SERVER_SILENT" ? EndReason::timeout : EndReason::unreachable;
  }
  if (text != refusal.details.end()) end.detail.text = text->second;
  return end;
}

JingleWhy why_of(ports::Refusal refusal) {
  switch (refusal) {
    case ports::Refusal::busy:
    case ports::Refusal::device_busy:
      return {JingleReason::busy, "Busy"};
    case ports::Refusal::declined:
      return {JingleReason::decline, "Declined"};
    case ports::Refusal::unavailable:
      return {JingleReason::timeout, "Nobody answers"};
    case ports::Refusal::not_found:
      return {JingleReason::gone, "Not found"};
    case ports::Refusal::incompatible_media:
      return {JingleReason::failed_application, "No media in common"};
    case ports::Refusal::encryption_required:
      return {JingleReason::security_error, "Media encryption is required here"};
    case ports::Refusal::overload:
      return {JingleReason::general_error, "Too many calls at the moment"};
    case ports::Refusal::loop:
      return {JingleReason::general_error, "Loop detected"};
  }
  return {JingleReason::decline, "Declined"};
}

JingleWhy why_hung_up(CallPhase phase, JingleParty us) {
  if (phase == CallPhase::answered) return {JingleReason::success, "Hung up"};
  if (us == JingleParty::initiator) return {JingleReason::cancel, "Cancelled"};
  return {JingleReason::timeout, "Nobody answers"};
}

}  // namespace commd::xmpp
