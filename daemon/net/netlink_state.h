// What the kernel says about the machine's addresses, links and default routes
// (rtnetlink(7)), and whether a message changes anything: the kernel repeats itself, for
// instance each time a router announces a lifetime. Inside of daemon/net.
//
// Pure; one thread at a time.
#pragma once

#include <compare>
#include <cstdint>
#include <map>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "daemon/net/address.h"

namespace commd::net {

struct InterfaceAddress {
  uint32_t interface = 0;
  IpAddress ip;
  friend auto operator<=>(const InterfaceAddress&, const InterfaceAddress&) = default;
};

class NetlinkState {
 public:
  struct Outcome {
    bool changed = false;  // something is different now
    bool done = false;     // the end of a dump
    bool broken = false;   // an error, or a message that makes no sense
  };
  // One datagram of the netlink socket.
  Outcome apply(std::span<const uint8_t> datagram);
  // Before a new dump: what it does not mention is gone. end_dump() tells whether anything is.
  void begin_dump();
  bool end_dump();

  // Usable ones (not tentative, not of an interface that is down), sorted.
  std::vector<IpAddress> addresses() const;

 private:
  struct Route {
    int family = 0;
    uint32_t interface = 0;
    uint32_t metric = 0;
    std::string gateway;  // raw bytes
    friend auto operator<=>(const Route&, const Route&) = default;
  };
  template <class Key>
  struct Mark {
    Key value;
    unsigned round;
  };
  bool on_link(bool removed, std::span<const uint8_t> payload);
  bool on_address(bool removed, std::span<const uint8_t> payload);
  bool on_route(bool removed, std::span<const uint8_t> payload);
  template <class Key, class Value>
  bool set(std::map<Key, Mark<Value>>& table, const Key& key, Value value, bool removed);
  template <class Table>
  bool sweep(Table& table);

  std::map<uint32_t, Mark<bool>> links_;              // running
  std::map<InterfaceAddress, Mark<bool>> addresses_;  // usable
  std::map<Route, Mark<bool>> routes_;
  unsigned round_ = 0;
};

}  // namespace commd::net
