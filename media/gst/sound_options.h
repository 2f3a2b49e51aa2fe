// What the configuration says about devices ([audio]). Plain values.
#pragma once

#include <string>

namespace commd::gst {

struct SoundOptions {
  // What is done to microphones that are opened from now on.
  bool echo_cancellation = true;
  bool noise_suppression = true;
  bool gain_control = true;
  // The sound server's address as in PULSE_SERVER; empty: the usual one. Read once.
  std::string server;
};

}  // namespace commd::gst
