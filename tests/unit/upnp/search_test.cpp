#include "daemon/upnp/search.h"

#include <gtest/gtest.h>

#include "daemon/upnp/gateways.h"

namespace commd::upnp {
namespace {

TEST(UpnpSearch, AsksForGateways) {
  EXPECT_EQ(
      search_request("239.255.255.250", 1900),
      "M-SEARCH * HTTP/1.1\r\nHOST: 239.255.255.250:1900\r\nMAN: \"ssdp:discover\"\r\nMX: 1\r\n"
      "ST: urn:schemas-upnp-org:device:InternetGatewayDevice:1\r\n\r\n");
}

TEST(UpnpSearch, ReadsWhereTheDescriptionIs) {
  EXPECT_EQ(location_in("HTTP/1.1 200 OK\r\nCACHE-CONTROL: max-age=120\r\n"
                        "Location:  http://10.1.0.1:5000/rootDesc.xml \r\nST: x\r\n\r\n"),
            "http://10.1.0.1:5000/rootDesc.xml");
  // Some end their lines like this, and some do not end the last one.
  EXPECT_EQ(location_in("HTTP/1.0 200\nLOCATION:http://10.1.0.1/d"), "http://10.1.0.1/d");
}

TEST(UpnpSearch, RefusesWhatIsNoAnswer) {
  EXPECT_FALSE(location_in(""));
  EXPECT_FALSE(location_in("HTTP/1.1 200 OK\r\nST: x\r\n\r\n"));
  EXPECT_FALSE(location_in("HTTP/1.1 200 OK\r\nLocation: \r\n\r\n"));
  EXPECT_FALSE(location_in("HTTP/1.1 404 Not Found\r\nLocation: http://10.1.0.1/d\r\n\r\n"));
  EXPECT_FALSE(location_in("NOTIFY * HTTP/1.1\r\nLocation: http://10.1.0.1/d\r\n\r\n"));
  EXPECT_FALSE(location_in("HTTP/1.1 200 OK\r\n" + std::string(5000, 'x') +
                           "\r\nLocation: http://10.1.0.1/d\r\n\r\n"));
}

TEST(UpnpGateways, AreThoseOfDefaultRoutes) {
  constexpr const char* routes =
      "Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT\n"
      "eth0\t00000000\t0100010A\t0003\t0\t0\t101\t00000000\t0\t0\t0\n"
      "wlan0\t00000000\t0100A8C0\t0003\t0\t0\t600\t00000000\t0\t0\t0\n"
      "wlan0\t00000000\t0100A8C0\t0003\t0\t0\t700\t00000000\t0\t0\t0\n"
      "tun0\t00000000\t00000000\t0001\t0\t0\t50\t00000000\t0\t0\t0\n"
      "eth0\t0000010A\t00000000\t0001\t0\t0\t0\t00FFFFFF\t0\t0\t0\n"
      "eth0\t00000080\t0200010A\t0003\t0\t0\t0\t00000080\t0\t0\t0\n";
  EXPECT_EQ(gateways_in(routes), (std::vector<std::string>{"10.1.0.1", "192.168.0.1"}));
  EXPECT_TRUE(gateways_in("").empty());
  EXPECT_TRUE(gateways_in("eth0\t00000000\tzz\t1\t2\t3\t4\t00000000\n").empty());
}

TEST(UpnpGateways, StandBeforePrivateAddresses) {
  for (const char* ip : {"10.0.0.1", "172.16.0.1", "172.31.255.254", "192.168.1.7", "100.64.0.9"})
    EXPECT_TRUE(is_private(ip)) << ip;
  for (const char* ip : {"127.0.0.1", "172.32.0.1", "192.169.0.1", "100.128.0.1", "198.51.100.1",
                         "169.254.1.1", "fd00::1", "::1", "", "10.0.0"})
    EXPECT_FALSE(is_private(ip)) << ip;
}

}  // namespace
}  // namespace commd::upnp
