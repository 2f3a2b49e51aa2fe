// What is known of an audio stream, for the call's statistics. Plain values that
// may be copied to another thread.
#pragma once

#include <cstdint>
#include <optional>

#include "daemon/base/time.h"

namespace commd::rtp {

// What we hear.
struct ReceiveStats {
  uint32_t ssrc = 0;
  uint64_t packets = 0;
  uint64_t payload_bytes = 0;
  int64_t lost = 0;        // on the network; negative when duplicates outnumber losses
  uint64_t late = 0;       // came after their turn, played or not
  uint64_t discarded = 0;  // came too late to be played
  uint64_t duplicates = 0;
  uint64_t restarts = 0;   // of the source
  uint64_t concealed = 0;  // gaps filled by the decoder, FEC included
  base::Duration jitter{};
  base::Duration buffer_delay{};
  base::Duration buffer_target{};
};

// What we say, and how the far end hears it.
struct SendStats {
  uint32_t ssrc = 0;
  uint64_t packets = 0;
  uint64_t payload_bytes = 0;
  std::optional<int32_t> remote_lost;          // from its reports; nullopt before the first
  std::optional<double> remote_fraction_lost;  // 0..1
  std::optional<base::Duration> remote_jitter;
};

struct StreamStats {
  ReceiveStats received;
  SendStats sent;
  std::optional<base::Duration> round_trip;
  std::optional<double> mos;  // 1..4.5, of what we hear (emodel.h)
};

}  // namespace commd::rtp
