#include "daemon/sip/offer_profile.h"

#include <algorithm>

namespace commd::sip {
namespace {

using model::StreamDescription;

// Of every stream that is offered; of none: no.
template <class F>
bool all_live(const model::SessionDescription& description, F holds) {
  const auto& streams = description.streams;
  return std::all_of(streams.begin(), streams.end(),
                     [&](const StreamDescription& s) { return s.rejected || holds(s); }) &&
         std::any_of(streams.begin(), streams.end(),
                     [](const StreamDescription& s) { return !s.rejected; });
}

bool has_sdes(const StreamDescription& stream) { return !stream.transport.sdes.empty(); }
bool has_dtls(const StreamDescription& stream) { return stream.transport.dtls.has_value(); }
// ZRTP has no name of its own (RFC 6189, section 8): its hash goes with any.
bool has_keys(const StreamDescription& stream) {
  return has_sdes(stream) || has_dtls(stream) || !stream.transport.zrtp_hash.empty();
}

}  // namespace

OfferProfile::OfferProfile(const model::SessionDescription& offer)
    : streams_(offer.streams.size()),
      secure_offer_(all_live(offer, [](const auto& s) { return s.secure_profile; })) {
  const std::string feedback =
      all_live(offer, [](const auto& s) { return s.feedback_profile; }) ? "F" : "";
  names_.clear();
  if (!secure_offer_) names_.push_back("RTP/AVP" + feedback);
  if (all_live(offer, has_sdes)) names_.push_back("RTP/SAVP" + feedback);
  if (all_live(offer, has_dtls)) names_.push_back("UDP/TLS/RTP/SAVPF");
}

std::vector<SdpMediaLine> OfferProfile::lines() const {
  if (used_ >= names_.size()) return {};
  return std::vector<SdpMediaLine>(streams_, {{}, names_[used_], {}});
}

bool OfferProfile::next() {
  if (used_ + 1 >= names_.size()) return false;
  ++used_;
  return true;
}

bool OfferProfile::check_answer(model::SessionDescription& answer) const {
  if (secure_offer_ || used_ == 0) return true;
  for (StreamDescription& stream : answer.streams) {
    if (stream.rejected) continue;
    if (!has_keys(stream)) return false;
    stream.secure_profile = true;
  }
  return true;
}

}  // namespace commd::sip
