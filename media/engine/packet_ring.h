// Datagrams on their way from the thread of ICE to the worker of a call: bounded, oldest
// first, dropped where the worker is too slow. One thread puts, one takes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <mutex>
#include <span>
#include <vector>

#include "daemon/base/time.h"

namespace commd::engine {

class PacketRing {
 public:
  // Octets of datagrams with their heads. A second of speech takes some 12,000.
  static constexpr size_t first_capacity = 16 * 1024;
  static constexpr size_t most_capacity = 256 * 1024;

  struct Head {
    base::MonoTime arrival{};
    uint16_t length = 0;
    uint8_t component = 1;
  };

  // False: there is no room, or no datagram is that long; it is lost.
  bool put(unsigned component, std::span<const uint8_t> datagram, base::MonoTime arrival);
  // The length is 0 where nothing waits. What does not fit into `into` is cut.
  Head take(std::span<uint8_t> into);
  // By put(), so far.
  uint64_t lost() const;

 private:
  bool make_room(size_t wanted);
  void write(const void* octets, size_t length);
  void read(void* octets, size_t length);

  mutable std::mutex mutex_;
  std::vector<uint8_t> octets_;  // none before the first datagram
  size_t first_ = 0;
  size_t used_ = 0;
  uint64_t lost_ = 0;
};

}  // namespace commd::engine
