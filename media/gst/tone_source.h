// Generated alerts, repeated for ever: ringing, ringback, call waiting, and the tone of
// the device test. One thread at a time.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "media/gst/feeds.h"

namespace commd::gst {

// A tone of an alert; 0 Hz is a pause.
struct Note {
  double hz = 0;
  unsigned duration_ms = 0;
  // Peak, of full scale.
  double amplitude = 0.2;
  // How much of it is left at the end: a bell fades, a tone does not.
  double fade_to = 1;
};

enum class Tune { ringtone, ringback, call_waiting, test };
std::vector<Note> notes_of(Tune tune);

class ToneSource : public PlaybackSource {
 public:
  explicit ToneSource(std::vector<Note> notes) : notes_(std::move(notes)) {}
  void render(std::span<int16_t> samples) override;

 private:
  int16_t next();

  std::vector<Note> notes_;
  size_t note_ = 0;
  size_t position_ = 0;  // samples into the note
  double phase_ = 0;
};

}  // namespace commd::gst
