// Descriptions of all kinds that Jingle can carry, the same ones for the same seed.
#pragma once

#include <random>
#include <string>
#include <utility>
#include <vector>

#include "daemon/model/session_description.h"

namespace commd::xmpp::test {

class RandomDescription {
 public:
  explicit RandomDescription(unsigned seed) : random_(seed) {}

  model::SessionDescription make() {
    model::SessionDescription description;
    const unsigned streams = 1 + number(3);
    for (unsigned i = 0; i < streams; ++i) description.streams.push_back(stream(i));
    if (chance()) description.bundles.push_back({description.streams[0].mid, "more"});
    return description;
  }

 private:
  unsigned number(unsigned below) { return std::uniform_int_distribution(0U, below - 1)(random_); }
  bool chance() { return number(2) == 0; }
  std::string word() {
    static constexpr char letters[] = "abcXYZ019+/._-";
    std::string text;
    for (unsigned left = 1 + number(8); left > 0; --left) text += letters[number(14)];
    return text;
  }
  model::TransportAddress address() {
    const auto port = static_cast<uint16_t>(1024 + number(60000));
    if (chance()) return {"2001:db8::" + std::to_string(1 + number(900)), port};
    return {"192.0.2." + std::to_string(1 + number(250)), port};
  }

  model::PayloadFormat format(uint8_t payload_type) {
    model::PayloadFormat format;
    format.payload_type = payload_type;
    format.name = number(5) == 0 ? "telephone-event" : "codec-" + std::to_string(number(9));
    format.clock_rate = 8000 * (1 + number(6));
    format.channels = static_cast<uint8_t>(1 + number(2));
    for (unsigned left = number(3); left > 0; --left)
      format.parameters.emplace_back(word(), chance() ? word() + " x" : "");
    static constexpr const char* feedback[] = {"nack",           "nack pli", "trr-int 100",
                                               "ccm tmmbr a=20", "ack rpsi", "goog-remb"};
    for (unsigned left = number(3); left > 0; --left)
      format.feedback.emplace_back(feedback[number(6)]);
    return format;
  }

  model::IceParameters ice() {
    model::IceParameters ice;
    ice.trickle = true;
    if (number(5) == 0) return ice;
    ice.ufrag = word();
    ice.password = base::Secret(word() + word());
    ice.end_of_candidates = chance();
    for (unsigned left = number(5); left > 0; --left) {
      model::IceCandidate candidate;
      candidate.foundation = word();
      candidate.component = static_cast<uint16_t>(1 + number(2));
      candidate.transport = static_cast<model::IceCandidate::Transport>(number(4));
      candidate.priority = number(2130706431);
      candidate.address = address();
      candidate.type = static_cast<model::IceCandidate::Type>(number(4));
      if (chance()) candidate.related = address();
      ice.candidates.push_back(std::move(candidate));
    }
    return ice;
  }

  void transport(model::TransportDescription& transport) {
    transport.rtcp_mux = chance();
    if (chance()) {
      transport.ice = ice();
    } else {
      transport.rtp = address();
      if (chance()) transport.rtcp = address();
    }
    for (unsigned left = number(3); left > 0; --left)
      transport.sdes.push_back({number(9), word(), base::Secret("inline:" + word() + "|2^20|1:32"),
                                chance() ? "KDR=1 " + word() : ""});
    if (chance())
      transport.dtls = model::DtlsParameters{"sha-256",
                                             {1, 2, 0xAB, static_cast<uint8_t>(number(256))},
                                             static_cast<model::DtlsParameters::Setup>(number(4))};
    if (chance()) transport.zrtp_hash = "1.10 " + word();
  }

  model::StreamDescription stream(unsigned index) {
    model::StreamDescription stream;
    stream.mid = word() + std::to_string(index);
    stream.kind = static_cast<model::MediaKind>(number(3));
    stream.direction = static_cast<model::Direction>(number(4));
    stream.secure_profile = chance();
    transport(stream.transport);
    for (unsigned left = 1 + number(4); left > 0; --left)
      stream.formats.push_back(format(static_cast<uint8_t>(96 + left)));
    stream.feedback_profile = chance();
    for (const auto& format : stream.formats)
      if (!format.feedback.empty()) stream.feedback_profile = true;
    for (unsigned left = number(3); left > 0; --left)
      stream.extensions.push_back({static_cast<uint8_t>(1 + number(14)), "urn:" + word(),
                                   static_cast<model::Direction>(number(4))});
    for (unsigned left = number(3); left > 0; --left)
      stream.sources.push_back({left * 1000 + number(900), chance() ? word() + " @x" : ""});
    if (chance()) stream.ptime_ms = 10 + number(110);
    if (chance()) stream.maxptime_ms = 10 + number(110);
    return stream;
  }

  std::mt19937 random_;
};

}  // namespace commd::xmpp::test
