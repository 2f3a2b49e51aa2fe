#include "daemon/net/netlink_state.h"

#include <linux/if.h>
#include <linux/if_addr.h>
#include <linux/rtnetlink.h>

#include <cstring>
#include <optional>
#include <utility>

namespace commd::net {
namespace {

using Bytes = std::span<const uint8_t>;

// The kernel aligns everything; what we are given need not be.
template <class Header>
std::optional<Header> take(Bytes& bytes) {
  if (bytes.size() < sizeof(Header)) return std::nullopt;
  Header header;
  memcpy(&header, bytes.data(), sizeof header);
  bytes = bytes.subspan(std::min(bytes.size(), size_t{NLMSG_ALIGN(sizeof header)}));
  return header;
}

// The value of an attribute; empty if it is not there.
Bytes attribute(Bytes attributes, unsigned short wanted) {
  while (attributes.size() >= sizeof(rtattr)) {
    rtattr head;
    memcpy(&head, attributes.data(), sizeof head);
    if (head.rta_len < sizeof head || head.rta_len > attributes.size()) return {};
    if ((head.rta_type & NLA_TYPE_MASK) == wanted)
      return attributes.subspan(sizeof head, head.rta_len - sizeof head);
    attributes = attributes.subspan(std::min(attributes.size(), size_t{RTA_ALIGN(head.rta_len)}));
  }
  return {};
}

uint32_t number(Bytes bytes) {
  uint32_t value = 0;
  if (bytes.size() == sizeof value) memcpy(&value, bytes.data(), sizeof value);
  return value;
}

std::string raw(Bytes bytes) { return {bytes.begin(), bytes.end()}; }

}  // namespace

NetlinkState::Outcome NetlinkState::apply(Bytes datagram) {
  Outcome outcome;
  while (!datagram.empty()) {
    Bytes rest = datagram;
    const auto head = take<nlmsghdr>(rest);
    if (!head || head->nlmsg_len < NLMSG_HDRLEN || head->nlmsg_len > datagram.size()) {
      outcome.broken = true;
      return outcome;
    }
    const Bytes payload = rest.first(head->nlmsg_len - NLMSG_HDRLEN);
    switch (head->nlmsg_type) {
      case NLMSG_DONE:
        outcome.done = true;
        break;
      case NLMSG_ERROR:
        outcome.broken = true;
        break;
      case RTM_NEWLINK:
      case RTM_DELLINK:
        outcome.changed |= on_link(head->nlmsg_type == RTM_DELLINK, payload);
        break;
      case RTM_NEWADDR:
      case RTM_DELADDR:
        outcome.changed |= on_address(head->nlmsg_type == RTM_DELADDR, payload);
        break;
      case RTM_NEWROUTE:
      case RTM_DELROUTE:
        outcome.changed |= on_route(head->nlmsg_type == RTM_DELROUTE, payload);
        break;
      default:
        break;
    }
    datagram = datagram.subspan(std::min(datagram.size(), size_t{NLMSG_ALIGN(head->nlmsg_len)}));
  }
  return outcome;
}

template <class Key, class Value>
bool NetlinkState::set(std::map<Key, Mark<Value>>& table, const Key& key, Value value,
                       bool removed) {
  if (removed) return table.erase(key) > 0;
  const auto [at, added] = table.try_emplace(key, Mark<Value>{value, round_});
  const bool changed = added || at->second.value != value;
  at->second = {value, round_};
  return changed;
}

bool NetlinkState::on_link(bool removed, Bytes payload) {
  const auto link = take<ifinfomsg>(payload);
  if (!link) return false;
  const bool running = (link->ifi_flags & IFF_UP) != 0 && (link->ifi_flags & IFF_RUNNING) != 0;
  return set(links_, static_cast<uint32_t>(link->ifi_index), running, removed);
}

bool NetlinkState::on_address(bool removed, Bytes payload) {
  const auto head = take<ifaddrmsg>(payload);
  if (!head) return false;
  // Of a point-to-point link IFA_ADDRESS is the other end.
  Bytes bytes = attribute(payload, IFA_LOCAL);
  if (bytes.empty()) bytes = attribute(payload, IFA_ADDRESS);
  const auto ip = IpAddress::of_bytes(bytes);
  if (!ip) return false;
  const Bytes long_flags = attribute(payload, IFA_FLAGS);
  const uint32_t flags = long_flags.empty() ? head->ifa_flags : number(long_flags);
  const bool usable = (flags & (IFA_F_TENTATIVE | IFA_F_DADFAILED)) == 0;
  return set(addresses_, InterfaceAddress{head->ifa_index, *ip}, usable, removed);
}

// Default routes alone: whether the world is reached, and by what.
bool NetlinkState::on_route(bool removed, Bytes payload) {
  const auto head = take<rtmsg>(payload);
  if (!head || head->rtm_dst_len != 0 || head->rtm_type != RTN_UNICAST) return false;
  const Bytes table = attribute(payload, RTA_TABLE);
  if ((table.empty() ? head->rtm_table : number(table)) != RT_TABLE_MAIN) return false;
  Route route;
  route.family = head->rtm_family;
  route.interface = number(attribute(payload, RTA_OIF));
  route.metric = number(attribute(payload, RTA_PRIORITY));
  route.gateway = raw(attribute(payload, RTA_GATEWAY));
  return set(routes_, route, true, removed);
}

void NetlinkState::begin_dump() { ++round_; }

template <class Table>
bool NetlinkState::sweep(Table& table) {
  return std::erase_if(table, [this](const auto& entry) { return entry.second.round != round_; }) >
         0;
}

bool NetlinkState::end_dump() {
  const bool links = sweep(links_);
  const bool addresses = sweep(addresses_);
  const bool routes = sweep(routes_);
  return links || addresses || routes;
}

std::vector<IpAddress> NetlinkState::addresses() const {
  std::set<IpAddress> usable;
  for (const auto& [address, mark] : addresses_) {
    const auto link = links_.find(address.interface);
    if (mark.value && link != links_.end() && link->second.value) usable.insert(address.ip);
  }
  return {usable.begin(), usable.end()};
}

}  // namespace commd::net
