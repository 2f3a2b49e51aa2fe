#include "daemon/net/connector.h"

#include <gmock/gmock.h>
#include <netinet/tcp.h>

#include "tests/support/dns_peer.h"
#include "tests/unit/net/loop_fixture.h"
#include "tests/unit/net/sockets.h"

namespace commd::net::test {
namespace {

using commd::test::DnsPeer;
using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

int option_of(int fd, int level, int name) {
  int value = -1;
  socklen_t length = sizeof value;
  ::getsockopt(fd, level, name, &value, &length);
  return value;
}

class ConnectorTest : public testing::Test {
 protected:
  void use_dns(const DnsPeer::Zone& zone) {
    peer_.emplace(zone);
    ResolverOptions options;
    options.servers = {peer_->address()};
    options.hosts = "/nonexistent";
    resolver_.emplace(loop_.context(), options);
  }

  void connect(std::vector<Target> targets) {
    if (!resolver_) use_dns({});
    outcome_.emplace();
    handle_ =
        connect_any(loop_.context(), *resolver_, std::move(targets), options_, outcome_->taker());
    EXPECT_FALSE(outcome_->there()) << "called inside";
  }

  void finish() {
    ASSERT_TRUE(loop_.run_until([&] { return outcome_->there(); }));
    EXPECT_TRUE(loop_.runs_dry());
  }

