#include "daemon/probe/relay_probe.h"

#include <algorithm>
#include <thread>

#include "tests/support/tls_server.h"
#include "tests/unit/net/sockets.h"
#include "tests/unit/probe/fake_turn.h"
#include "tests/unit/probe/probe_fixture.h"

namespace commd::probe::test {
namespace {

using commd::test::make_identity;
using commd::test::ScratchFolder;
using commd::test::TlsServer;
using testing::HasSubstr;

class RelayProbeTest : public ProbeFixture {
 protected:
  RelayTarget target(uint16_t port, RelayTransport transport = RelayTransport::udp) const {
    return {transport, "127.0.0.1", port, "alice", base::Secret("secret"), {}};
  }
  RelayOutcome probe(RelayTarget target) {
    std::optional<RelayOutcome> outcome;
    const auto handle = probe_relay(around_, std::move(target), [&](RelayOutcome came) {
      EXPECT_FALSE(outcome) << "called twice";
      outcome.emplace(std::move(came));
    });
    EXPECT_FALSE(outcome) << "called inside";
    EXPECT_TRUE(loop_.run_until([&] { return outcome.has_value(); }));
    return outcome.value_or(RelayOutcome{});
  }
  RelayOutcome probe(FakeTurn::Ways ways) {
    server_ = std::make_unique<FakeTurn>(loop_.context(), std::move(ways));
    return probe(target(server_->port()));
  }
  static std::string reason(const RelayOutcome& outcome) {
    return outcome.error ? outcome.error->reason : "none";
  }

