// How much of the past is kept. Values; any thread.
#pragma once

#include <cstdint>

namespace commd::store {

// What is beyond either bound goes, little by little as the store is used: up to
// 64 events or calls, or an hour, later than the bound says. 0 = no limit.
struct Retention {
  uint64_t events = 100'000;
  unsigned event_days = 30;
  uint64_t calls = 10'000;
  unsigned call_days = 0;
  unsigned message_days = 0;
};

}  // namespace commd::store
