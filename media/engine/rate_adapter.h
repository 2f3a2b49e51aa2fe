// Frames of 20 ms from one sample rate to another; the filter is made when a pair
// of rates is first asked for, and again when the pair changes. One thread at a time.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "media/codec/resampler.h"

namespace commd::engine {

class RateAdapter {
 public:
  // `in` is 20 ms at in_rate, `out` is 20 ms at out_rate. Rates that cannot be
  // converted give silence.
  void convert(std::span<const int16_t> in, uint32_t in_rate, std::span<int16_t> out,
               uint32_t out_rate);

 private:
  std::optional<codec::Resampler> resampler_;
  uint32_t in_rate_ = 0;
  uint32_t out_rate_ = 0;
  std::vector<int16_t> converted_;
};

}  // namespace commd::engine
