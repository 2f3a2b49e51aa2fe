// Descriptions and policies for the tests of negotiation.
#pragma once

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "media/engine/negotiation.h"

namespace commd::engine {

inline CodecCapability codec(const std::string& name, uint32_t clock_rate = 8000,
                             std::optional<uint8_t> number = {}, uint8_t channels = 1) {
  CodecCapability capability;
  capability.name = name;
  capability.clock_rate = clock_rate;
  capability.channels = channels;
  capability.sample_rate = same_name(name, "G722") ? 16000 : clock_rate;
  capability.static_payload_type = number;
  if (same_name(name, "opus")) capability.parameters = {{"useinbandfec", "1"}};
  return capability;
}

inline CodecCapability opus() { return codec("opus", 48000, {}, 2); }
inline CodecCapability pcmu() { return codec("PCMU", 8000, 0); }
inline CodecCapability pcma() { return codec("PCMA", 8000, 8); }
inline CodecCapability g722() { return codec("G722", 8000, 9); }

inline model::PayloadFormat format(
    uint8_t payload_type, const std::string& name, uint32_t clock_rate = 8000, uint8_t channels = 1,
    std::vector<std::pair<std::string, std::string>> parameters = {}) {
  model::PayloadFormat result;
  result.payload_type = payload_type;
  result.name = name;
  result.clock_rate = clock_rate;
  result.channels = channels;
  result.parameters = std::move(parameters);
  return result;
}

inline NegotiationPolicy policy(model::Encryption encryption = model::Encryption::off) {
  NegotiationPolicy result;
  result.codecs = {opus(), g722(), pcmu(), pcma()};
  result.suites = {srtp::SrtpProfile::aes_cm_128_hmac_sha1_80, srtp::SrtpProfile::aead_aes_128_gcm};
  result.encryption = encryption;
  result.signalling_protected = true;
  result.local_ip = "192.0.2.1";
  return result;
}

inline LocalTransport local_transport() { return {"192.0.2.1", 20000, 20001}; }
inline LocalTransport shared_transport() { return {"192.0.2.1", 20000, 0}; }

// A peer's audio stream at 192.0.2.9:30000.
inline model::StreamDescription audio(std::vector<model::PayloadFormat> formats) {
  model::StreamDescription stream;
  stream.mid = "audio";
  stream.transport.rtp = {"192.0.2.9", 30000};
  stream.formats = std::move(formats);
  return stream;
}

inline model::StreamDescription video() {
  model::StreamDescription stream;
  stream.mid = "video";
  stream.kind = model::MediaKind::video;
  stream.transport.rtp = {"192.0.2.9", 30002};
  stream.formats = {format(97, "VP8", 90000)};
  return stream;
}

inline model::SessionDescription describe(std::vector<model::StreamDescription> streams) {
  model::SessionDescription description;
  description.streams = std::move(streams);
  return description;
}

inline model::SessionDescription basic_offer() {
  return describe({audio({format(0, "PCMU"), format(8, "PCMA"),
                          format(101, "telephone-event", 8000, 1, {{"0-15", ""}})})});
}

inline model::SdesKey crypto(uint32_t tag, srtp::SrtpProfile profile) {
  model::SdesKey line;
  line.tag = tag;
  line.suite = srtp::suite_name(profile);
  line.key_params = srtp::print_key_params({srtp::SrtpKey::random(profile)});
  return line;
}

inline Negotiator::Answer must_answer(Negotiator& negotiator,
                                      const model::SessionDescription& offer,
                                      model::Direction wanted = model::Direction::send_recv,
                                      const LocalTransport& local = local_transport()) {
  auto answer = negotiator.answer(offer, wanted, local);
  EXPECT_TRUE(answer) << (answer ? "" : answer.error().message);
  return answer ? *answer : Negotiator::Answer{};
}

}  // namespace commd::engine