  Loop loop_;
  std::optional<DnsPeer> peer_;
  std::optional<Resolver> resolver_;
  ConnectOptions options_;
  std::optional<Outcome<Connected>> outcome_;
  OperationHandle handle_;
};

TEST_F(ConnectorTest, ALiteralIsConnectedWithItsOptions) {
  const Listener listener;
  options_.keepalive_idle = 33s;
  connect({{"127.0.0.1", listener.port(), 7, ""}});
  finish();
  ASSERT_EQ(outcome_->reason(), "no error");
  const Connected& connected = *outcome_->get();
  const int fd = connected.socket.get();
  EXPECT_EQ(connected.target.tag, 7);
  EXPECT_EQ(connected.remote.text(), "127.0.0.1:" + std::to_string(listener.port()));
  EXPECT_NE(option_of(fd, IPPROTO_TCP, TCP_NODELAY), 0);
  EXPECT_NE(option_of(fd, SOL_SOCKET, SO_KEEPALIVE), 0);
  EXPECT_EQ(option_of(fd, IPPROTO_TCP, TCP_KEEPIDLE), 33);
  EXPECT_EQ(::send(fd, "x", 1, 0), 1);
}

TEST_F(ConnectorTest, WhoIsSentByOthersGoesNowhereNear) {
  const Listener listener;
  DnsPeer::Zone zone;
  zone.addresses = {{"inside.test", "127.0.0.1"}, {"link.test", "169.254.169.254"}};
  zone.addresses6 = {{"inside.test", "::ffff:127.0.0.1"}};
  use_dns(zone);
  options_.others_alone = true;
  for (const char* host :
       {"127.0.0.1", "::1", "localhost", "inside.test", "link.test", "fe80::1"}) {
    connect({{host, listener.port(), 0, ""}});
    finish();
    EXPECT_EQ(outcome_->reason(), "ADDRESS_NOT_ALLOWED") << host;
  }
}

TEST(IpAddress, KnowsWhatIsNear) {
  for (const char* near :
       {"127.0.0.1", "127.9.9.9", "0.0.0.0", "169.254.169.254", "224.0.0.1", "255.255.255.255",
        "::", "::1", "::ffff:127.0.0.1", "::127.0.0.1", "64:ff9b::7f00:1", "fe80::1", "ff02::1"})
    EXPECT_TRUE(IpAddress::parse(near)->near()) << near;
  for (const char* far : {"192.0.2.1", "10.0.0.1", "128.0.0.1", "169.253.0.1", "2001:db8::1",
                          "fd00::1", "::ffff:192.0.2.1", "64:ff9b::c000:201"})
    EXPECT_FALSE(IpAddress::parse(far)->near()) << far;
}

TEST_F(ConnectorTest, Ipv6GoesFirstAndIpv4IsNotEvenTried) {
  const Listener six(Family::v6);
  const Listener four(Family::v4, 16, six.port());
  DnsPeer::Zone zone;
  zone.addresses = {{"a.test", "127.0.0.1"}};
  zone.addresses6 = {{"a.test", "::1"}};
  use_dns(zone);
  options_.wait_for_v6 = 20s;
  connect({{"a.test", six.port(), 0, ""}});
  finish();
  ASSERT_EQ(outcome_->reason(), "no error");
  EXPECT_EQ(outcome_->get()->remote.ip.text(), "::1");
}

TEST_F(ConnectorTest, ARefusedAddressIsFollowedAtOnce) {
  const Listener listener;  // IPv4 alone
  DnsPeer::Zone zone;
  zone.addresses = {{"a.test", "127.0.0.1"}};
  zone.addresses6 = {{"a.test", "::1"}};
  use_dns(zone);
  options_.stagger = 1h;
  connect({{"a.test", listener.port(), 0, ""}});
  finish();
  ASSERT_EQ(outcome_->reason(), "no error");
  EXPECT_EQ(outcome_->get()->remote.ip.text(), "127.0.0.1");
}

TEST_F(ConnectorTest, AMuteAddressIsOvertaken) {
  Listener mute(Family::v4, 0);
  mute.fill();
  const Listener listener;
  options_.stagger = 20ms;
  connect({{"127.0.0.1", mute.port(), 1, ""}, {"127.0.0.1", listener.port(), 2, ""}});
  finish();
  ASSERT_EQ(outcome_->reason(), "no error");
  EXPECT_EQ(outcome_->get()->target.tag, 2);
  EXPECT_EQ(outcome_->get()->target_index, 1U);
}

TEST_F(ConnectorTest, ANameThatIsLookedUpForLongIsOvertaken) {
  DnsPeer::Zone zone;
  zone.addresses = {{"quick.test", "127.0.0.1"}};
  zone.hook = [](const DnsPeer::Question& question) -> std::optional<std::string> {
    if (question.name == "mute.test") return std::string();
    return std::nullopt;
  };
  use_dns(zone);
  const Listener listener;
  options_.stagger = 20ms;
  connect({{"mute.test", 1, 1, ""}, {"quick.test", listener.port(), 2, ""}});
  finish();
  ASSERT_EQ(outcome_->reason(), "no error");
  EXPECT_EQ(outcome_->get()->target.tag, 2);
}

TEST_F(ConnectorTest, Ipv4DoesNotWaitForAMuteIpv6Lookup) {
  DnsPeer::Zone zone;
  zone.addresses = {{"a.test", "127.0.0.1"}};
  zone.hook = [](const DnsPeer::Question& question) -> std::optional<std::string> {
    if (question.type == static_cast<int>(RecordType::aaaa)) return std::string();
    return std::nullopt;
  };
  use_dns(zone);
  const Listener listener;
  connect({{"a.test", listener.port(), 0, ""}});
  finish();
  ASSERT_EQ(outcome_->reason(), "no error");
}

TEST_F(ConnectorTest, TheErrorNamesEachAddressAndItsReason) {
  const ClosedPort closed;
  Listener mute(Family::v4, 0);
  mute.fill();
  DnsPeer::Zone zone;
  zone.addresses = {{"a.test", "127.0.0.1"}};
  use_dns(zone);
  options_.stagger = 1ms;
  options_.attempt_timeout = 50ms;
  connect({{"a.test", closed.port(), 0, ""},
           {"127.0.0.1", mute.port(), 0, ""},
           {"nobody.test", 1, 0, ""}});
  finish();
  EXPECT_EQ(outcome_->reason(), "CONNECT_FAILED");
  EXPECT_THAT(
      outcome_->message(),
      AllOf(HasSubstr("no connection to a.test: 127.0.0.1:" + std::to_string(closed.port()) +
                      " (a.test): Connection refused"),
            HasSubstr("127.0.0.1:" + std::to_string(mute.port()) + ": no answer within 50 ms"),
            HasSubstr("nobody.test does not exist in DNS")));
  EXPECT_THAT(outcome_->get().error().details["attempts"], HasSubstr("Connection refused"));
}

TEST_F(ConnectorTest, OneReasonForAllIsTheReason) {
  const ClosedPort closed;
  connect({{"127.0.0.1", closed.port(), 0, ""}, {"::1", closed.port(), 0, ""}});
  finish();
  EXPECT_EQ(outcome_->reason(), "CONNECTION_REFUSED");
  EXPECT_THAT(outcome_->message(), Not(HasSubstr("nobody")));
  Listener mute(Family::v4, 0);
  mute.fill();
  options_.deadline = 50ms;
  connect({{"127.0.0.1", mute.port(), 0, ""}});
  finish();
  EXPECT_EQ(outcome_->reason(), "CONNECT_TIMEOUT");
  EXPECT_THAT(outcome_->message(), HasSubstr("no answer within 50 ms in all"));
  connect({{"nobody.test", 1, 0, ""}});
  finish();
  EXPECT_EQ(outcome_->reason(), "DNS_NO_SUCH_NAME");
  EXPECT_THAT(outcome_->message(), HasSubstr("no connection to nobody.test: nobody.test does not"));
  connect({});
  finish();
  EXPECT_EQ(outcome_->reason(), "CONNECT_FAILED");
}

TEST_F(ConnectorTest, NamesAreLookedUpOnlyAsFarAsNeeded) {
  DnsPeer::Zone zone;
  for (int i = 0; i < 8; ++i) zone.addresses["h" + std::to_string(i) + ".test"] = "127.0.0.1";
  use_dns(zone);
  const Listener listener;
  std::vector<Target> targets;
  for (int i = 0; i < 8; ++i)
    targets.push_back({"h" + std::to_string(i) + ".test", listener.port(), i, ""});
  connect(std::move(targets));
  finish();
  ASSERT_EQ(outcome_->reason(), "no error");
  EXPECT_EQ(outcome_->get()->target_index, 0U);
  EXPECT_EQ(peer_->asked("h7.test"), 0U);
}

TEST_F(ConnectorTest, CancelledIsNeverTold) {
  const Listener listener;
  connect({{"127.0.0.1", listener.port(), 0, ""}});
  handle_.reset();
  EXPECT_TRUE(loop_.runs_dry());
  EXPECT_FALSE(outcome_->there());
  Listener mute(Family::v4, 0);
  mute.fill();
  connect({{"127.0.0.1", mute.port(), 0, ""}});
  loop_.context().restart();
  loop_.context().poll();
  handle_.reset();
  EXPECT_TRUE(loop_.runs_dry());
  EXPECT_FALSE(outcome_->there());
}

}  // namespace
}  // namespace commd::net::test