  std::unique_ptr<FakeTurn> server_;
};

TEST_F(RelayProbeTest, ADatagramGoesThroughAndComesBack) {
  const RelayOutcome outcome = probe(FakeTurn::Ways{});
  ASSERT_EQ(reason(outcome), "none") << outcome.error->message;
  EXPECT_EQ(outcome.server, server_->endpoint());
  ASSERT_TRUE(outcome.relayed);
  EXPECT_EQ(outcome.mapped->ip.text(), "127.0.0.1");
  ASSERT_TRUE(outcome.round_trip);
  EXPECT_GT(outcome.round_trip->count(), 0);
  EXPECT_GT(outcome.allocation_time->count(), 0);
  EXPECT_TRUE(loop_.run_until([&] { return server_->let_go; })) << "the allocation is left there";
}

TEST_F(RelayProbeTest, ANameIsLookedUp) {
  server_ = std::make_unique<FakeTurn>(loop_.context(), FakeTurn::Ways{});
  RelayTarget named = target(server_->port());
  named.host = "there.test";
  EXPECT_TRUE(probe(named).round_trip);
  named.host = "nowhere.test";
  EXPECT_EQ(reason(probe(named)), "DNS_NO_SUCH_NAME");
}

TEST_F(RelayProbeTest, AWrongPasswordIsNotAServerThatIsAway) {
  EXPECT_EQ(reason(probe(FakeTurn::Ways{.password = "another"})), "TURN_CREDENTIALS_REFUSED");
  EXPECT_EQ(reason(probe(FakeTurn::Ways{.mute = true})), "STUN_NO_ANSWER");
}

TEST_F(RelayProbeTest, WithoutAPasswordItIsSaidThatThereMustBeOne) {
  server_ = std::make_unique<FakeTurn>(loop_.context(), FakeTurn::Ways{});
  RelayTarget bare = target(server_->port());
  bare.password = {};
  EXPECT_EQ(reason(probe(bare)), "TURN_CREDENTIALS_MISSING");
  bare = target(server_->port());
  bare.user.clear();
  EXPECT_EQ(reason(probe(bare)), "TURN_CREDENTIALS_MISSING");
}

TEST_F(RelayProbeTest, ANonceThatIsOverIsReplaced) {
  EXPECT_TRUE(probe(FakeTurn::Ways{.stale = 1}).round_trip);
  EXPECT_EQ(reason(probe(FakeTurn::Ways{.stale = 100})), "TURN_ANSWER_BROKEN");
}

TEST_F(RelayProbeTest, ARefusalSaysItsCode) {
  const RelayOutcome outcome = probe(FakeTurn::Ways{.refuses = 486});
  ASSERT_EQ(reason(outcome), "TURN_REFUSED");
  EXPECT_EQ(outcome.error->details.at("code"), "486");
  EXPECT_THAT(outcome.error->message, HasSubstr("486 No"));
}

TEST_F(RelayProbeTest, WhoDoesNotKnowThePasswordIsNotBelieved) {
  EXPECT_EQ(reason(probe(FakeTurn::Ways{.proves = false})), "TURN_ANSWER_UNPROVEN");
}

TEST_F(RelayProbeTest, ChallengesAndAnswersMayBeBroken) {
  EXPECT_EQ(reason(probe(FakeTurn::Ways{.challenges_badly = true})), "TURN_ANSWER_BROKEN");
  EXPECT_EQ(reason(probe(FakeTurn::Ways{.says_address = false})), "TURN_ANSWER_BROKEN");
}

TEST_F(RelayProbeTest, AnAllocationThatRelaysNothingIsTold) {
  RelayOutcome outcome = probe(FakeTurn::Ways{.relays = false});
  EXPECT_EQ(reason(outcome), "none");
  EXPECT_FALSE(outcome.round_trip);
  ASSERT_TRUE(outcome.not_relayed);
  EXPECT_EQ(outcome.not_relayed->reason, "TURN_NOTHING_RELAYED");
  outcome = probe(FakeTurn::Ways{.permits = false});
  ASSERT_TRUE(outcome.not_relayed);
  EXPECT_EQ(outcome.not_relayed->reason, "TURN_PEER_REFUSED");
  EXPECT_THAT(outcome.not_relayed->message, HasSubstr("403"));
}

TEST_F(RelayProbeTest, AClosedPortRefuses) {
  const net::test::ClosedPort closed;
  for (const auto transport : {RelayTransport::udp, RelayTransport::tcp, RelayTransport::tls})
    EXPECT_EQ(reason(probe(target(closed.port(), transport))), "CONNECTION_REFUSED")
        << to_string(transport);
}

TEST_F(RelayProbeTest, SomethingElseOverTcpIsNoStun) {
  const net::test::Listener listener;
  std::thread other([&] {
    const base::UniqueFd client = listener.accept();
    const std::string words = "220 mail.example.org ESMTP ready to serve you\r\n";
    EXPECT_EQ(::send(client.get(), words.data(), words.size(), MSG_NOSIGNAL),
              static_cast<ssize_t>(words.size()));
    char byte = 0;
    while (::recv(client.get(), &byte, 1, 0) > 0) {
    }
  });
  EXPECT_EQ(reason(probe(target(listener.port(), RelayTransport::tcp))), "STUN_BROKEN");
  other.join();
}

TEST_F(RelayProbeTest, ACertificateForAnotherNameIsTheReason) {
  const ScratchFolder folder;
  const auto authority = make_identity({.common_name = "CA", .authority = true}, nullptr);
  const auto leaf = make_identity({.alternative_names = "DNS:other.test"}, &authority);
  TlsServer server(leaf, {});
  RelayTarget secure = target(server.port(), RelayTransport::tls);
  secure.ca_file = folder.write_certificate("ca.pem", authority);
  EXPECT_EQ(reason(probe(secure)), "TLS_WRONG_NAME");
  secure.ca_file = folder.file("missing.pem");
  EXPECT_EQ(reason(probe(secure)), "TLS_CA_UNREADABLE");
}

TEST_F(RelayProbeTest, AfterItsHandleIsGoneNothingIsToldAndNothingLeft) {
  server_ = std::make_unique<FakeTurn>(loop_.context(), FakeTurn::Ways{.relays = false});
  bool called = false;
  auto handle = probe_relay(around_, target(server_->port()), [&](auto&&) { called = true; });
  const auto permitted = [&] {
    return std::count(server_->heard.begin(), server_->heard.end(),
                      static_cast<int>(StunMethod::create_permission)) > 0;
  };
  ASSERT_TRUE(loop_.run_until(permitted));
  handle.reset();
  EXPECT_TRUE(loop_.run_until([&] { return server_->let_go; }));
  EXPECT_FALSE(called);
}

}  // namespace
}  // namespace commd::probe::test
