// Where a call's audio comes from and goes to, as the contract writes it:
//   SOURCE  default | none | tone:HZ | file:PATH.wav[,loop] | pulse:NAME
//   SINK    default | none | file:PATH.wav | pulse:NAME
// Values and pure functions; any thread.
#pragma once

#include <string>
#include <string_view>

#include "daemon/base/result.h"

namespace commd::model {

struct AudioSource {
  enum class Kind { device, none, tone, file, echo };
  Kind kind = Kind::device;
  // tone: Hz, 20..20000. Others: 0.
  double tone_hz = 0;
  // file: an absolute path; device: the sound server's name, empty = default.
  std::string name;
  // file: start again at the end.
  bool loop = false;

  friend bool operator==(const AudioSource&, const AudioSource&) = default;
};

struct AudioSink {
  enum class Kind { device, none, file, echo };
  Kind kind = Kind::device;
  std::string name;

  friend bool operator==(const AudioSink&, const AudioSink&) = default;
};

// INVALID_ARGUMENT with what was expected. An empty text is `default`. `echo` is
// not a word of the contract and is refused: it is the echo service's own.
base::Result<AudioSource> parse_audio_source(std::string_view text);
base::Result<AudioSink> parse_audio_sink(std::string_view text);
std::string to_string(const AudioSource& source);
std::string to_string(const AudioSink& sink);

}  // namespace commd::model
