// What every codec must do, whichever library is behind it.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <ostream>
#include <random>
#include <string>

#include "media/codec/codec_registry.h"
#include "media/codec/goertzel.h"
#include "tests/unit/codec/audio.h"

namespace commd::codec {
namespace {

constexpr size_t mtu = 1500;

struct Name {
  const char* rtp_name;
  uint32_t clock_rate;
};

void PrintTo(const Name& name, std::ostream* out) {
  *out << name.rtp_name << '/' << name.clock_rate;
}

class CodecTest : public testing::TestWithParam<Name> {
 protected:
  void SetUp() override {
    info_ = registry_.find(GetParam().rtp_name, GetParam().clock_rate);
    ASSERT_NE(info_, nullptr);
  }
  std::unique_ptr<Encoder> encoder(const EncoderSettings& settings = {}) {
    auto made = registry_.make_encoder(*info_, settings, "");
    EXPECT_TRUE(made);
    return made ? std::move(*made) : nullptr;
  }
  std::unique_ptr<Decoder> decoder() {
    auto made = registry_.make_decoder(*info_);
    EXPECT_TRUE(made);
    return made ? std::move(*made) : nullptr;
  }

  // Through encoder and decoder; every `lose_every`th packet is lost (0: none).
  Pcm transmit(const Pcm& sent, const EncoderSettings& settings = {}, size_t lose_every = 0) {
    const auto out = encoder(settings);
    const auto in = decoder();
    const size_t frame = out->samples_per_frame();
    std::vector<uint8_t> payload(mtu);
    Pcm heard;
    for (size_t at = 0; at + frame <= sent.size(); at += frame) {
      const auto size = out->encode(std::span(sent).subspan(at, frame), payload);
      EXPECT_TRUE(size && *size > 0);
      if (!size || *size == 0) return heard;
      Pcm decoded(max_packet_samples(*info_));
      const bool lost = lose_every != 0 && (at / frame) % lose_every == lose_every - 1;
      const auto samples = lost ? in->conceal(std::span(decoded).first(frame))
                                : in->decode(std::span(payload).first(*size), decoded);
      EXPECT_TRUE(samples);
      if (!samples) return heard;
      heard.insert(heard.end(), decoded.begin(), decoded.begin() + static_cast<long>(*samples));
    }
    return heard;
  }

