#include "media/gst/device_list.h"

#include <gmock/gmock.h>

namespace commd::gst {
namespace {

using model::Device;
using testing::ElementsAre;
using testing::IsEmpty;

const Device mic{"mic", "Microphone", Device::Kind::capture, true, false};
const Device headset{"headset", "Headset", Device::Kind::capture, false, false};

TEST(DeviceList, OnlyDifferencesAreTold) {
  const auto changes = compare({mic}, {mic, headset});
  EXPECT_THAT(changes.added, ElementsAre(headset));
  EXPECT_THAT(changes.removed, IsEmpty());
  EXPECT_THAT(compare({mic, headset}, {headset}).removed, ElementsAre("mic"));
  EXPECT_THAT(compare({mic}, {mic}).added, IsEmpty());
}

TEST(DeviceList, AChangeIsToldAsAnAddition) {
  Device other = mic;
  other.is_default = false;
  const auto changes = compare({mic}, {other});
  EXPECT_THAT(changes.added, ElementsAre(other));
  EXPECT_THAT(changes.removed, IsEmpty());
}

}  // namespace
}  // namespace commd::gst
