#include "media/engine/load_watch.h"

#include <utility>

namespace commd::engine {

bool LoadWatch::note(base::MonoTime due, base::MonoTime now) {
  bool changed = false;
  if (begin_ == base::MonoTime{}) begin_ = now;
  if (now - begin_ >= window) {
    changed = close_window();
    begin_ = now;
  }
  ++rounds_;
  if (now - due >= late) ++late_rounds_;
  return changed;
}

bool LoadWatch::close_window() {
  const bool busy = std::exchange(late_rounds_, 0) * 2 > std::exchange(rounds_, 0);
  if (busy == overloaded_) {
    streak_ = 0;
    return false;
  }
  if (++streak_ < (overloaded_ ? windows_to_relief : windows_to_overload)) return false;
  streak_ = 0;
  overloaded_ = busy;
  return true;
}

bool LoadWatch::rest() {
  begin_ = {};
  rounds_ = late_rounds_ = streak_ = 0;
  return std::exchange(overloaded_, false);
}

}  // namespace commd::engine
