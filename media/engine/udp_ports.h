// The UDP ports of [media] rtp_ports: opens pairs of sockets for RTP (even) and RTCP
// (odd, RFC 3550 section 11) and remembers which are out. Core thread; the sockets
// are handed to a worker.
#pragma once

#include <cstdint>
#include <vector>

#include "daemon/base/result.h"
#include "daemon/base/unique_fd.h"
#include "media/engine/socket_address.h"

namespace commd::engine {

struct PortRange {
  uint16_t first = 20000;  // 1024..65534
  uint16_t last = 29999;   // inclusive
};

class UdpPorts;

// A pair that is in use. It must not outlive its UdpPorts; move-only.
class PortLease {
 public:
  PortLease() = default;
  PortLease(UdpPorts& owner, size_t index) : owner_(&owner), index_(index) {}
  PortLease(PortLease&& other) noexcept;
  PortLease& operator=(PortLease&& other) noexcept;
  ~PortLease() { give_back(); }

 private:
  void give_back() noexcept;
  UdpPorts* owner_ = nullptr;
  size_t index_ = 0;
};

struct UdpPair {
  base::UniqueFd rtp;
  base::UniqueFd rtcp;    // none when it was not asked for
  uint16_t rtp_port = 0;  // rtcp: one more
  PortLease lease;
};

class UdpPorts {
 public:
  explicit UdpPorts(PortRange range);

  enum class Rtcp { shared, own_port };
  // INVALID_ARGUMENT for an ip that is none, UNAVAILABLE (LOCAL_ADDRESS_UNUSABLE) for
  // one that cannot be bound, RESOURCE_EXHAUSTED (NO_RTP_PORT, NO_DESCRIPTORS).
  base::Result<UdpPair> open(const std::string& ip, Rtcp rtcp);

 private:
  friend class PortLease;

  uint16_t first_port_;
  std::vector<bool> out_;  // by pair
  size_t next_ = 0;
};

}  // namespace commd::engine
