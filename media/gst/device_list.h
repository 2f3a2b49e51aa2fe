// The devices of a sound server, compared with what was known before. Plain values.
#pragma once

#include <string>
#include <vector>

#include "daemon/model/device.h"

namespace commd::gst {

struct DeviceChanges {
  std::vector<model::Device> added;  // new, or something about it has changed
  std::vector<std::string> removed;  // ids
};

// A device is known by id and kind; a microphone and a loudspeaker of one id are two.
DeviceChanges compare(const std::vector<model::Device>& before,
                      const std::vector<model::Device>& after);

}  // namespace commd::gst
