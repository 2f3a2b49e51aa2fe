// Stanzas are acknowledged in the order they came, each only once it has been dealt with for
// good; those that take longer (a message is on its way to the disk) hold back what came
// after them. XMPP thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>

namespace commd::xmpp {

class InboundOrder {
 public:
  // Names a stanza that has come. Never the same twice.
  uint64_t open() {
    waiting_.push_back(false);
    return first_ + waiting_.size() - 1;
  }
  // It was dealt with. Gives how many may be acknowledged now; 0 for one that was forgotten.
  size_t close(uint64_t stanza) {
    if (stanza < first_ || stanza - first_ >= waiting_.size()) return 0;
    waiting_[stanza - first_] = true;
    size_t done = 0;
    while (!waiting_.empty() && waiting_.front()) {
      waiting_.pop_front();
      ++done;
    }
    first_ += done;
    return done;
  }
  // A new stream, or a resumed one, on which the server repeats what was not acknowledged.
  void forget() {
    first_ += waiting_.size();
    waiting_.clear();
  }
  size_t waiting() const { return waiting_.size(); }

 private:
  uint64_t first_ = 1;        // of waiting_
  std::deque<bool> waiting_;  // dealt with?
};

}  // namespace commd::xmpp
