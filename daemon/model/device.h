// Sound devices as the sound server names them. Values; any thread.
#pragma once

#include <string>

namespace commd::model {

struct Device {
  enum class Kind { capture, playback };
  std::string id;           // the server's name, usable as pulse:NAME
  std::string description;  // for a person
  Kind kind = Kind::capture;
  bool is_default = false;
  bool is_monitor = false;

  friend bool operator==(const Device&, const Device&) = default;
};

}  // namespace commd::model
