// Checks of the machine itself, which ask nobody. Any thread; some milliseconds at most.
#pragma once

#include <cstdint>

#include "daemon/model/check.h"

namespace commd::probe {

struct PortRange {
  uint16_t first = 0;  // even
  uint16_t last = 0;
};

// ports.rtp: whether there is a free pair of ports in the range of [media] rtp_ports.
model::Check check_media_ports(PortRange range);
// clock: whether something keeps the system's clock right, as the kernel knows it.
model::Check check_clock();

}  // namespace commd::probe
