#include <gtest/gtest.h>
#include <netinet/in.h>
#include <netinet/ip.h>
#include <sys/socket.h>

#include <set>

#include "media/engine/socket_address.h"
#include "media/engine/udp_ports.h"

namespace commd::engine {
namespace {

uint16_t bound_port(const base::UniqueFd& fd) {
  SocketAddress address;
  socklen_t size = SocketAddress::capacity;
  EXPECT_EQ(::getsockname(fd.get(), address.writable(), &size), 0);
  return address.port();
}

// A range of free ports: whatever the kernel gives, rounded down to even.
PortRange free_range(uint16_t pairs) {
  base::UniqueFd probe(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  const SocketAddress any = *SocketAddress::parse("127.0.0.1", 0);
  EXPECT_EQ(::bind(probe.get(), any.data(), any.size()), 0);
  uint16_t first = bound_port(probe);
  if (first > 65000) first = 65000;
  first = static_cast<uint16_t>(first & ~1);
  return {first, static_cast<uint16_t>(first + 2 * pairs - 1)};
}

TEST(SocketAddress, ParsesLiteralsAndPrintsThem) {
  EXPECT_EQ(SocketAddress::parse("192.0.2.1", 80)->to_string(), "192.0.2.1:80");
  EXPECT_EQ(SocketAddress::parse("2001:DB8::1", 80)->to_string(), "[2001:db8::1]:80");
  for (const char* bad : {"", "example.org", "192.0.2", "192.0.2.1 ", "::1%lo", "[::1]", "0x7f.1"})
    EXPECT_FALSE(SocketAddress::parse(bad, 80)) << bad;
  EXPECT_FALSE(SocketAddress::parse(std::string(1000, '1'), 80));
  EXPECT_EQ(SocketAddress().to_string(), "");
}

TEST(SocketAddress, ComparesHostAndPort) {
  const auto a = *SocketAddress::parse("192.0.2.1", 80);
  EXPECT_EQ(a, *SocketAddress::parse("192.0.2.1", 80));
  EXPECT_FALSE(a == *SocketAddress::parse("192.0.2.1", 81));
  EXPECT_FALSE(a == *SocketAddress::parse("192.0.2.2", 80));
  EXPECT_FALSE(a == *SocketAddress::parse("2001:db8::1", 80));
  EXPECT_TRUE(SocketAddress::same_host(a, *SocketAddress::parse("192.0.2.1", 81)));
  EXPECT_FALSE(SocketAddress() == SocketAddress()) << "nobody sent from nowhere";
}

TEST(SocketAddress, KnowsPrivateAddresses) {
  for (const char* ip : {"10.1.2.3", "172.16.0.1", "172.31.255.255", "192.168.1.1", "100.64.0.1",
                         "100.127.0.1", "169.254.1.1", "127.0.0.1", "::1", "fe80::1", "fd00::1"})
    EXPECT_TRUE(SocketAddress::parse(ip, 1)->is_private()) << ip;
  for (const char* ip : {"11.1.2.3", "172.15.0.1", "172.32.0.1", "192.169.1.1", "100.63.0.1",
                         "100.128.0.1", "8.8.8.8", "2001:db8::1", "fec0::1"})
    EXPECT_FALSE(SocketAddress::parse(ip, 1)->is_private()) << ip;
}

TEST(UdpPorts, PairsAreEvenAndOdd) {
  UdpPorts ports(free_range(200));
  const auto pair = ports.open("127.0.0.1", UdpPorts::Rtcp::own_port);
  ASSERT_TRUE(pair) << pair.error().message;
  EXPECT_EQ(pair->rtp_port % 2, 0);
  EXPECT_EQ(bound_port(pair->rtp), pair->rtp_port);
  EXPECT_EQ(bound_port(pair->rtcp), pair->rtp_port + 1);
  const auto shared = ports.open("127.0.0.1", UdpPorts::Rtcp::shared);
  ASSERT_TRUE(shared);
  EXPECT_FALSE(shared->rtcp);
}

TEST(UdpPorts, MarkTheirPacketsAsTelephony) {
  UdpPorts ports(free_range(200));
  const auto pair = ports.open("127.0.0.1", UdpPorts::Rtcp::shared);
  ASSERT_TRUE(pair);
  int value = 0;
  socklen_t size = sizeof value;
  ::getsockopt(pair->rtp.get(), IPPROTO_IP, IP_TOS, &value, &size);
  EXPECT_EQ(value, 46 << 2);
}

TEST(UdpPorts, ATakenPortIsPassedOver) {
  const PortRange range = free_range(2);
  base::UniqueFd squatter(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  const auto taken = *SocketAddress::parse("127.0.0.1", range.first);
  ASSERT_EQ(::bind(squatter.get(), taken.data(), taken.size()), 0);
  UdpPorts ports(range);
  const auto pair = ports.open("127.0.0.1", UdpPorts::Rtcp::own_port);
  ASSERT_TRUE(pair) << pair.error().message;
  EXPECT_EQ(pair->rtp_port, range.first + 2);
}

TEST(UdpPorts, ExhaustionSaysSoAndAPortComesBack) {
  UdpPorts ports(free_range(2));
  auto one = ports.open("127.0.0.1", UdpPorts::Rtcp::shared);
  auto two = ports.open("127.0.0.1", UdpPorts::Rtcp::shared);
  ASSERT_TRUE(one && two);
  EXPECT_NE(one->rtp_port, two->rtp_port);
  const auto three = ports.open("127.0.0.1", UdpPorts::Rtcp::shared);
  ASSERT_FALSE(three);
  EXPECT_EQ(three.error().code, base::Code::resource_exhausted);
  EXPECT_EQ(three.error().reason, "NO_RTP_PORT");
  const uint16_t freed = one->rtp_port;
  one = base::fail(base::Code::internal, "", "");
  const auto again = ports.open("127.0.0.1", UdpPorts::Rtcp::shared);
  ASSERT_TRUE(again);
  EXPECT_EQ(again->rtp_port, freed);
}

TEST(UdpPorts, AnAddressThatIsNotOursIsUnavailable) {
  UdpPorts ports({20000, 20010});
  EXPECT_EQ(ports.open("192.0.2.1", UdpPorts::Rtcp::shared).error().reason,
            "LOCAL_ADDRESS_UNUSABLE");
  EXPECT_EQ(ports.open("nonsense", UdpPorts::Rtcp::shared).error().code,
            base::Code::invalid_argument);
}

TEST(UdpPorts, AnEmptyRangeHasNoPorts) {
  UdpPorts ports({20001, 20002});
  EXPECT_EQ(ports.open("127.0.0.1", UdpPorts::Rtcp::shared).error().reason, "NO_RTP_PORT");
}

}  // namespace
}  // namespace commd::engine
