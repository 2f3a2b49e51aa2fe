// Two associations and the network between them, whose every datagram a test may touch; time
// passes only when nothing else happens.
#pragma once

#include <gtest/gtest.h>

#include <array>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "media/zrtp/messages.h"
#include "media/zrtp/zrtp_association.h"

namespace commd::zrtp {

// One program with what it keeps from call to call.
struct Phone {
  Zid zid = random_zid();
  Offered offered = default_offer();
  std::map<Zid, Remembered> memory;

  Remembered of(const Zid& peer) const {
    const auto found = memory.find(peer);
    return found == memory.end() ? Remembered() : found->second;
  }
  // As whoever keeps the secrets has to.
  void keep(const Outcome& outcome) {
    if (!outcome.mismatch) memory[outcome.peer] = outcome.next;
  }
};

struct TwoEnds {
  using Manner = ZrtpOptions::Manner;
  // What becomes of the datagram that `from` (0 or 1) sent: those that arrive.
  using Wire = std::function<std::vector<Bytes>(int from, const Bytes&)>;

  std::array<Phone, 2> phones;
  std::array<Manner, 2> manners{Manner::prompt, Manner::patient};
  std::array<std::optional<OwnHello>, 2> hellos;
  std::array<std::optional<ZrtpAssociation>, 2> ends;
  Wire wire = [](int, const Bytes& datagram) { return std::vector<Bytes>{datagram}; };
  base::MonoTime now{std::chrono::hours(1)};
  std::array<size_t, 2> sent{};

  OwnHello& hello(int end) {
    auto& one = hellos[static_cast<size_t>(end)];
    const Phone& phone = phones[static_cast<size_t>(end)];
    if (!one) one.emplace(phone.zid, phone.offered);
    return *one;
  }
  ZrtpOptions options(int end) const {
    const Phone& phone = phones[static_cast<size_t>(end)];
    ZrtpOptions options;
    options.manner = manners[static_cast<size_t>(end)];
    options.ssrc = 0x1000u + static_cast<uint32_t>(end);
    options.remembered = [&phone](const Zid& peer) { return phone.of(peer); };
    return options;
  }
  void make(int end, const std::string& peer_signalled) {
    ends[static_cast<size_t>(end)].emplace(hello(end), *read_signalled_hash(peer_signalled),
                                           options(end));
  }
  void make() {
    for (const int end : {0, 1}) make(end, hello(1 - end).signalled());
  }
  void start() {
    for (auto& end : ends) end->start(now);
  }

  ZrtpAssociation& end(int which) { return *ends[static_cast<size_t>(which)]; }
  ZrtpState state(int which) { return end(which).state(); }
  bool over(int which) {
    return state(which) == ZrtpState::secured || state(which) == ZrtpState::failed;
  }
  bool secured() { return state(0) == ZrtpState::secured && state(1) == ZrtpState::secured; }

  // Until nothing is under way.
  void deliver() {
    for (bool busy = true; busy;) {
      busy = false;
      for (const int from : {0, 1}) {
        while (const auto datagram = end(from).take_datagram()) {
          busy = true;
          ++sent[static_cast<size_t>(from)];
          for (const Bytes& arrived : wire(from, *datagram)) end(1 - from).receive(arrived, now);
        }
      }
    }
  }
  // To the next deadline of either; false if there is none.
  bool pass_time() {
    std::optional<base::MonoTime> next;
    for (const auto& one : ends)
      if (const auto due = one->deadline(); due && (!next || *due < *next)) next = due;
    if (!next) return false;
    now = std::max(now, *next);
    for (auto& one : ends) one->tick(now);
    return true;
  }
  // Until both are through, or can be no more. Returns the time it took.
  std::chrono::milliseconds run() {
    const base::MonoTime begin = now;
    for (int steps = 0; steps < 2000; ++steps) {
      deliver();
      if (over(0) && over(1)) break;
      if (!pass_time()) break;
    }
    return std::chrono::duration_cast<std::chrono::milliseconds>(now - begin);
  }
  // A whole call, after which both keep what there is to keep.
  void call() {
    hellos = {};
    make();
    start();
    run();
  }
  void keep() {
    for (const int which : {0, 1}) phones[static_cast<size_t>(which)].keep(*end(which).outcome());
  }
};

inline MessageType type_of(const Bytes& datagram) { return read_packet(datagram)->type; }

// The datagram with its message changed, as whoever is in between would send it on.
inline Bytes changed(const Bytes& datagram, const std::function<void(Bytes&)>& change) {
  const auto packet = read_packet(datagram);
  Bytes message(packet->message.begin(), packet->message.end());
  change(message);
  return write_packet(packet->sequence, packet->ssrc, message);
}

inline void expect_matching_keys(TwoEnds& pair) {
  const auto& first = pair.end(0).keys();
  const auto& second = pair.end(1).keys();
  ASSERT_TRUE(first && second);
  EXPECT_TRUE(first->outbound == second->inbound);
  EXPECT_TRUE(first->inbound == second->outbound);
  EXPECT_FALSE(first->outbound == first->inbound);
  EXPECT_EQ(pair.end(0).outcome()->sas, pair.end(1).outcome()->sas);
  EXPECT_EQ(pair.end(0).outcome()->sas.size(), 4u);
}

}  // namespace commd::zrtp
