#include "daemon/discovery/dns_discovery.h"

#include <gmock/gmock.h>
#include <sys/socket.h>

#include <array>
#include <fstream>
#include <future>
#include <map>
#include <optional>
#include <thread>

#include "daemon/base/unique_fd.h"
#include "daemon/net/address.h"
#include "tests/support/dns_peer.h"
#include "tests/support/temp_folder.h"

namespace commd::discovery {
namespace {

using commd::test::DnsPeer;
using namespace std::chrono_literals;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

// A socket on a free port of 127.0.0.1.
struct Bound {
  explicit Bound(int type) : socket(::socket(AF_INET, type | SOCK_CLOEXEC, 0)) {
    net::SocketAddress address({net::IpAddress::loopback(net::Family::v4), 0});
    ::bind(socket.get(), address.get(), address.length);
    ::getsockname(socket.get(), reinterpret_cast<sockaddr*>(&address.storage), &address.length);
    port = net::Endpoint::of(address.storage)->port;
  }
  base::UniqueFd socket;
  uint16_t port = 0;
};

class DnsDiscoveryTest : public testing::Test {
 protected:
  // Nobody listens at any of the ports unless a test does.
  void SetUp() override {
    options_.sip_port = closed_udp_and_tcp();
    options_.sips_port = closed_[0].port;
    options_.xmpp_port = closed_[1].port;
    options_.patience = 5s;
    loop_.start();
  }
  void TearDown() override {
    run([this] { discovery_.reset(); });
  }
  // The TCP port of that number is not ours, but nobody has reason to listen there.
  uint16_t closed_udp_and_tcp() { return closed_[2].port; }

  void run(const std::function<void()>& task) {
    std::promise<void> done;
    loop_.post([&] {
      task();
      done.set_value();
    });
    done.get_future().wait();
  }

  base::Result<ports::FoundServers> discover(const std::string& domain, DnsPeer::Zone zone) {
    dns_.emplace(std::move(zone));
    const std::string conf = (folder_ / "resolv.conf").string();
    std::ofstream(conf) << "nameserver 127.0.0.1\nport " << dns_->port() << "\n";
    options_.sip_resolv_conf = options_.xmpp_resolv_conf = conf;
    std::promise<base::Result<ports::FoundServers>> answer;
    run([&] {
      discovery_ = std::make_unique<DnsDiscovery>(loop_, options_);
      discovery_->discover(domain, [&](auto result) { answer.set_value(std::move(result)); });
    });
    auto future = answer.get_future();
    if (future.wait_for(20s) == std::future_status::ready) return future.get();
    return base::fail(base::Code::deadline_exceeded, "NO_ANSWER", "no answer in 20 s");
  }

  commd::test::TempFolder folder_;
  std::array<Bound, 3> closed_{Bound(SOCK_STREAM), Bound(SOCK_STREAM), Bound(SOCK_STREAM)};
  loop::CoreLoop loop_;
  std::optional<DnsPeer> dns_;
  DiscoveryOptions options_;
  std::unique_ptr<DnsDiscovery> discovery_;
};

DnsPeer::Zone zone_of(std::map<std::string, std::vector<DnsPeer::Service>> services) {
  DnsPeer::Zone zone;
  zone.services = std::move(services);
  return zone;
}

TEST_F(DnsDiscoveryTest, WhatTheDomainPublishesIsBelieved) {
  const auto servers = discover(
      "Example.test", zone_of({{"_sip._udp.example.test", {{"pbx.example.test", 5070}}},
                               {"_xmpp-client._tcp.example.test", {{"im.example.test", 5222}}}}));
  ASSERT_TRUE(servers) << servers.error().message;
  ASSERT_THAT(servers->found, SizeIs(2));
  EXPECT_EQ(servers->found[0].protocol, model::Protocol::sip);
  EXPECT_EQ(servers->found[0].found_by, "_sip._udp says pbx.example.test:5070");
  EXPECT_EQ(servers->found[1].protocol, model::Protocol::xmpp);
  EXPECT_EQ(servers->found[1].found_by, "_xmpp-client._tcp says im.example.test:5222");
  EXPECT_THAT(servers->tried, IsEmpty());
}

TEST_F(DnsDiscoveryTest, ARootTargetMeansThatItIsNotOffered) {
  Bound xmpp(SOCK_STREAM);
  ::listen(xmpp.socket.get(), 8);
  options_.xmpp_port = xmpp.port;
  DnsPeer::Zone zone = zone_of({{"_sips._tcp.example.test", {{"pbx.example.test", 5061}}},
                                {"_xmpp-client._tcp.example.test", {{"", 0}}}});
  zone.addresses["example.test"] = "127.0.0.1";
  const auto servers = discover("example.test", std::move(zone));
  ASSERT_TRUE(servers);
  ASSERT_THAT(servers->found, SizeIs(1));
  EXPECT_EQ(servers->found[0].protocol, model::Protocol::sip);
  EXPECT_THAT(servers->tried, ElementsAre(HasSubstr("XMPP: ")));
}

TEST_F(DnsDiscoveryTest, WithoutRecordsWhoAnswersAtTheDomainIsFound) {
  Bound xmpp(SOCK_STREAM);
  ::listen(xmpp.socket.get(), 8);
  options_.xmpp_port = xmpp.port;
  const Bound sip(SOCK_DGRAM);
  options_.sip_port = sip.port;
  std::thread peer([&] {
    std::array<char, 1500> bytes{};
    sockaddr_storage from{};
    socklen_t length = sizeof from;
    const ssize_t count = ::recvfrom(sip.socket.get(), bytes.data(), bytes.size(), 0,
                                     reinterpret_cast<sockaddr*>(&from), &length);
    EXPECT_THAT(std::string(bytes.data(), static_cast<size_t>(std::max<ssize_t>(0, count))),
                HasSubstr("OPTIONS sip:example.test SIP/2.0"));
    const std::string answer = "SIP/2.0 404 Not Found\r\n\r\n";
    ::sendto(sip.socket.get(), answer.data(), answer.size(), 0, reinterpret_cast<sockaddr*>(&from),
             length);
  });
  DnsPeer::Zone zone;
  zone.addresses["example.test"] = "127.0.0.1";
  const auto servers = discover("example.test", std::move(zone));
  peer.join();
  ASSERT_TRUE(servers) << servers.error().message;
  ASSERT_THAT(servers->found, SizeIs(2));
  EXPECT_EQ(servers->found[0].found_by,
            "OPTIONS over UDP to 127.0.0.1:" + std::to_string(sip.port) + " was answered");
  EXPECT_EQ(servers->found[1].found_by,
            "TCP to 127.0.0.1:" + std::to_string(xmpp.port) + " was answered");
}

TEST_F(DnsDiscoveryTest, NothingThereNamesEachStep) {
  DnsPeer::Zone zone;
  zone.addresses["example.test"] = "127.0.0.1";
  const auto servers = discover("example.test", std::move(zone));
  ASSERT_TRUE(servers) << servers.error().message;
  EXPECT_THAT(servers->found, IsEmpty());
  EXPECT_THAT(servers->tried, Contains(HasSubstr("SIP: _sips._tcp.example.test")));
  EXPECT_THAT(servers->tried, Contains(HasSubstr("XMPP: TCP: no connection to example.test")));
  EXPECT_THAT(servers->tried, Contains(HasSubstr("SIP: UDP: ")));
}

TEST_F(DnsDiscoveryTest, ANameThatIsNoneIsAnError) {
  EXPECT_EQ(discover("a..b", {}).error().reason, "DOMAIN_INVALID");
}

}  // namespace
}  // namespace commd::discovery
