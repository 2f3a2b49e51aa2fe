// The way to STUN and TURN servers: their names, and doors to those behind TLS.
#include <gmock/gmock.h>

#include "daemon/base/log.h"
#include "daemon/loop/pool.h"
#include "daemon/net/ice_server_addresses.h"
#include "daemon/net/tcp_stream.h"
#include "daemon/net/tls_tunnel.h"
#include "tests/support/dns_peer.h"
#include "tests/support/tls_server.h"
#include "tests/unit/net/loop_fixture.h"
#include "tests/unit/net/sockets.h"

namespace commd::net::test {
namespace {

using commd::test::DnsPeer;
using commd::test::Identity;
using commd::test::make_identity;
using commd::test::ScratchFolder;
using commd::test::TlsServer;
using model::IceServer;

class RelayTest : public testing::Test {
 protected:
  RelayTest() : ca_(make_identity({.common_name = "Test CA", .authority = true}, nullptr)) {
    DnsPeer::Zone zone;
    zone.addresses = {{"both.test", "192.0.2.1"}, {"four.test", "192.0.2.4"}};
    zone.addresses6 = {{"both.test", "2001:db8::1"}};
    peer_.emplace(zone);
    ResolverOptions options;
    options.servers = {peer_->address()};
    options.hosts = "/nonexistent";
    resolver_.emplace(loop_.context(), options);
  }

  std::vector<std::string> hosts_of(const std::vector<std::string>& names) {
    std::vector<IceServer> servers;
    for (const std::string& name : names) servers.emplace_back().host = name;
    std::optional<std::vector<IceServer>> found;
    const auto handle = find_ice_servers(loop_.context(), *resolver_, std::move(servers),
                                         [&](auto result) { found = std::move(result); });
    EXPECT_FALSE(found) << "called inside";
    EXPECT_TRUE(loop_.run_until([&] { return found.has_value(); }));
    std::vector<std::string> hosts;
    for (const IceServer& each : *found) hosts.push_back(each.certificate_name + "=" + each.host);
    return hosts;
  }

  IceServer at(const TlsServer& server, const std::string& name) {
    IceServer place;
    place.kind = IceServer::Kind::turns;
    place.transport = IceServer::Transport::tcp;
    place.host = "127.0.0.1";
    place.port = server.port();
    place.certificate_name = name;
    place.ca_file = folder_.write_certificate("ca.pem", ca_);
    return place;
  }
  // What comes back through a door; "" where the connection ended first.
  std::string through(const IceServer& place, const std::string& words) {
    const auto door = TlsTunnel::open(around_, place);
    EXPECT_EQ(door->address().ip, "127.0.0.1");
    TcpStream stream(loop_.context(), connected_to(door->address().port));
    std::string back;
    bool ended = false;
    std::function<void()> read = [&] {
      stream.read([&](base::Result<std::string_view> bytes) {
        if (!bytes || bytes->empty()) {
          ended = true;
          return;
        }
        back += *bytes;
        read();
      });
    };
    read();
    stream.write(words, [](const base::Result<void>&) {});
    EXPECT_TRUE(loop_.run_until([&] { return ended || back.size() >= words.size(); }));
    return back;
  }

  Loop loop_;
  ScratchFolder folder_;
  Identity ca_;
  std::optional<DnsPeer> peer_;
  std::optional<Resolver> resolver_;
  loop::Pool pool_;
  TlsTrustSets trust_{loop_.context(), pool_};
  TlsTunnel::Around around_{loop_.context(), *resolver_, trust_, base::null_logger()};
};

TEST_F(RelayTest, NamesBecomeAddressesOfBothKindsInTheirOrder) {
  EXPECT_THAT(hosts_of({"four.test", "nowhere.test", "both.test", "198.51.100.7"}),
              testing::ElementsAre("four.test=192.0.2.4", "both.test=192.0.2.1",
                                   "both.test=2001:db8::1", "198.51.100.7=198.51.100.7"));
  EXPECT_TRUE(hosts_of({}).empty());
}

TEST_F(RelayTest, OnlySoManyAreLookedUp) {
  EXPECT_EQ(hosts_of(std::vector<std::string>(20, "four.test")).size(), most_servers_looked_up);
}

TEST_F(RelayTest, ALookupThatIsGivenUpTellsNothing) {
  bool told = false;
  IceServer server;
  server.host = "four.test";
  find_ice_servers(loop_.context(), *resolver_, {server}, [&](const auto&) {
    told = true;
  }).reset();
  EXPECT_TRUE(loop_.runs_dry());
  EXPECT_FALSE(told);
}

TEST_F(RelayTest, ADoorLeadsToTheServerAndBack) {
  const Identity good = make_identity({.alternative_names = "DNS:turn.test"}, &ca_);
  const TlsServer server(good, {.talk = &TlsServer::echo});
  const std::string words(50000, 'x');
  EXPECT_EQ(through(at(server, "turn.test"), words), words);
}

TEST_F(RelayTest, AServerOfAnotherNameIsNotSpokenTo) {
  const Identity other = make_identity({.alternative_names = "DNS:other.test"}, &ca_);
  const TlsServer server(other, {.talk = &TlsServer::echo});
  EXPECT_EQ(through(at(server, "turn.test"), "secret"), "");
  EXPECT_EQ(server.handshakes(), 0);
}

TEST_F(RelayTest, AnAuthorityThatNobodyTrustsIsNoAuthority) {
  const Identity own = make_identity({.alternative_names = "DNS:turn.test"}, nullptr);
  const TlsServer server(own, {.talk = &TlsServer::echo});
  EXPECT_EQ(through(at(server, "turn.test"), "secret"), "");
}

}  // namespace
}  // namespace commd::net::test
