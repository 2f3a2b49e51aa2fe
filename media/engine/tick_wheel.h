// When sessions are due: a wheel of ten slots of 2 ms, so that hundreds of sessions
// of 20 ms frames wake their worker 500 times a second at most, and one session 50
// times. Deadlines lie on a fixed grid: being late never adds up.
//
// No clock and no thread of its own: the owner says what time it is.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <vector>

#include "daemon/base/time.h"

namespace commd::engine {

// Something that has work every 20 ms.
class Ticked {
 public:
  virtual ~Ticked() = default;
  // `skipped` frames before this one were never run, since the thread was too late.
  virtual void tick(base::MonoTime now, unsigned skipped) = 0;
};

class TickWheel {
 public:
  static constexpr base::Duration frame = std::chrono::milliseconds(20);
  static constexpr base::Duration slot_length = std::chrono::milliseconds(2);
  // Frames made up for at once; beyond that the time is lost.
  static constexpr unsigned max_catch_up = 3;

  explicit TickWheel(base::MonoTime origin) : origin_(origin) {}

  // The next tick of `member` is 18 to 20 ms from now. The caller makes the first
  // one itself, at once.
  void add(Ticked& member, base::MonoTime now);
  // The next tick of `member` is when it is due, give or take a millisecond; `due` is
  // after `now` and at most a frame away.
  void add_due(Ticked& member, base::MonoTime due, base::MonoTime now);
  void remove(Ticked& member);

  // Runs all that is due. Members are neither added nor removed meanwhile.
  void run(base::MonoTime now);
  // nullopt without members.
  std::optional<base::MonoTime> next_deadline() const;

 private:
  static constexpr int64_t slot_count = frame / slot_length;
  struct Entry {
    Ticked* member;
    int64_t first;  // not before this index
  };
  struct Slot {
    int64_t due = 0;  // index of its next turn, in slot lengths since the origin
    std::vector<Entry> entries;
  };

  int64_t index_at(base::MonoTime time) const { return (time - origin_) / slot_length; }
  static void run_slot(Slot& slot, base::MonoTime now, int64_t now_index);

  base::MonoTime origin_;
  std::array<Slot, slot_count> slots_;
};

}  // namespace commd::engine
