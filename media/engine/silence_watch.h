// Whether the far end has fallen silent altogether: no sound and no reports, from whom
// both may be expected. A peer that suppresses silence still reports.
//
// No clock of its own. The session's worker.
#pragma once

#include <algorithm>
#include <optional>

#include "daemon/base/time.h"
#include "daemon/ports/media_engine.h"

namespace commd::engine {

class SilenceWatch {
 public:
  // Whether anything must come: not before the answer, and not on hold.
  enum class Expect { nothing, packets };

  // What went unheard before `now` says nothing of what comes. A loss that was told
  // stands until a packet comes, or none is expected any more.
  void expect(Expect what, base::MonoTime now) {
    expected_ = what;
    from_ = now;
    if (what == Expect::nothing) lost_ = false;
  }

  // `last`: when the last packet came, RTP or RTCP. True: lost since now; false: it is
  // back; empty: nothing has changed.
  std::optional<bool> check(base::MonoTime last, base::MonoTime now) {
    if (lost_) {
      if (last == last_) return std::nullopt;
      lost_ = false;
      return false;
    }
    if (expected_ == Expect::nothing || now - std::max(last, from_) < ports::media_silence)
      return std::nullopt;
    lost_ = true;
    last_ = last;
    return true;
  }

  bool lost() const { return lost_; }

 private:
  Expect expected_ = Expect::nothing;
  base::MonoTime from_{};
  base::MonoTime last_{};  // at the loss
  bool lost_ = false;
};

}  // namespace commd::engine
