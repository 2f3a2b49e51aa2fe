#include "media/gst/tone_source.h"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace commd::gst {
namespace {

// Without these a tone begins and ends with a click.
constexpr size_t edge = device_rate / 200;  // samples, 5 ms

size_t length_of(const Note& note) { return size_t{note.duration_ms} * device_rate / 1'000; }

}  // namespace

std::vector<Note> notes_of(Tune tune) {
  constexpr double bell = 0.25;
  switch (tune) {
    case Tune::ringtone: {
      // A minor third, rung twice: D5 and F5.
      const Note high{698.5, 400, bell, 0.15};
      const Note low{587.3, 400, bell, 0.15};
      return {high, low, high, low, {0, 2'400}};
    }
    case Tune::ringback:
      return {{425, 1'000, 0.15}, {0, 4'000}};
    case Tune::call_waiting:
      return {{425, 200, 0.1}, {0, 200}, {425, 200, 0.1}, {0, 4'400}};
    case Tune::test:
      return {{880, 300, 0.2}, {0, 200}, {1'000, 300, 0.2}, {0, 200}};
  }
  return {};
}

void ToneSource::render(std::span<int16_t> samples) {
  std::ranges::generate(samples, [this] { return next(); });
}

int16_t ToneSource::next() {
  if (notes_.empty()) return 0;
  while (position_ >= length_of(notes_[note_])) {
    note_ = (note_ + 1) % notes_.size();
    position_ = 0;
    phase_ = 0;
  }
  const Note& note = notes_[note_];
  const size_t length = length_of(note);
  const size_t at = position_++;
  if (note.hz <= 0) return 0;
  const size_t to_edge = std::min(at, length - at);
  const double ramp = std::min(1.0, static_cast<double>(to_edge) / edge);
  const double done = static_cast<double>(at) / static_cast<double>(length);
  const double fade = std::pow(note.fade_to, done);
  const double value = 32'767 * note.amplitude * ramp * fade * std::sin(phase_);
  phase_ += 2 * std::numbers::pi * note.hz / device_rate;
  return static_cast<int16_t>(std::lrint(value));
}

}  // namespace commd::gst
