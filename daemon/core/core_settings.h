// What the core is told by the configuration. A value; core thread.
#pragma once

#include <chrono>
#include <string>

#include "daemon/model/audio_endpoint.h"

namespace commd::core {

struct CoreSettings {
  model::AudioSource capture;  // default microphone of a call
  model::AudioSink playback;   // default speaker of a call
  model::AudioSink ring;       // where an incoming call is heard
  unsigned max_calls = 200;    // live calls at once; more get 503
  unsigned max_ringing = 20;   // ringing calls at once; more get 486
  // Incoming calls a second from one source address, with a burst of twice as
  // many; more get 503.
  unsigned per_source_rate = 10;
  // After the last packet of an active call's far end; 0 = never.
  std::chrono::seconds media_lost_ends_call{300};
  std::string incoming_folder;  // where files go that come; absolute
};

}  // namespace commd::core
