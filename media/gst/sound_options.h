// What the configuration says about devices ([audio]). Plain values.
#pragma once

#include <string>

#include "daemon/model/audio_endpoint.h"

namespace commd::gst {

struct SoundOptions {
  // What is done to microphones that are opened from now on.
  bool echo_cancellation = true;
  bool noise_suppression = true;
  bool gain_control = true;
  // Where an incoming call is heard, and where ringback and call waiting are: devices.
  // `none`, and files, are silent.
  model::AudioSink ring;
  model::AudioSink playback;
  // The sound server's address as in PULSE_SERVER; empty: the usual one. Read once.
  std::string server;
};

}  // namespace commd::gst
