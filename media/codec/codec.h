// What every audio codec looks like to the media path. Audio is always mono
// int16 at CodecInfo::sample_rate, whatever the codec's RTP channels say.
//
// An encoder or decoder belongs to one thread at a time (the media worker that
// owns the call) and starts no thread of its own. Nothing here throws.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>

namespace commd::codec {

// Longest audio one packet may carry (SECURITY: ptime is 10 to 120 ms).
inline constexpr std::chrono::milliseconds max_packet_duration{120};

struct CodecInfo {
  std::string rtp_name;      // encoding name of the RTP payload format: "opus", "PCMU"
  uint32_t clock_rate = 0;   // Hz, of RTP timestamps; G.722's is 8000 (RFC 3551, 4.5.2)
  uint32_t sample_rate = 0;  // Hz, of the audio handed over
  unsigned channels = 1;     // as written in rtpmap; 2 for Opus (RFC 7587, 4.1)
  std::optional<uint8_t> static_payload_type;  // RFC 3551, table 4; empty: dynamic
  std::chrono::milliseconds default_ptime{20};
  std::string default_fmtp;  // what we say about receiving it; may be empty
  bool offered = true;       // false: only on request or when the peer has nothing better
  // The GStreamer plugin that has it, which CodecRegistry::load() brings in: "libav";
  // empty: none is needed.
  std::string plugin;
};

inline size_t samples_in(std::chrono::milliseconds duration, uint32_t sample_rate) {
  return static_cast<size_t>(duration.count()) * sample_rate / 1000;
}

// Samples a decoder's output must have room for.
inline size_t max_packet_samples(const CodecInfo& info) {
  return samples_in(max_packet_duration, info.sample_rate);
}

struct EncoderSettings {
  std::chrono::milliseconds ptime{20};  // the codec takes the nearest it has at or below
  unsigned bitrate = 32'000;            // bit/s, where the codec can choose
  unsigned expected_loss = 5;           // percent of packets, for in-band FEC
  int complexity = 5;                   // 0 to 10, where the codec can choose
  bool fec = true;                      // in-band, if the peer says it uses it
  bool dtx = false;                     // send nothing in silence; a peer may ask for it too
};

class Encoder {
 public:
  virtual ~Encoder() = default;

  // Samples of one packet; encode() takes exactly as many.
  virtual size_t samples_per_frame() const = 0;

  // Octets of payload written to `out` (1,500 are enough for every codec here); 0:
  // silence, send nothing. Empty: the codec has failed for good, or was called
  // with a wrong size.
  virtual std::optional<size_t> encode(std::span<const int16_t> pcm, std::span<uint8_t> out) = 0;

  // Hints; codecs of one bitrate ignore them. Bit/s; percent.
  virtual void set_bitrate(unsigned) {}
  virtual void set_expected_loss(unsigned) {}

  // A copy with its whole state, so that its next packet continues this one's
  // stream. Null where the codec cannot (GStreamer chains).
  virtual std::unique_ptr<Encoder> clone() const { return nullptr; }
};

class Decoder {
 public:
  virtual ~Decoder() = default;

  // Samples written to `out`, which has room for max_packet_samples(). A payload
  // that is malformed or too long is concealed like a lost one. Empty: the codec
  // has failed for good.
  virtual std::optional<size_t> decode(std::span<const uint8_t> payload,
                                       std::span<int16_t> out) = 0;

  // Fills all of `out` for audio that never came.
  virtual std::optional<size_t> conceal(std::span<int16_t> out) = 0;

  // Whether `next` repeats something of the packet before it (in-band FEC).
  virtual bool repeats_previous(std::span<const uint8_t>) const { return false; }

  // Fills all of `out`, the packet before `next`, with what `next` repeats of it
  // (in-band FEC); conceals where there is nothing. Then decode `next` as usual.
  virtual std::optional<size_t> decode_fec(std::span<const uint8_t>, std::span<int16_t> out) {
    return conceal(out);
  }
};

}  // namespace commd::codec
