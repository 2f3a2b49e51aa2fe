// Two associations and the network between them, whose every datagram a test may
// touch; time passes only when nothing else happens.
#pragma once

#include <gtest/gtest.h>

#include <array>
#include <deque>
#include <functional>
#include <optional>
#include <utility>
#include <vector>

#include "media/dtls/dtls_association.h"
#include "tests/unit/dtls/fake_clock.h"

namespace commd::dtls {

using Bytes = std::vector<uint8_t>;

// One each for the whole program: they cost a few milliseconds.
inline const DtlsIdentity& alice() {
  static const DtlsIdentity identity = *DtlsIdentity::generate();
  return identity;
}
inline const DtlsIdentity& bob() {
  static const DtlsIdentity identity = *DtlsIdentity::generate();
  return identity;
}

struct TwoEnds {
  // What becomes of the datagram that `from` (0 or 1) sent: those that arrive.
  using Wire = std::function<std::vector<Bytes>(int from, const Bytes&)>;

  test::FakeClock clock;
  std::array<std::optional<DtlsAssociation>, 2> ends;
  Wire wire = [](int, const Bytes& datagram) { return std::vector<Bytes>{datagram}; };
  size_t sent = 0;
  size_t longest = 0;

  void make(DtlsOptions first, DtlsOptions second) {
    ends[0] = *DtlsAssociation::create(alice(), std::move(first));
    ends[1] = *DtlsAssociation::create(bob(), std::move(second));
  }
  void make() { make({.role = DtlsRole::active}, {.role = DtlsRole::passive}); }
  void expect_each_other() {
    ends[0]->expect({bob().fingerprint()}, clock.now());
    ends[1]->expect({alice().fingerprint()}, clock.now());
  }
  void start() {
    for (auto& end : ends) end->start(clock.now());
  }

  DtlsState state(int end) const { return ends[static_cast<size_t>(end)]->state(); }
  bool connected() const {
    return state(0) == DtlsState::connected && state(1) == DtlsState::connected;
  }
  bool over(int end) const {
    return state(end) != DtlsState::connecting && state(end) != DtlsState::idle;
  }

  // Until nothing is under way.
  void deliver() {
    for (bool busy = true; busy;) {
      busy = false;
      for (const int from : {0, 1}) {
        while (auto datagram = ends[static_cast<size_t>(from)]->take_datagram()) {
          busy = true;
          ++sent;
          longest = std::max(longest, datagram->size());
          for (const Bytes& arrived : wire(from, *datagram)) {
            ends[static_cast<size_t>(1 - from)]->receive(arrived, clock.now());
          }
        }
      }
    }
  }

  // To the next deadline of either; false if there is none.
  bool pass_time() {
    std::optional<base::MonoTime> next;
    for (const auto& end : ends) {
      const auto due = end->deadline();
      if (due && (!next || *due < *next)) next = due;
    }
    if (!next) return false;
    if (*next > clock.now()) {
      clock.advance(std::chrono::ceil<std::chrono::microseconds>(*next - clock.now()));
    }
    for (auto& end : ends) end->tick(clock.now());
    return true;
  }

  // Until both are through, or can be no more. Returns the time it took.
  std::chrono::milliseconds run() {
    const base::MonoTime begin = clock.now();
    for (int steps = 0; steps < 2000; ++steps) {
      deliver();
      if (over(0) && over(1)) break;
      if (!pass_time()) break;
    }
    return std::chrono::duration_cast<std::chrono::milliseconds>(clock.now() - begin);
  }
};

inline void expect_matching_keys(const TwoEnds& pair) {
  const auto& first = pair.ends[0]->keys();
  const auto& second = pair.ends[1]->keys();
  ASSERT_TRUE(first && second);
  EXPECT_TRUE(first->outbound == second->inbound);
  EXPECT_TRUE(first->inbound == second->outbound);
  EXPECT_FALSE(first->outbound == first->inbound);
}

}  // namespace commd::dtls
