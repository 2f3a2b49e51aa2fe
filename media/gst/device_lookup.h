// Questions whether a device of some name is there, which wait until the sound server
// has told what it has. Plain code; one thread.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "daemon/base/result.h"
#include "daemon/model/audio_endpoint.h"
#include "daemon/model/device.h"

namespace commd::gst {

class DeviceLookup {
 public:
  using Done = std::function<void(base::Result<void>)>;

  void ask(const model::AudioSource& source, const model::AudioSink& sink, Done done);
  // Answers what was asked: NOT_FOUND (DEVICE_NOT_FOUND) with the field and the names
  // there are.
  void answer(const std::vector<model::Device>& devices);
  // Without a sound server nobody knows: all pass.
  void pass();

 private:
  struct Question {
    std::string source;  // empty: any will do
    std::string sink;
    Done done;
  };
  std::vector<Question> questions_;
};

// Whether `source` or `sink` names a device of the sound server.
bool names_device(const model::AudioSource& source);
bool names_device(const model::AudioSink& sink);

}  // namespace commd::gst
