// Which codecs are offered, answered and received, and which of them have to be loaded.
#include <algorithm>

#include "media/engine/negotiation.h"

namespace commd::engine {
namespace {

using model::PayloadFormat;
using model::SessionDescription;
using model::StreamDescription;

// RFC 5761 section 4: these would be taken for RTCP on a shared port.
bool collides_with_rtcp(uint8_t payload_type) { return payload_type >= 64 && payload_type <= 95; }

}  // namespace

std::vector<NegotiatedFormat> Negotiator::common_codecs(const StreamDescription& stream,
                                                        Choice choice) const {
  std::vector<NegotiatedFormat> common;
  for (const PayloadFormat& format : stream.formats) {
    if (format.payload_type > max_payload_type || is_telephone_event(format)) continue;
    if (stream.transport.rtcp_mux && collides_with_rtcp(format.payload_type)) continue;
    const CodecCapability* codec = find_codec(policy_.codecs, format);
    if (codec == nullptr || (choice == Choice::theirs && !codec->offered)) continue;
    const bool repeated = std::any_of(common.begin(), common.end(), [&](const auto& other) {
      return other.format.payload_type == format.payload_type;
    });
    if (!repeated) common.push_back({format, codec->sample_rate});
  }
  return choice == Choice::ours ? worth_an_answer(policy_.codecs, std::move(common)) : common;
}

std::vector<PayloadFormat> Negotiator::plugins_of(const Selection& selection) const {
  std::vector<PayloadFormat> formats;
  for (const NegotiatedFormat& codec : selection.codecs)
    if (find_codec(policy_.codecs, codec.format)->plugin) formats.push_back(codec.format);
  return formats;
}

std::vector<PayloadFormat> Negotiator::plugins_to_offer() const {
  std::vector<PayloadFormat> formats;
  for (const CodecCapability& codec : policy_.codecs) {
    if (!codec.plugin || !codec.offered) continue;
    formats.emplace_back();
    formats.back().name = codec.name;
    formats.back().clock_rate = codec.clock_rate;
  }
  return formats;
}

std::vector<PayloadFormat> Negotiator::plugins_to_answer(const SessionDescription& offer) const {
  const auto selection = select(offer);
  return selection ? plugins_of(*selection) : std::vector<PayloadFormat>();
}

std::vector<PayloadFormat> Negotiator::plugins_in_answer(const SessionDescription& answer) const {
  const size_t audio = pending_ ? pending_->audio : agreed_.audio;
  if (audio >= answer.streams.size()) return {};
  const auto selection = select_stream(answer, audio, Choice::theirs);
  return selection ? plugins_of(*selection) : std::vector<PayloadFormat>();
}

void Negotiator::leave_out(const std::string& codec) {
  std::erase_if(policy_.codecs, [&](const auto& ours) { return same_name(ours.name, codec); });
}

void Negotiator::add_receive_formats(const StreamDescription& ours, const StreamDescription& theirs,
                                     const Selection& selection, MediaPlan& plan) const {
  const auto taken = [&](uint8_t payload_type) {
    const auto same_type = [&](const auto& format) { return format.payload_type == payload_type; };
    return std::any_of(plan.receive.begin(), plan.receive.end(),
                       [&](const auto& entry) { return same_type(entry.format); }) ||
           std::any_of(plan.receive_events.begin(), plan.receive_events.end(), same_type);
  };
  const auto add = [&](const PayloadFormat& format) {
    if (format.payload_type > max_payload_type || format.clock_rate == 0) return;
    if (taken(format.payload_type)) return;
    if (is_telephone_event(format)) {
      plan.receive_events.push_back(event_format(format));
    } else if (const CodecCapability* codec = find_codec(policy_.codecs, format)) {
      // Only what both sides chose is loaded, and no packet may make us load more.
      const bool chosen =
          std::any_of(selection.codecs.begin(), selection.codecs.end(),
                      [&](const auto& entry) { return matches(*codec, entry.format); });
      if (chosen || !codec->plugin) plan.receive.push_back({format, codec->sample_rate});
    }
  };
  for (const PayloadFormat& format : ours.formats) add(format);
  // RFC 3264 6.1 has the peer send with our numbers; some use their own.
  const size_t count = std::min(theirs.formats.size(), max_formats);
  for (size_t i = 0; i < count; ++i) add(theirs.formats[i]);
}

}  // namespace commd::engine
