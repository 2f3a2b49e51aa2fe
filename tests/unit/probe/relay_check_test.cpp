// What a person and a program are told of STUN and TURN.
#include "daemon/probe/relay_check.h"

#include <gmock/gmock.h>

namespace commd::probe {
namespace {

using model::CheckResult;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

const Subject whom{"alice", "turn", "relay.test"};

std::vector<model::IceServer> relays_of(const std::string& text) {
  auto relays = *model::parse_turn_setting(text);
  for (model::IceServer& each : relays) {
    each.username = "alice";
    each.password = base::Secret("secret");
  }
  return relays;
}

std::vector<std::string> words_of(const std::string& text) {
  std::vector<std::string> words;
  for (const RelayWay& way : ways_of(relays_of(text), "ca.pem")) {
    EXPECT_EQ(way.target.user, "alice");
    words.push_back(std::string(to_string(way.target.transport)) + " " +
                    std::to_string(way.target.port) +
                    (way.meant == RelayWay::Meant::yes ? "" : " perhaps"));
  }
  return words;
}

TEST(RelayCheckTest, ARelayByUdpIsTriedInEveryWay) {
  EXPECT_THAT(words_of("turn:relay.test:99"),
              ElementsAre("udp 99", "tcp 99 perhaps", "tls 5349 perhaps"));
  EXPECT_THAT(words_of("turn:relay.test,turns:relay.test:443"),
              ElementsAre("udp 3478", "tcp 3478 perhaps", "tls 443"));
  EXPECT_THAT(words_of("turn:relay.test?transport=tcp,turns:relay.test"),
              ElementsAre("tcp 3478", "tls 5349"));
  EXPECT_THAT(words_of("turn:relay.test,turns:other.test"),
              ElementsAre("udp 3478", "tcp 3478 perhaps", "tls 5349 perhaps", "tls 5349"));
}

TEST(RelayCheckTest, RelaysByUdpAreStunServersToo) {
  auto servers = *model::parse_stun_setting("stun.test");
  for (const auto& each :
       relays_of("turn:relay.test,turn:tcp.test?transport=tcp,turns:tls.test,turn:stun.test"))
    servers.push_back(each);
  EXPECT_THAT(stun_places_of(servers),
              ElementsAre(StunPlace{"stun.test", 3478}, StunPlace{"relay.test", 3478}));
  EXPECT_THAT(ways_of(*model::parse_stun_setting("stun.test"), {}), IsEmpty());
}

RelayWay way(RelayWay::Meant meant) {
  return {{RelayTransport::tcp, "relay.test", 3478, "alice", base::Secret("s3cr3t"), {}}, meant};
}

TEST(RelayCheckTest, AFailureNamesPlaceReasonAndRemedy) {
  RelayOutcome outcome;
  outcome.error = base::Error{base::Code::unauthenticated, "TURN_CREDENTIALS_REFUSED", "no", {}};
  const model::Check check = relay_check(way(RelayWay::Meant::yes), outcome, whom);
  EXPECT_EQ(check.id, "turn.tcp");
  EXPECT_EQ(check.account.str(), "alice");
  EXPECT_EQ(check.result, CheckResult::failed);
  EXPECT_EQ(check.reason, "TURN_CREDENTIALS_REFUSED");
  EXPECT_THAT(check.found, HasSubstr("relay.test:3478 over TCP: no"));
  EXPECT_THAT(check.remedy, HasSubstr("commctl account set alice --turn-password-file"));
  EXPECT_THAT(check.found + check.remedy, Not(HasSubstr("s3cr3t")));
}

TEST(RelayCheckTest, AWayThatNobodyAskedForIsAWarning) {
  RelayOutcome outcome;
  outcome.error = base::Error{base::Code::unavailable, "CONNECTION_REFUSED", "refused", {}};
  const model::Check check = relay_check(way(RelayWay::Meant::no), outcome, whom);
  EXPECT_EQ(check.result, CheckResult::warning);
  EXPECT_EQ(check.reason, "CONNECTION_REFUSED");
  EXPECT_THAT(check.remedy, HasSubstr("no UDP"));
}

RelayOutcome allocated() {
  RelayOutcome outcome;
  outcome.server = net::Endpoint::parse("192.0.2.1:3478", 0);
  outcome.mapped = net::Endpoint::parse("198.51.100.7:1024", 0);
  outcome.relayed = net::Endpoint::parse("192.0.2.1:50000", 0);
  outcome.allocation_time = std::chrono::milliseconds(12);
  return outcome;
}

TEST(RelayCheckTest, TheRoundTripIsSaid) {
  RelayOutcome outcome = allocated();
  outcome.round_trip = std::chrono::microseconds(34'560);
  const model::Check check = relay_check(way(RelayWay::Meant::yes), outcome, whom);
  EXPECT_EQ(check.result, CheckResult::ok);
  EXPECT_EQ(check.round_trip, std::chrono::microseconds(34'560));
  EXPECT_THAT(check.found, HasSubstr("34.5 ms"));
  EXPECT_EQ(check.facts.at("mapped"), "198.51.100.7:1024");
  EXPECT_THAT(check.addresses, ElementsAre("192.0.2.1:50000"));
}

TEST(RelayCheckTest, AnAllocationThatRelaysNothingIsAWarning) {
  RelayOutcome outcome = allocated();
  outcome.not_relayed = base::Error{base::Code::unavailable, "TURN_NOTHING_RELAYED", "lost", {}};
  const model::Check check = relay_check(way(RelayWay::Meant::yes), outcome, whom);
  EXPECT_EQ(check.result, CheckResult::warning);
  EXPECT_EQ(check.reason, "TURN_NOTHING_RELAYED");
  EXPECT_FALSE(check.remedy.empty());
}

MappingOutcome seen(Mapping mapping) {
  MappingOutcome outcome;
  outcome.sightings = {
      {*net::Endpoint::parse("192.0.2.1:3478", 0), *net::Endpoint::parse("198.51.100.7:1024", 0)}};
  outcome.mapping = mapping;
  outcome.round_trip = std::chrono::milliseconds(5);
  return outcome;
}

TEST(RelayCheckTest, ASymmetricNatNeedsARelay) {
  auto checks = mapping_checks(seen(Mapping::address_dependent), whom, false);
  ASSERT_EQ(checks.size(), 2U);
  EXPECT_EQ(checks[0].id, "stun.binding");
  EXPECT_EQ(checks[0].result, CheckResult::ok);
  EXPECT_EQ(checks[1].id, "stun.mapping");
  EXPECT_EQ(checks[1].result, CheckResult::warning);
  EXPECT_EQ(checks[1].reason, "NAT_SYMMETRIC");
  EXPECT_THAT(checks[1].remedy, HasSubstr("turn=turn:HOST turn_username=NAME"));
  checks = mapping_checks(seen(Mapping::address_dependent), whom, true);
  EXPECT_THAT(checks[1].remedy, HasSubstr("go through it"));
}

TEST(RelayCheckTest, OtherNatsAreFine) {
  for (const auto mapping : {Mapping::none, Mapping::endpoint_independent, Mapping::unknown}) {
    const auto checks = mapping_checks(seen(mapping), whom, false);
    EXPECT_EQ(checks[1].result, CheckResult::ok);
    EXPECT_EQ(checks[1].facts.at("mapping"), to_string(mapping));
    EXPECT_THAT(checks[1].remedy, IsEmpty());
  }
  MappingOutcome lost;
  lost.error = base::Error{base::Code::deadline_exceeded, "STUN_NO_ANSWER", "no", {}};
  const auto checks = mapping_checks(lost, whom, false);
  ASSERT_EQ(checks.size(), 1U);
  EXPECT_EQ(checks[0].result, CheckResult::failed);
  EXPECT_THAT(checks[0].remedy, HasSubstr("firewall"));
}

}  // namespace
}  // namespace commd::probe
