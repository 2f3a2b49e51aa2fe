#include "daemon/probe/mapping_probe.h"

#include "tests/unit/net/sockets.h"
#include "tests/unit/probe/fake_turn.h"
#include "tests/unit/probe/probe_fixture.h"

namespace commd::probe::test {
namespace {

using testing::SizeIs;

net::Endpoint at(const char* text) { return *net::Endpoint::parse(text, 0); }

class MappingProbeTest : public ProbeFixture {
 protected:
  MappingOutcome probe(const std::vector<StunPlace>& servers) {
    std::optional<MappingOutcome> outcome;
    const auto handle = probe_mapping(around_, servers, [&](MappingOutcome came) {
      EXPECT_FALSE(outcome) << "called twice";
      outcome.emplace(std::move(came));
    });
    EXPECT_FALSE(outcome) << "called inside";
    EXPECT_TRUE(loop_.run_until([&] { return outcome.has_value(); }));
    return outcome.value_or(MappingOutcome{});
  }
  FakeTurn& serve(FakeTurn::Ways ways, const std::string& host = "127.0.0.1", uint16_t port = 0) {
    servers_.push_back(std::make_unique<FakeTurn>(loop_.context(), std::move(ways), host, port));
    return *servers_.back();
  }

  std::vector<std::unique_ptr<FakeTurn>> servers_;
};

TEST_F(MappingProbeTest, TheOwnAddressIsKnownAgain) {
  const FakeTurn& server = serve({});
  const MappingOutcome outcome = probe({{"there.test", server.port()}});
  ASSERT_FALSE(outcome.error);
  EXPECT_THAT(outcome.sightings, SizeIs(1));
  EXPECT_EQ(outcome.local, outcome.sightings[0].mapped);
  EXPECT_EQ(outcome.mapping, Mapping::none);
  EXPECT_GT(outcome.round_trip.count(), 0);
}

TEST_F(MappingProbeTest, ASecondAddressOfTheServerIsAskedFromTheSameSocket) {
  const FakeTurn& second = serve({.mapped = at("192.0.2.1:6001")}, "127.0.0.2");
  const FakeTurn& first = serve({.other = at("127.0.0.2:1"), .mapped = at("192.0.2.1:6000")},
                                "127.0.0.1", second.port());
  const MappingOutcome outcome = probe({{"127.0.0.1", first.port()}});
  ASSERT_FALSE(outcome.error);
  EXPECT_THAT(outcome.sightings, SizeIs(2));
  EXPECT_EQ(outcome.mapping, Mapping::address_dependent);
}

// What stands for the far server is another address of loopback: the rule is asked by itself.
TEST_F(MappingProbeTest, AFarServerDoesNotLeadHere) {
  EXPECT_FALSE(may_lead_to(at("203.0.113.1:3478"), at("127.0.0.1:3478")));
  EXPECT_FALSE(may_lead_to(at("203.0.113.1:3478"), at("169.254.1.1:3478")));
  EXPECT_FALSE(may_lead_to(at("203.0.113.1:3478"), at("203.0.113.1:99"))) << "the same host";
  EXPECT_FALSE(may_lead_to(at("203.0.113.1:3478"), at("[2001:db8::1]:3478")));
  EXPECT_TRUE(may_lead_to(at("203.0.113.1:3478"), at("203.0.113.2:3479")));
  EXPECT_TRUE(may_lead_to(at("127.0.0.1:3478"), at("127.0.0.2:3479")));
}

TEST_F(MappingProbeTest, TwoServersThatSeeTheSameAreEnough) {
  const FakeTurn& one = serve({.mapped = at("192.0.2.1:6000")});
  const FakeTurn& two = serve({.mapped = at("192.0.2.1:6000")}, "127.0.0.2");
  const MappingOutcome outcome = probe({{"127.0.0.1", one.port()}, {"127.0.0.2", two.port()}});
  EXPECT_EQ(outcome.mapping, Mapping::endpoint_independent);
}

TEST_F(MappingProbeTest, OneThatIsMuteDoesNotHideTheOther) {
  const FakeTurn& one = serve({.mapped = at("192.0.2.1:6000")});
  const FakeTurn& mute = serve({.mute = true}, "127.0.0.2");
  const MappingOutcome outcome = probe({{"127.0.0.1", one.port()}, {"127.0.0.2", mute.port()}});
  ASSERT_FALSE(outcome.error);
  EXPECT_EQ(outcome.mapping, Mapping::unknown);
  EXPECT_GT(mute.heard.size(), 1U) << "asked again";
}

TEST_F(MappingProbeTest, NobodyThere) {
  const FakeTurn& mute = serve({.mute = true});
  EXPECT_EQ(probe({{"127.0.0.1", mute.port()}}).error->reason, "STUN_NO_ANSWER");
  EXPECT_EQ(probe({{"nowhere.test", 3478}}).error->reason, "DNS_NO_SUCH_NAME");
}

}  // namespace
}  // namespace commd::probe::test
