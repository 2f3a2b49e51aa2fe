// A whole exchange: SDP of a stranger, our answer, and the plan for the packet path.
// Whatever the offer says, media goes to one described host and port above 1023, policy
// holds, and the answer has the offer's streams in their places (RFC 3264 section 6).
// The first octet is the policy.
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "daemon/sip/sdp.h"
#include "media/engine/negotiation.h"

using namespace commd;

namespace {

engine::CodecCapability codec(const char* name, uint32_t rate, int number, uint8_t channels) {
  engine::CodecCapability capability;
  capability.name = name;
  capability.clock_rate = capability.sample_rate = rate;
  capability.channels = channels;
  if (number >= 0) capability.static_payload_type = static_cast<uint8_t>(number);
  return capability;
}

engine::NegotiationPolicy policy_of(uint8_t octet) {
  engine::NegotiationPolicy policy;
  policy.codecs = {codec("opus", 48000, -1, 2), codec("PCMU", 8000, 0, 1)};
  policy.suites = {srtp::SrtpProfile::aes_cm_128_hmac_sha1_80, srtp::SrtpProfile::aead_aes_128_gcm};
  policy.encryption = octet % 3 == 0   ? model::Encryption::required
                      : octet % 3 == 1 ? model::Encryption::preferred
                                       : model::Encryption::off;
  policy.signalling_protected = (octet & 0x10) != 0;
  policy.local_ip = (octet & 0x20) != 0 ? "2001:db8::1" : "192.0.2.1";
  if ((octet & 0x40) != 0) {
    model::ZrtpMemory memory;
    memory.zid.assign(24, 'a');
    policy.zrtp = engine::zrtp_self(std::make_shared<const model::ZrtpMemory>(memory));
  }
  return policy;
}

void check_target(const engine::SocketAddress& target, const model::StreamDescription& offered) {
  if (!target) return;
  if (target.port() < 1024 || !target.is_unicast() || target.is_loopback()) abort();
  const auto described = engine::SocketAddress::parse(offered.transport.rtp.ip, 1);
  if (!described || !engine::SocketAddress::same_host(target, *described)) abort();
}

void check_policy(const engine::NegotiationPolicy& policy, const engine::MediaPlan& plan) {
  if (policy.encryption == model::Encryption::required &&
      !(plan.zrtp || (plan.keys && policy.signalling_protected)))
    abort();
  if (plan.zrtp && (plan.keys || !policy.zrtp)) abort();
  if (policy.encryption == model::Encryption::off && plan.is_secure()) abort();
  if (plan.ptime_ms < 10 || plan.ptime_ms > 120 || plan.ptime_ms % 10 != 0) abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0) return 0;
  const std::string_view text(reinterpret_cast<const char*>(data + 1), size - 1);
  const auto offer = sip::parse_sdp(text);
  if (!offer) return 0;
  const engine::NegotiationPolicy policy = policy_of(data[0]);
  engine::Negotiator negotiator(policy);
  const bool acceptable = negotiator.acceptable(offer->description).has_value();
  const auto answer = negotiator.answer(offer->description, model::Direction::send_recv,
                                        {policy.local_ip, 20000, 20001});
  if (acceptable != answer.has_value()) abort();
  if (!answer) return 0;
  check_policy(policy, answer->plan);
  const auto& streams = answer->description.streams;
  if (streams.size() != offer->description.streams.size()) abort();

  const std::string written =
      sip::write_sdp(answer->description, {"1", 1}, policy.local_ip, offer->lines);
  const auto again = sip::parse_sdp(written);
  if (!again || again->lines.size() != streams.size()) abort();
  int accepted = 0;
  for (size_t i = 0; i < streams.size(); ++i) {
    if (again->lines[i].media != offer->lines[i].media) abort();
    if (streams[i].rejected) continue;
    ++accepted;
    check_target(answer->plan.remote_rtp, offer->description.streams[i]);
    check_target(answer->plan.remote_rtcp, offer->description.streams[i]);
    if (again->description.streams[i].direction != answer->plan.direction) abort();
  }
  if (accepted != 1) abort();
  return 0;
}
