#include "media/gst/device_list.h"

#include <algorithm>

namespace commd::gst {
namespace {

bool has(const std::vector<model::Device>& devices, const model::Device& wanted) {
  return std::ranges::any_of(devices, [&](const model::Device& device) {
    return device.id == wanted.id && device.kind == wanted.kind;
  });
}

}  // namespace

DeviceChanges compare(const std::vector<model::Device>& before,
                      const std::vector<model::Device>& after) {
  DeviceChanges changes;
  for (const model::Device& device : before) {
    if (!has(after, device)) changes.removed.push_back(device.id);
  }
  for (const model::Device& device : after) {
    if (std::ranges::find(before, device) == before.end()) changes.added.push_back(device);
  }
  return changes;
}

}  // namespace commd::gst
