#include "media/codec/speex_frames.h"

#include <gtest/gtest.h>

#include <random>
#include <string>
#include <vector>

#include "media/codec/codec_registry.h"
#include "media/codec/goertzel.h"
#include "tests/unit/codec/audio.h"

namespace commd::codec {
namespace {

// Bits, as text.
std::vector<uint8_t> bits(const std::string& text) {
  std::vector<uint8_t> bytes((text.size() + 7) / 8);
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '1') bytes[i / 8] |= static_cast<uint8_t>(0x80 >> i % 8);
  }
  return bytes;
}

std::string zeros(size_t count) { return std::string(count, '0'); }

const std::string silence = "00000";              // mode 0, 5 bits
const std::string vocoder = "00001" + zeros(38);  // mode 1, 43 bits
const std::string wideband = "1001" + zeros(32);  // layer of 36 bits
const std::string end = "0111111111111";

TEST(SpeexFrames, FindsEachFrame) {
  const auto payload = bits(vocoder + vocoder + wideband + vocoder + wideband + wideband + end);
  const auto frames = parse_speex(payload);
  ASSERT_TRUE(frames);
  ASSERT_EQ(frames->count, 3u);
  EXPECT_EQ(frames->frames[0].bits, 43u);
  EXPECT_EQ(frames->frames[1].first_bit, 43u);
  EXPECT_EQ(frames->frames[1].bits, 79u);
  EXPECT_EQ(frames->frames[2].bits, 115u);
}

TEST(SpeexFrames, CutsAFrameOutWithItsTerminator) {
  const auto payload = bits(silence + vocoder + end);
  const auto frames = parse_speex(payload);
  ASSERT_TRUE(frames);
  std::vector<uint8_t> out(64);
  EXPECT_EQ(extract_speex_frame(payload, frames->frames[1], out), 6u);
  out.resize(6);
  EXPECT_EQ(out, bits(vocoder + "01111"));
  std::vector<uint8_t> small(5);
  EXPECT_EQ(extract_speex_frame(payload, frames->frames[1], small), 0u);
}

TEST(SpeexFrames, RefusesWhatIsNone) {
  EXPECT_FALSE(parse_speex({}));
  EXPECT_FALSE(parse_speex(bits(end)));
  EXPECT_FALSE(parse_speex(bits(wideband + vocoder + end)));
  EXPECT_FALSE(parse_speex(bits(vocoder + wideband + wideband + wideband + end)));
  EXPECT_FALSE(parse_speex(bits("01001" + zeros(300))));  // mode 9
  EXPECT_FALSE(parse_speex(bits("01101" + zeros(300))));  // in-band request
  EXPECT_FALSE(parse_speex(bits("00111" + zeros(300))));  // mode 7 has 492 bits
  EXPECT_FALSE(parse_speex(bits(vocoder + "1101" + zeros(300))));
  EXPECT_FALSE(
      parse_speex(bits(silence + silence + silence + silence + silence + silence + silence + end)));
}

// Frames that are well formed and hold noise: the decoder may sound bad, but has
// to come back to the voice after it.
TEST(SpeexFrames, TheDecoderRecoversFromWellFormedNoise) {
  const CodecRegistry registry = CodecRegistry::installed();
  for (const uint32_t rate : {8'000u, 16'000u, 32'000u}) {
    const CodecInfo* info = registry.find("speex", rate);
    ASSERT_NE(info, nullptr);
    const auto encoder = *registry.make_encoder(*info, {}, "");
    const auto decoder = *registry.make_decoder(*info);
    std::mt19937 random(rate);
    Pcm out(max_packet_samples(*info));
    const size_t sizes[] = {43, 119, 160, 220, 300, 364, 492, 79};
    for (int i = 0; i < 2000; ++i) {
      const unsigned mode = random() % 8 + 1;
      std::string text = "0";
      for (int bit = 3; bit >= 0; --bit) text += mode >> bit & 1 ? '1' : '0';
      while (text.size() < sizes[mode - 1]) text += random() & 1 ? '1' : '0';
      if (rate > 8'000) {
        text += "1100";
        while (text.size() < sizes[mode - 1] + 352) text += random() & 1 ? '1' : '0';
      }
      const auto samples = decoder->decode(bits(text + end), out);
      ASSERT_EQ(samples, rate / 50);
    }
    const Pcm sent = sine(rate, 440, 3);
    const size_t frame = encoder->samples_per_frame();
    std::vector<uint8_t> payload(1500);
    Pcm heard;
    for (size_t at = 0; at + frame <= sent.size(); at += frame) {
      const auto size = encoder->encode(std::span(sent).subspan(at, frame), payload);
      ASSERT_TRUE(size);
      ASSERT_EQ(decoder->decode(std::span(payload).first(*size), out), frame);
      heard.insert(heard.end(), out.begin(), out.begin() + static_cast<long>(frame));
    }
    const double level = tone_amplitude(std::span(heard).last(rate / 2), rate, 440);
    EXPECT_NEAR(db(level / 8000), 0, 2) << rate;
  }
}

}  // namespace
}  // namespace commd::codec
