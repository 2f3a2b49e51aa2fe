#include "media/codec/drift_resampler.h"

#include <gtest/gtest.h>

#include "tests/unit/codec/audio.h"

namespace commd::codec {
namespace {

constexpr uint32_t rate = 48'000;

Pcm convert(DriftResampler& resampler, const Pcm& in) {
  Pcm all;
  for (size_t at = 0; at < in.size(); at += 960) {
    const auto piece = std::span(in).subspan(at, std::min<size_t>(960, in.size() - at));
    Pcm out(resampler.max_output(piece.size()));
    out.resize(resampler.process(piece, out));
    all.insert(all.end(), out.begin(), out.end());
  }
  return all;
}

TEST(DriftResampler, ChangesTheNumberOfSamples) {
  for (const double ppm : {-500.0, -37.0, 0.0, 37.0, 500.0}) {
    DriftResampler resampler;
    resampler.set_ppm(ppm);
    const auto out = convert(resampler, Pcm(rate * 100)).size();
    EXPECT_NEAR(static_cast<double>(out), rate * 100 * (1 + ppm * 1e-6), 2) << ppm;
  }
}

TEST(DriftResampler, IsExactWithoutDrift) {
  DriftResampler resampler;
  const Pcm in = sine(rate, 440, 0.5);
  const Pcm out = convert(resampler, in);
  ASSERT_EQ(out.size(), in.size());
  EXPECT_TRUE(std::equal(out.begin() + 2, out.end(), in.begin()));
}

TEST(DriftResampler, IsTransparentToSpeech) {
  for (const auto& [hz, wanted] : {std::pair{440.0, 75.0}, {1'000.0, 75.0}, {3'400.0, 55.0}}) {
    DriftResampler resampler;
    resampler.set_ppm(500);
    const Pcm out = convert(resampler, sine(rate, hz, 1, 16'000));
    const auto settled = std::span(out).subspan(rate / 4, rate / 2);
    EXPECT_GT(sine_snr_db(settled, rate, hz / (1 + 500e-6)), wanted) << hz;
  }
}

TEST(DriftResampler, BoundsWhatItIsAskedFor) {
  DriftResampler resampler;
  resampler.set_ppm(1e9);
  EXPECT_NEAR(static_cast<double>(convert(resampler, Pcm(rate)).size()), rate * 1.001, 2);
}

TEST(DriftResampler, LimitsInsteadOfWrapping) {
  DriftResampler resampler;
  resampler.set_ppm(500);
  Pcm in(rate);
  for (size_t i = 0; i < in.size(); ++i) in[i] = i / 24 % 2 == 0 ? 32'767 : -32'768;
  const Pcm out = convert(resampler, in);
  // Wrapped, the overshoot beside an edge would have the sign of the other side.
  int changes = 0;
  for (size_t i = 101; i < out.size(); ++i) changes += (out[i] > 0) != (out[i - 1] > 0) ? 1 : 0;
  EXPECT_NEAR(changes, rate / 24.0, 10);
}

}  // namespace
}  // namespace commd::codec
