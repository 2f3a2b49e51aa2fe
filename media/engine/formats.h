// Which codecs two sides have in common, and under which payload types
// (RFC 3264 5.1 and 6.1, RFC 3551, RFC 4733). Pure functions; any thread.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "daemon/model/session_description.h"

namespace commd::engine {

// A codec of this build, in rtpmap's words.
struct CodecCapability {
  std::string name;             // "opus", "PCMU"; compared without case
  uint32_t clock_rate = 8000;   // Hz, RTP's (8000 for G722)
  uint8_t channels = 1;         // rtpmap's (2 for opus)
  uint32_t sample_rate = 8000;  // Hz of the audio that is decoded
  std::optional<uint8_t> static_payload_type;
  bool offered = true;  // false: accepted where the peer has nothing better
  bool plugin = false;  // it costs something to have it
  // fmtp that we announce: what we want to receive.
  std::vector<std::pair<std::string, std::string>> parameters;
};

// One payload type in use: the format as its receiver described it, and the codec.
struct NegotiatedFormat {
  model::PayloadFormat format;
  uint32_t sample_rate = 8000;

  friend bool operator==(const NegotiatedFormat&, const NegotiatedFormat&) = default;
};

// A payload type for telephone events (RFC 4733).
struct EventFormat {
  uint8_t payload_type = 0;
  uint32_t clock_rate = 8000;
  // Bit n: event n is understood; 0..15 are 0-9 * # A-D.
  uint16_t events = 0xffff;

  friend bool operator==(const EventFormat&, const EventFormat&) = default;
};

bool same_name(std::string_view a, std::string_view b);  // without case, ASCII
bool is_telephone_event(const model::PayloadFormat& format);
// Name, clock rate, channels, and the parameters that change the bits on the wire.
bool matches(const CodecCapability& codec, const model::PayloadFormat& format);
// The codec of a format that the peer described; nullptr if we have none.
const CodecCapability* find_codec(std::span<const CodecCapability> codecs,
                                  const model::PayloadFormat& format);
// Which of the codecs that a peer offers are worth an answer, in its order: those we
// would offer, and only without one of them the rest. A codec that needs a plugin is
// answered where it is the first, so the one that is used: the peer cannot make us
// load it by packets alone.
std::vector<NegotiatedFormat> worth_an_answer(std::span<const CodecCapability> ours,
                                              std::vector<NegotiatedFormat> common);

// The event list of a telephone-event format ("0-15", "0-11,16"); all 16 when it
// has none, none when it is malformed.
uint16_t parse_events(const model::PayloadFormat& format);
EventFormat event_format(const model::PayloadFormat& format);

// The telephone events that belong beside a codec of this clock rate: the same
// rate (RFC 4733 2.1), else 8000 Hz, which many peers offer beside Opus.
std::optional<EventFormat> choose_events(std::span<const model::PayloadFormat> formats,
                                         uint32_t clock_rate);

// The payload types of one session: a codec keeps the number it once had
// (RFC 3264 8.3.2), whichever side gave it.
class PayloadTypes {
 public:
  // Remembers numbers that the peer gave.
  void learn(std::span<const model::PayloadFormat> formats);
  // What we offer: the codecs in order, then telephone-event for each of their
  // clock rates.
  std::vector<model::PayloadFormat> offer(std::span<const CodecCapability> codecs);

 private:
  uint8_t number_for(const model::PayloadFormat& format, std::optional<uint8_t> wanted,
                     std::span<const model::PayloadFormat> taken);
  std::vector<model::PayloadFormat> known_;
};

}  // namespace commd::engine
