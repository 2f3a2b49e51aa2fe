#include "media/codec/g711.h"

#include <gtest/gtest.h>

#include <cstdlib>

#include "media/codec/concealer.h"
#include "tests/unit/codec/audio.h"

namespace commd::codec {
namespace {

// ITU-T G.711, tables 1 and 2, scaled to 16 bits.
TEST(G711, KnowsTheStandardsValues) {
  EXPECT_EQ(decode_ulaw(0xff), 0);
  EXPECT_EQ(decode_ulaw(0x7f), 0);
  EXPECT_EQ(decode_ulaw(0x80), 32'124);
  EXPECT_EQ(decode_ulaw(0x00), -32'124);
  EXPECT_EQ(decode_ulaw(0xfe), 8);
  EXPECT_EQ(decode_alaw(0xd5), 8);
  EXPECT_EQ(decode_alaw(0x55), -8);
  EXPECT_EQ(decode_alaw(0xaa), 32'256);
  EXPECT_EQ(decode_alaw(0x2a), -32'256);
  EXPECT_EQ(encode_ulaw(0), ulaw_silence);
  EXPECT_EQ(encode_alaw(0), alaw_silence);
  EXPECT_EQ(encode_alaw(-1), 0x55);
  EXPECT_EQ(encode_ulaw(32'767), 0x80);
  EXPECT_EQ(encode_ulaw(-32'768), 0x00);
  EXPECT_EQ(encode_alaw(32'767), 0xaa);
  EXPECT_EQ(encode_alaw(-32'768), 0x2a);
}

TEST(G711, EveryCodeSurvivesATandem) {
  for (int code = 0; code < 256; ++code) {
    const auto octet = static_cast<uint8_t>(code);
    EXPECT_EQ(decode_ulaw(encode_ulaw(decode_ulaw(octet))), decode_ulaw(octet)) << code;
    EXPECT_EQ(encode_alaw(decode_alaw(octet)), octet) << code;
  }
}

// The nearest code of a segment is at most half a step away.
TEST(G711, QuantisesWithinTheStepOfEachSegment) {
  for (int sample = -32'768; sample <= 32'767; ++sample) {
    const auto pcm = static_cast<int16_t>(sample);
    const int size = std::abs(sample);
    const int ulaw_error = std::abs(decode_ulaw(encode_ulaw(pcm)) - sample);
    const int alaw_error = std::abs(decode_alaw(encode_alaw(pcm)) - sample);
    ASSERT_LE(ulaw_error, size > 32'123 ? 644 : 4 + (size + 132) / 32) << sample;
    ASSERT_LE(alaw_error, std::max(9, size / 32 + 1)) << sample;
  }
}

TEST(G711, HasTheSignalToNoiseOfTheStandard) {
  const Pcm sent = sine(8'000, 440, 1);
  Pcm ulaw(sent.size());
  Pcm alaw(sent.size());
  for (size_t i = 0; i < sent.size(); ++i) {
    ulaw[i] = decode_ulaw(encode_ulaw(sent[i]));
    alaw[i] = decode_alaw(encode_alaw(sent[i]));
  }
  EXPECT_GT(snr_db(sent, ulaw), 35);
  EXPECT_GT(snr_db(sent, alaw), 35);
}

// The largest step between neighbouring samples: what one hears as a click.
int largest_step(std::span<const int16_t> pcm) {
  int largest = 0;
  for (size_t i = 1; i < pcm.size(); ++i)
    largest = std::max(largest, std::abs(pcm[i] - pcm[i - 1]));
  return largest;
}

TEST(Concealer, BridgesALossWithoutAClick) {
  constexpr uint32_t rate = 8'000;
  Pcm pcm = sine(rate, 173, 1);
  const int clean_step = largest_step(pcm);
  Concealer concealer(rate);
  for (size_t at = 0; at < pcm.size(); at += 160) {
    const auto piece = std::span(pcm).subspan(at, 160);
    if (at / 160 % 10 == 9) {
      concealer.conceal(piece);
    } else {
      concealer.received(piece);
    }
  }
  EXPECT_LT(largest_step(pcm), clean_step * 3 / 2);
  EXPECT_GT(sine_snr_db(pcm, rate, 173), 15);
}

TEST(Concealer, FallsSilentAfterSixtyMilliseconds) {
  Concealer concealer(8'000);
  Pcm pcm = sine(8'000, 173, 0.1);
  concealer.received(pcm);
  Pcm gap(8'000);
  concealer.conceal(gap);
  EXPECT_NE(gap[100], 0);
  for (size_t i = 480; i < gap.size(); ++i) ASSERT_EQ(gap[i], 0);
}

TEST(Concealer, IsSilentBeforeAnythingCame) {
  Concealer concealer(8'000);
  Pcm gap(1'000, 77);
  concealer.conceal(gap);
  EXPECT_EQ(gap, Pcm(1'000));
}

}  // namespace
}  // namespace commd::codec
