#include "media/engine/rate_adapter.h"

#include <algorithm>

namespace commd::engine {

void RateAdapter::convert(std::span<const int16_t> in, uint32_t in_rate, std::span<int16_t> out,
                          uint32_t out_rate) {
  if (in_rate == out_rate) {
    std::copy_n(in.begin(), std::min(in.size(), out.size()), out.begin());
    return;
  }
  if (in_rate != in_rate_ || out_rate != out_rate_) {
    resampler_ = codec::Resampler::create(in_rate, out_rate);
    in_rate_ = in_rate;
    out_rate_ = out_rate;
  }
  size_t count = 0;
  if (resampler_) {
    converted_.resize(resampler_->max_output(in.size()));
    count = std::min(resampler_->process(in, converted_), out.size());
    std::copy_n(converted_.begin(), count, out.begin());
  }
  std::fill(out.begin() + static_cast<ptrdiff_t>(count), out.end(), int16_t{0});
}

}  // namespace commd::engine
