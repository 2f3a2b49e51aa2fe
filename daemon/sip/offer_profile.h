// The transport protocol that a first offer names: what may be protected if the peer can
// (RTP/AVP with keys, RFC 8643), and, where a peer refuses that because it takes nothing in the
// clear, what must be: RTP/SAVP (RFC 4568), then UDP/TLS/RTP/SAVPF (RFC 5764). Whoever takes SDES
// alone knows nothing but the former, and most of those who take DTLS-SRTP alone know it too; the
// others want the latter.
//
// It only ever goes up: once protection was demanded an answer without it is refused.
//
// Pure; any thread.
#pragma once

#include <string>
#include <vector>

#include "daemon/model/session_description.h"
#include "daemon/sip/sdp.h"

namespace commd::sip {

class OfferProfile {
 public:
  OfferProfile() = default;  // nothing to go on to
  explicit OfferProfile(const model::SessionDescription& offer);

  // For write_sdp(): the name in use, for each stream.
  std::vector<SdpMediaLine> lines() const;
  // The peer refused the offer (488, 606). False: there is no other name.
  bool next();
  // The name demands more than the offer did. The peer's answers are then to be looked at:
  // false where a stream is unprotected; the others are marked as what was demanded, so that
  // keys which turn out to be useless are no answer either.
  bool check_answer(model::SessionDescription& answer) const;

 private:
  size_t streams_ = 0;
  bool secure_offer_ = false;
  std::vector<std::string> names_{"RTP/AVP"};
  size_t used_ = 0;
};

}  // namespace commd::sip