  CodecRegistry registry_ = CodecRegistry::installed();
  const CodecInfo* info_ = nullptr;
};

TEST_P(CodecTest, CarriesATone) {
  const uint32_t rate = info_->sample_rate;
  const Pcm sent = sine(rate, 440, 2);
  const Pcm heard = transmit(sent);
  ASSERT_EQ(heard.size(), sent.size());
  const auto settled = std::span(heard).subspan(rate / 2, rate);
  EXPECT_NEAR(db(tone_amplitude(settled, rate, 440) / 8000), 0, 1.5);
  EXPECT_LT(db(tone_amplitude(settled, rate, 1000) / 8000), -30);
}

TEST_P(CodecTest, CarriesAChirp) {
  const Pcm sent = chirp(info_->sample_rate);
  const Pcm heard = transmit(sent);
  EXPECT_GT(best_correlation(sent, heard, info_->sample_rate), 0.7);
  EXPECT_LT(best_correlation(sent, Pcm(sent.size()), info_->sample_rate), 0.1);
}

// Piece by piece, since a concealment may lose the phase.
TEST_P(CodecTest, KeepsItsLevelAndTimeUnderLoss) {
  const uint32_t rate = info_->sample_rate;
  const Pcm sent = sine(rate, 440, 2);
  const Pcm heard = transmit(sent, {}, 10);
  ASSERT_EQ(heard.size(), sent.size());
  double sum = 0;
  constexpr int pieces = 50;
  for (size_t i = 0; i < pieces; ++i) {
    sum += tone_amplitude(std::span(heard).subspan(rate / 2 + i * rate / 50, rate / 50), rate, 440);
  }
  // Speex takes some frames to find a steady tone again.
  EXPECT_NEAR(db(sum / pieces / 8000), 0, 4);
}

TEST_P(CodecTest, FadesWhenNothingComes) {
  const uint32_t rate = info_->sample_rate;
  const auto out = encoder();
  const auto in = decoder();
  const size_t frame = out->samples_per_frame();
  const Pcm sent = sine(rate, 440, 0.4);
  std::vector<uint8_t> payload(mtu);
  Pcm decoded(max_packet_samples(*info_));
  for (size_t at = 0; at + frame <= sent.size(); at += frame) {
    const auto size = out->encode(std::span(sent).subspan(at, frame), payload);
    ASSERT_TRUE(size);
    ASSERT_TRUE(in->decode(std::span(payload).first(*size), decoded));
  }
  Pcm first(frame);
  ASSERT_EQ(in->conceal(first), frame);
  EXPECT_GT(db(tone_amplitude(first, rate, 440) / 8000), -6);
  Pcm gap(rate);
  ASSERT_EQ(in->conceal(gap), gap.size());
  const auto end = std::span(gap).last(rate / 10);
  EXPECT_LT(db(tone_amplitude(end, rate, 440) / 8000), -30);
}

TEST_P(CodecTest, ConcealsAnyLength) {
  const auto in = decoder();
  for (const size_t samples : {size_t{0}, size_t{1}, size_t{119}, size_t{441}, size_t{10'000}}) {
    Pcm out(samples);
    EXPECT_EQ(in->conceal(out), samples);
  }
}

TEST_P(CodecTest, TakesEveryPtime) {
  for (const int ptime : {10, 20, 30, 40, 60, 120, 0, 1000}) {
    EncoderSettings settings;
    settings.ptime = std::chrono::milliseconds(ptime);
    const auto out = encoder(settings);
    const size_t frame = out->samples_per_frame();
    EXPECT_GE(frame, info_->sample_rate / 100) << ptime;
    EXPECT_LE(frame, max_packet_samples(*info_)) << ptime;
    if (ptime == 20) {
      EXPECT_EQ(frame, info_->sample_rate / 50);
    }
    const Pcm sent = sine(info_->sample_rate, 440, 1);
    const Pcm heard = transmit(sent, settings);
    EXPECT_EQ(heard.size(), sent.size() / frame * frame) << ptime;
  }
}

TEST_P(CodecTest, RefusesFramesOfAnotherSize) {
  const auto out = encoder();
  std::vector<uint8_t> payload(mtu);
  EXPECT_FALSE(out->encode(Pcm(out->samples_per_frame() - 1), payload));
  EXPECT_FALSE(out->encode(Pcm(), payload));
}

TEST_P(CodecTest, SurvivesGarbage) {
  const auto out = encoder();
  const auto in = decoder();
  std::mt19937 random(7);
  Pcm decoded(max_packet_samples(*info_));
  for (int i = 0; i < 3000; ++i) {
    const size_t size = i < 200 ? static_cast<size_t>(i) : random() % 1600;
    std::vector<uint8_t> payload(size);
    for (uint8_t& octet : payload) octet = static_cast<uint8_t>(random());
    if (i % 3 == 0) in->decode_fec(payload, std::span(decoded).first(out->samples_per_frame()));
    const auto samples = in->decode(payload, decoded);
    ASSERT_TRUE(samples) << "size " << size;
    ASSERT_LE(*samples, decoded.size());
    ASSERT_GT(*samples, 0u);
  }
  // And then works as if nothing had been.
  const uint32_t rate = info_->sample_rate;
  const size_t frame = out->samples_per_frame();
  const Pcm sent = sine(rate, 440, 2);
  std::vector<uint8_t> payload(mtu);
  Pcm heard;
  for (size_t at = 0; at + frame <= sent.size(); at += frame) {
    const auto size = out->encode(std::span(sent).subspan(at, frame), payload);
    ASSERT_TRUE(size);
    const auto samples = in->decode(std::span(payload).first(*size), decoded);
    ASSERT_EQ(samples, frame);
    heard.insert(heard.end(), decoded.begin(), decoded.begin() + static_cast<long>(frame));
  }
  const auto settled = std::span(heard).last(rate / 2);
  EXPECT_NEAR(db(tone_amplitude(settled, rate, 440) / 8000), 0, 2);
}

TEST_P(CodecTest, StartsNoThread) {
  const size_t before = thread_count();
  const auto out = encoder();
  const auto in = decoder();
  const Pcm frame(out->samples_per_frame(), 1000);
  std::vector<uint8_t> payload(mtu);
  Pcm decoded(max_packet_samples(*info_));
  for (int i = 0; i < 50; ++i) {
    const auto size = out->encode(frame, payload);
    ASSERT_TRUE(size);
    ASSERT_TRUE(in->decode(std::span(payload).first(*size), decoded));
  }
  EXPECT_EQ(thread_count(), before);
}

// GStreamer's cannot be cloned, and say so.
TEST_P(CodecTest, AClonedEncoderContinuesTheStream) {
  const auto original = encoder();
  const Pcm sent = sine(info_->sample_rate, 440, 1);
  const size_t frame = original->samples_per_frame();
  std::vector<uint8_t> a(mtu);
  std::vector<uint8_t> b(mtu);
  for (size_t i = 0; i < 10; ++i) original->encode(std::span(sent).subspan(i * frame, frame), a);
  const auto copy = original->clone();
  const CodecRegistry direct = CodecRegistry::direct();
  const bool can = direct.find(info_->rtp_name, info_->clock_rate) != nullptr;
  ASSERT_EQ(copy != nullptr, can);
  if (!copy) return;
  for (size_t i = 10; i < 20; ++i) {
    const auto from = std::span(sent).subspan(i * frame, frame);
    const auto size = original->encode(from, a);
    ASSERT_TRUE(size);
    ASSERT_EQ(copy->encode(from, b), size);
    ASSERT_TRUE(std::equal(a.begin(), a.begin() + static_cast<long>(*size), b.begin()));
  }
}

INSTANTIATE_TEST_SUITE_P(
    Codecs, CodecTest,
    testing::Values(Name{"opus", 48'000}, Name{"PCMU", 8'000}, Name{"PCMA", 8'000},
                    Name{"L16", 16'000}, Name{"G722", 8'000}, Name{"speex", 8'000},
                    Name{"speex", 16'000}, Name{"speex", 32'000}, Name{"GSM", 8'000}),
    [](const auto& codec) {
      return std::string(codec.param.rtp_name) + std::to_string(codec.param.clock_rate / 1000);
    });

TEST(CodecRegistry, DirectCodecsNeedNoPlugin) {
  const CodecRegistry registry = CodecRegistry::direct();
  EXPECT_NE(registry.find("opus", 48'000), nullptr);
  EXPECT_NE(registry.find("pcmu", 8'000), nullptr);
  EXPECT_EQ(registry.find("G722", 8'000), nullptr);
  EXPECT_EQ(registry.find("opus", 8'000), nullptr);
  EXPECT_EQ(registry.find_static(0)->rtp_name, "PCMU");
  EXPECT_EQ(registry.find_static(8)->rtp_name, "PCMA");
  EXPECT_EQ(registry.find_static(9), nullptr);
  EXPECT_EQ(registry.codecs().front().rtp_name, "opus");
  EXPECT_FALSE(registry.find("L16", 16'000)->offered);
}

TEST(CodecRegistry, TellsG722sTwoRatesApart) {
  const CodecRegistry registry = CodecRegistry::installed();
  const CodecInfo* g722 = registry.find_static(9);
  ASSERT_NE(g722, nullptr);
  EXPECT_EQ(g722->clock_rate, 8'000u);
  EXPECT_EQ(g722->sample_rate, 16'000u);
}

TEST(CodecRegistry, AnUnknownCodecIsUnavailable) {
  const CodecRegistry registry = CodecRegistry::direct();
  const CodecInfo nonsense{.rtp_name = "nonsense", .clock_rate = 8'000, .sample_rate = 8'000};
  const auto encoder = registry.make_encoder(nonsense, {}, "");
  ASSERT_FALSE(encoder);
  EXPECT_EQ(encoder.error().reason, "CODEC_UNAVAILABLE");
  EXPECT_FALSE(registry.make_decoder(nonsense));
}

}  // namespace
}  // namespace commd::codec
