#include "daemon/sip/end_reason.h"

#include "daemon/base/escape.h"

namespace commd::sip {

using model::EndedBy;
using model::EndReason;

namespace {

EndReason reason_of(int status) {
  switch (status) {
    case 401:
    case 407:
      return EndReason::authentication_failed;
    case 403:
      return EndReason::forbidden;
    case 404:
    case 410:
    case 416:  // the scheme of the URI
    case 484:
    case 485:
    case 604:
      return EndReason::not_found;
    case 480:
      return EndReason::unavailable;
    case 408:
      return EndReason::timeout;
    case 415:
    case 420:
    case 421:
    case 488:
    case 606:
      return EndReason::incompatible_media;
    case 486:
    case 600:
      return EndReason::busy;
    case 487:
      return EndReason::cancelled;
    case 603:
      return EndReason::declined;
    case 482:
    case 483:
      return EndReason::redirected;
    case 502:
    case 503:
    case 504:
      return EndReason::unreachable;
    default:
      break;
  }
  if (status >= 300 && status < 400) return EndReason::redirected;
  if (status >= 500) return EndReason::server_error;
  return EndReason::protocol_error;
}

}  // namespace

ports::LegEnd end_of_status(int status, const std::string& phrase) {
  ports::LegEnd end;
  end.reason = reason_of(status);
  const bool person = end.reason == EndReason::busy || end.reason == EndReason::declined ||
                      end.reason == EndReason::incompatible_media;
  end.by = person ? EndedBy::remote : EndedBy::network;
  end.detail.sip_code = status;
  end.detail.text = base::to_valid_utf8(phrase);
  return end;
}

ports::LegEnd end_of_made_up(int status, const std::string& phrase) {
  // 416: a sips: address, and this end has no TLS that leads there.
  const bool no_tls = status == 416;
  if (status < 500 && !no_tls) return end_of_status(status, phrase);
  ports::LegEnd end{EndReason::unreachable, EndedBy::network, {}};
  if (no_tls) {
    end.detail.text = "no TLS for a sips: address";
    return end;
  }
  // The transport's failure comes by the phrase of RFC 3261, that of DNS by its own.
  end.detail.text = phrase == "Service Unavailable" ? "nobody answers at that address"
                                                    : base::to_valid_utf8(phrase);
  return end;
}

StatusLine status_of(ports::Refusal refusal) {
  switch (refusal) {
    case ports::Refusal::busy:
    case ports::Refusal::device_busy:
      return {486, "Busy Here"};
    case ports::Refusal::declined:
      return {603, "Decline"};
    case ports::Refusal::unavailable:
      return {480, "Temporarily Unavailable"};
    case ports::Refusal::not_found:
      return {404, "Not Found"};
    case ports::Refusal::incompatible_media:
      return {488, "Not Acceptable Here"};
    case ports::Refusal::encryption_required:
      return {488, "Encryption Required"};
    case ports::Refusal::overload:
      return {503, "Service Unavailable"};
    case ports::Refusal::loop:
      return {482, "Loop Detected"};
  }
  return {480, "Temporarily Unavailable"};
}

}  // namespace commd::sip
