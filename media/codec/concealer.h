// Conceals lost audio of any waveform codec by repeating the last pitch period
// and fading it out, after the manner of G.711 Appendix I but without its delay.
// Opus brings its own; everything else uses this.
//
// Belongs to one thread at a time. Allocates when made and not after.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace commd::codec {

class Concealer {
 public:
  explicit Concealer(uint32_t sample_rate);

  // Audio that arrived, of any length. After a loss its first milliseconds are
  // blended with the concealment, in place, so that nothing clicks.
  void received(std::span<int16_t> pcm);

  // Makes up audio that did not arrive: full for 10 ms, silent after 60 ms.
  void conceal(std::span<int16_t> out);

 private:
  void remember(std::span<const int16_t> pcm);
  void start_loss();
  size_t find_pitch() const;
  double similarity(size_t lag, size_t stride) const;
  int16_t next_sample();

  size_t min_pitch_;
  size_t max_pitch_;
  size_t match_size_;
  size_t full_size_;   // samples concealed at full level
  size_t fade_size_;   // samples of the fade after them
  size_t blend_step_;  // what the blend grows by with each 10 ms lost
  size_t max_blend_;
  std::vector<int16_t> history_;  // the newest sample is the last
  std::vector<int16_t> cycle_;    // one pitch period
  size_t cycle_size_ = 0;
  size_t cycle_at_ = 0;
  size_t lost_ = 0;  // samples concealed in a row
};

}  // namespace commd::codec
