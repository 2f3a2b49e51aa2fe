#include "media/codec/resampler.h"

#include <gtest/gtest.h>

#include <ostream>
#include <random>
#include <string>

#include "media/codec/goertzel.h"
#include "tests/unit/codec/audio.h"

namespace commd::codec {
namespace {

struct Rates {
  uint32_t in;
  uint32_t out;
};

void PrintTo(const Rates& rates, std::ostream* out) { *out << rates.in << " to " << rates.out; }

Pcm convert(Resampler& resampler, const Pcm& in) {
  Pcm out(resampler.max_output(in.size()));
  out.resize(resampler.process(in, out));
  return out;
}

class ResamplerTest : public testing::TestWithParam<Rates> {
 protected:
  // dB of the loudest sine that comes out for one of `hz` going in, searched at
  // `hz` itself and at what it folds to.
  double gain_at(double hz, double heard_hz) {
    Pcm heard = convert(resampler_, sine(in_, hz, 0.5, 16'000));
    resampler_.reset();
    const auto settled = std::span(heard).subspan(heard.size() / 5, out_ / 5);
    return db(tone_amplitude(settled, out_, heard_hz) / 16'000);
  }

  uint32_t in_ = GetParam().in;
  uint32_t out_ = GetParam().out;
  double half_ = std::min(in_, out_) / 2.0;
  Resampler resampler_ = *Resampler::create(in_, out_);
};

TEST_P(ResamplerTest, IsFlatInThePassBand) {
  for (double part = 0.05; part <= 0.85; part += 0.05) {
    const double hz = half_ * part;
    EXPECT_NEAR(gain_at(hz, hz), 0, 0.2) << hz;
  }
}

TEST_P(ResamplerTest, KeepsAliasesAndImagesAway) {
  if (in_ > out_) {
    for (double hz = half_ * 1.12; hz < in_ / 2.0; hz += half_ * 0.07) {
      double folded = std::fmod(hz, out_);
      if (folded > out_ / 2.0) folded = out_ - folded;
      EXPECT_LT(gain_at(hz, folded), -60) << hz;
    }
  } else {
    for (double part = 0.1; part <= 0.85; part += 0.15) {
      const double image = in_ - half_ * part;
      if (image < out_ / 2.0) {
        EXPECT_LT(gain_at(half_ * part, image), -60) << image;
      }
    }
  }
}

TEST_P(ResamplerTest, AddsNoNoiseToSpeak) {
  const double hz = 440;
  const Pcm heard = convert(resampler_, sine(in_, hz, 1, 16'000));
  EXPECT_GT(sine_snr_db(std::span(heard).subspan(out_ / 5, out_ / 2), out_, hz), 65);
}

TEST_P(ResamplerTest, DelaysByNoMoreThanTwoMilliseconds) {
  Pcm in(in_ / 10);
  in[in_ / 20] = 20'000;
  const Pcm out = convert(resampler_, in);
  const auto peak = std::max_element(out.begin(), out.end()) - out.begin();
  const double delay = static_cast<double>(peak) / out_ - 0.05;
  EXPECT_GE(delay, 0);
  EXPECT_LE(delay, 0.0021);
}

TEST_P(ResamplerTest, DoesNotDependOnThePieces) {
  std::mt19937 random(1);
  Pcm in(in_);
  for (int16_t& sample : in) sample = static_cast<int16_t>(random());
  const Pcm whole = convert(resampler_, in);
  resampler_.reset();
  Pcm pieces;
  for (size_t at = 0; at < in.size();) {
    const size_t size = std::min<size_t>(1 + random() % 700, in.size() - at);
    const Pcm piece = convert(resampler_, Pcm(in.begin() + static_cast<long>(at),
                                              in.begin() + static_cast<long>(at + size)));
    pieces.insert(pieces.end(), piece.begin(), piece.end());
    at += size;
  }
  EXPECT_EQ(pieces, whole);
}

TEST_P(ResamplerTest, GivesExactlyItsRatio) {
  for (int i = 0; i < 20; ++i) EXPECT_EQ(convert(resampler_, Pcm(in_ / 50)).size(), out_ / 50);
}

TEST_P(ResamplerTest, KeepsAConstant) {
  for (const int16_t level : {int16_t{32'767}, int16_t{-32'768}, int16_t{1}}) {
    resampler_.reset();
    const Pcm out = convert(resampler_, Pcm(in_ / 10, level));
    for (size_t i = out_ / 100; i < out.size(); ++i) ASSERT_EQ(out[i], level);
  }
}

TEST_P(ResamplerTest, LimitsInsteadOfWrapping) {
  // The worst a filter can meet: full scale, changing sign with each lobe.
  Pcm in(in_ / 10);
  for (size_t i = 0; i < in.size(); ++i) in[i] = i / 5 % 2 == 0 ? 32'767 : -32'768;
  const Pcm out = convert(resampler_, in);
  const Pcm reference = [&] {
    Pcm quiet(in.size());
    for (size_t i = 0; i < in.size(); ++i) quiet[i] = static_cast<int16_t>(in[i] / 4);
    resampler_.reset();
    return convert(resampler_, quiet);
  }();
  for (size_t i = 0; i < out.size(); ++i) {
    if (std::abs(reference[i]) > 100) {
      ASSERT_EQ(out[i] > 0, reference[i] > 0) << i;
    }
  }
}

INSTANTIATE_TEST_SUITE_P(
    Rates, ResamplerTest,
    testing::Values(Rates{8'000, 48'000}, Rates{48'000, 8'000}, Rates{16'000, 48'000},
                    Rates{48'000, 16'000}, Rates{32'000, 48'000}, Rates{48'000, 32'000},
                    Rates{8'000, 16'000}, Rates{16'000, 8'000}, Rates{8'000, 32'000},
                    Rates{32'000, 8'000}, Rates{16'000, 32'000}, Rates{32'000, 16'000},
                    Rates{44'100, 48'000}, Rates{48'000, 44'100}),
    [](const auto& rates) {
      return std::to_string(rates.param.in) + "To" + std::to_string(rates.param.out);
    });

TEST(Resampler, CopiesWhenThereIsNothingToDo) {
  auto resampler = Resampler::create(48'000, 48'000);
  ASSERT_TRUE(resampler);
  const Pcm in = sine(48'000, 440, 0.1);
  EXPECT_EQ(convert(*resampler, in), in);
}

TEST(Resampler, RefusesImpossibleRates) {
  EXPECT_FALSE(Resampler::create(0, 48'000));
  EXPECT_FALSE(Resampler::create(48'000, 0));
  EXPECT_FALSE(Resampler::create(8'001, 48'000));
  EXPECT_FALSE(Resampler::create(48'000, 1'000'000));
  EXPECT_TRUE(Resampler::create(11'025, 48'000));
  EXPECT_TRUE(Resampler::create(96'000, 48'000));
}

}  // namespace
}  // namespace commd::codec
