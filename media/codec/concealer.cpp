#include "media/codec/concealer.h"

#include <algorithm>
#include <cmath>

namespace commd::codec {

namespace {

constexpr size_t ms_per_second = 1000;

size_t samples_of(size_t ms, uint32_t sample_rate) { return ms * sample_rate / ms_per_second; }

int16_t blend(int16_t from, int16_t to, size_t at, size_t size) {
  const double weight = (static_cast<double>(at) + 0.5) / static_cast<double>(size);
  return static_cast<int16_t>(std::lrint(from * (1.0 - weight) + to * weight));
}

}  // namespace

Concealer::Concealer(uint32_t sample_rate)
    : min_pitch_(samples_of(5, sample_rate)),   // 200 Hz; two of a higher voice's periods
      max_pitch_(samples_of(15, sample_rate)),  // 66 Hz
      match_size_(samples_of(20, sample_rate)),
      full_size_(samples_of(10, sample_rate)),
      fade_size_(samples_of(50, sample_rate)),
      blend_step_(samples_of(4, sample_rate)),
      max_blend_(samples_of(10, sample_rate)),
      history_(match_size_ + max_pitch_ + max_pitch_ / 4),
      cycle_(max_pitch_) {}

void Concealer::received(std::span<int16_t> pcm) {
  if (lost_ > 0) {
    const size_t tens_of_ms = 1 + lost_ / full_size_;
    const size_t wanted = std::min(cycle_size_ / 4 + blend_step_ * tens_of_ms, max_blend_);
    const size_t size = std::min(wanted, pcm.size());
    for (size_t i = 0; i < size; ++i) pcm[i] = blend(next_sample(), pcm[i], i, size);
    lost_ = 0;
  }
  remember(pcm);
}

void Concealer::conceal(std::span<int16_t> out) {
  if (lost_ == 0) start_loss();
  for (int16_t& sample : out) sample = next_sample();
  remember(out);
}

void Concealer::remember(std::span<const int16_t> pcm) {
  if (pcm.size() >= history_.size()) {
    std::copy(pcm.end() - static_cast<ptrdiff_t>(history_.size()), pcm.end(), history_.begin());
    return;
  }
  std::copy(history_.begin() + static_cast<ptrdiff_t>(pcm.size()), history_.end(),
            history_.begin());
  std::copy(pcm.begin(), pcm.end(), history_.end() - static_cast<ptrdiff_t>(pcm.size()));
}

// The last period, its end blended into what came before it, so that the
// repetition joins smoothly.
void Concealer::start_loss() {
  cycle_size_ = find_pitch();
  cycle_at_ = 0;
  const size_t start = history_.size() - cycle_size_;
  const size_t overlap = cycle_size_ / 4;
  for (size_t i = 0; i < cycle_size_; ++i) cycle_[i] = history_[start + i];
  for (size_t i = 0; i < overlap; ++i) {
    const size_t at = cycle_size_ - overlap + i;
    cycle_[at] = blend(history_[start + at], history_[start - overlap + i], i, overlap);
  }
}

// Coarse over every second lag and sample, then fine around the best.
size_t Concealer::find_pitch() const {
  size_t best = min_pitch_;
  double best_score = -1;
  const auto search = [&](size_t from, size_t to, size_t stride) {
    for (size_t lag = from; lag <= to; lag += stride) {
      const double score = similarity(lag, stride);
      if (score > best_score) {
        best_score = score;
        best = lag;
      }
    }
  };
  const size_t stride = std::max<size_t>(2, max_pitch_ / 60);
  search(min_pitch_, max_pitch_, stride);
  best_score = -1;
  search(std::max(min_pitch_, best - std::min(best, stride)), std::min(max_pitch_, best + stride),
         1);
  return best;
}

// Normalised correlation of the newest audio with itself `lag` samples ago.
double Concealer::similarity(size_t lag, size_t stride) const {
  double product = 0;
  double energy = 1;  // never a division by zero
  const size_t end = history_.size();
  for (size_t i = end - match_size_; i < end; i += stride) {
    const double past = history_[i - lag];
    product += history_[i] * past;
    energy += past * past;
  }
  return product / std::sqrt(energy);
}

int16_t Concealer::next_sample() {
  if (cycle_size_ == 0 || lost_ >= full_size_ + fade_size_) {
    ++lost_;
    return 0;
  }
  const int16_t sample = cycle_[cycle_at_];
  cycle_at_ = cycle_at_ + 1 == cycle_size_ ? 0 : cycle_at_ + 1;
  const size_t position = lost_++;
  if (position < full_size_) return sample;
  const double gain =
      1.0 - static_cast<double>(position - full_size_) / static_cast<double>(fade_size_);
  return static_cast<int16_t>(std::lrint(sample * gain));
}

}  // namespace commd::codec
