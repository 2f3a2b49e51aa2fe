#include "daemon/net/service_targets.h"

#include <gmock/gmock.h>

#include <map>

#include "tests/support/dns_peer.h"
#include "tests/unit/net/loop_fixture.h"

namespace commd::net::test {
namespace {

using commd::test::DnsPeer;
using testing::ElementsAre;

constexpr int direct = 1;
constexpr int starttls = 2;

// Always the smallest number, or the largest.
uint32_t lowest(uint32_t) { return 0; }
uint32_t highest(uint32_t most) { return most; }

std::vector<std::string> hosts(const std::vector<Target>& targets) {
  std::vector<std::string> names;
  for (const Target& target : targets) names.push_back(target.host);
  return names;
}

ServiceAnswer answer(const char* name, int tag, std::vector<ServiceRecord> records) {
  return {{name, tag}, std::move(records)};
}

TEST(OrderTargets, PrioritiesOfAllServicesAreMixed) {
  const auto targets = order_targets(
      {answer("_xmpps-client._tcp", direct, {{5, 0, 443, "d5"}, {20, 0, 443, "d20"}}),
       answer("_xmpp-client._tcp", starttls, {{10, 0, 5222, "s10"}, {1, 0, 5222, "s1"}})},
      Mixing::by_priority, lowest);
  EXPECT_THAT(hosts(targets), ElementsAre("s1", "d5", "s10", "d20"));
  EXPECT_EQ(targets[0], (Target{"s1", 5222, starttls, "_xmpp-client._tcp"}));
  EXPECT_EQ(targets[1].tag, direct);
}

TEST(OrderTargets, WithinOnePriorityTheFirstServiceMayLead) {
  const std::vector<ServiceAnswer> answers = {
      answer("d", direct, {{5, 1, 1, "d5"}, {6, 1, 1, "d6"}}),
      answer("s", starttls, {{5, 65535, 1, "s5"}})};
  EXPECT_THAT(hosts(order_targets(answers, Mixing::first_service, highest)),
              ElementsAre("d5", "s5", "d6"));
  EXPECT_THAT(hosts(order_targets(answers, Mixing::by_priority, highest)),
              ElementsAre("s5", "d5", "d6"));
}

TEST(OrderTargets, WeightsDecideHowOftenOneIsFirst) {
  std::map<std::string, int> first;
  for (uint32_t drawn = 0; drawn <= 40; ++drawn) {
    const auto targets = order_targets(
        {answer("x", 0, {{1, 10, 1, "ten"}, {1, 30, 1, "thirty"}, {1, 0, 1, "zero"}})},
        Mixing::by_priority, [&](uint32_t most) { return std::min(drawn, most); });
    ASSERT_EQ(targets.size(), 3U);
    ++first[targets[0].host];
  }
  EXPECT_EQ(first["zero"], 1);
  EXPECT_EQ(first["ten"], 10);
  EXPECT_EQ(first["thirty"], 30);
}

TEST(OrderTargets, TheRandomNumbersAreSpread) {
  const RandomUpTo random = system_random();
  EXPECT_EQ(random(0), 0U);
  std::map<uint32_t, int> seen;
  for (int i = 0; i < 1000; ++i) ++seen[random(3)];
  EXPECT_EQ(seen.size(), 4U);
  for (const auto& [value, count] : seen) EXPECT_GT(count, 150) << value;
}

TEST(OrderTargets, HugeSetsAreCut) {
  std::vector<ServiceRecord> records;
  for (uint16_t i = 0; i < 64; ++i) records.push_back({1, 65535, 1, "h" + std::to_string(i)});
  EXPECT_EQ(order_targets({answer("x", 0, records)}, Mixing::by_priority, highest).size(), 16U);
}

class FindTargetsTest : public testing::Test {
 protected:
  void find(const DnsPeer::Zone& zone, const std::string& domain = "a.test") {
    peer_.emplace(zone);
    ResolverOptions options;
    options.servers = {peer_->address()};
    options.hosts = "/nonexistent";
    options.deadline = 500ms;
    Resolver resolver(loop_.context(), options);
    ServiceQuery query;
    query.domain = domain;
    query.services = {{"_xmpps-client._tcp", direct}, {"_xmpp-client._tcp", starttls}};
    query.fallback = fallback_;
    query.others = others_;
    outcome_.emplace();
    const auto handle = find_targets(loop_.context(), resolver, query, lowest, outcome_->taker());
    EXPECT_FALSE(outcome_->there()) << "called inside";
    ASSERT_TRUE(loop_.run_until([&] { return outcome_->there(); }));
  }
  std::vector<Target> targets() {
    return outcome_->get() ? outcome_->get()->targets : std::vector<Target>{};
  }

  Loop loop_;
  std::optional<DnsPeer> peer_;
  std::optional<Fallback> fallback_ = Fallback{5222, starttls};
  base::Duration others_ = 10s;
  std::optional<Outcome<FoundTargets>> outcome_;
};

TEST_F(FindTargetsTest, BothSetsAreAskedAndMixed) {
  DnsPeer::Zone zone;
  zone.services = {{"_xmpps-client._tcp.a.test", {{"d.test", 443, 2}}},
                   {"_xmpp-client._tcp.a.test", {{"s.test", 5222, 1}}}};
  find(zone);
  EXPECT_THAT(targets(), ElementsAre(Target{"s.test", 5222, starttls, "_xmpp-client._tcp"},
                                     Target{"d.test", 443, direct, "_xmpps-client._tcp"}));
  EXPECT_FALSE(outcome_->get()->fell_back);
  EXPECT_EQ(outcome_->get()->ttl, 60s);
  EXPECT_TRUE(loop_.runs_dry());
}

TEST_F(FindTargetsTest, WithoutRecordsTheDomainItselfIsTheTarget) {
  find({},
       "B\xc3\xbc"
       "cher.test");
  EXPECT_THAT(targets(), ElementsAre(Target{"xn--bcher-kva.test", 5222, starttls, ""}));
  EXPECT_TRUE(outcome_->get()->fell_back);
  EXPECT_EQ(outcome_->get()->domain, "xn--bcher-kva.test");
  EXPECT_EQ(peer_->asked("_xmpp-client._tcp.xn--bcher-kva.test"), 1U);
}

TEST_F(FindTargetsTest, TheRootSaysThatItIsNotOffered) {
  DnsPeer::Zone zone;
  zone.services = {{"_xmpp-client._tcp.a.test", {{"", 0}}}};
  find(zone);
  EXPECT_EQ(outcome_->reason(), "SERVICE_NOT_OFFERED");
}

TEST_F(FindTargetsTest, OneServiceNotOfferedLeavesTheOther) {
  DnsPeer::Zone zone;
  zone.services = {{"_xmpps-client._tcp.a.test", {{"", 0}}},
                   {"_xmpp-client._tcp.a.test", {{"s.test", 5222}}}};
  find(zone);
  EXPECT_THAT(hosts(targets()), ElementsAre("s.test"));
  // Only direct TLS is ruled out; the fallback is the other one.
  zone.services = {{"_xmpps-client._tcp.a.test", {{"", 0}}}};
  find(zone);
  EXPECT_THAT(hosts(targets()), ElementsAre("a.test"));
}

TEST_F(FindTargetsTest, WithoutAFallbackNothingIsInvented) {
  fallback_.reset();
  find({});
  EXPECT_EQ(outcome_->reason(), "SERVICE_NOT_OFFERED");
  EXPECT_EQ(outcome_->message(),
            "a.test does not offer this service (_xmpps-client._tcp, _xmpp-client._tcp)");
  DnsPeer::Zone zone;
  zone.errors = {{"_xmpp-client._tcp.a.test", 2}};
  find(zone);
  EXPECT_EQ(outcome_->reason(), "DNS_SERVER_FAILURE");
}

TEST_F(FindTargetsTest, AFailedLookupIsNotTheEndOfTheOther) {
  DnsPeer::Zone zone;
  zone.errors = {{"_xmpps-client._tcp.a.test", 2}};
  zone.services = {{"_xmpp-client._tcp.a.test", {{"s.test", 5222}}}};
  find(zone);
  EXPECT_THAT(hosts(targets()), ElementsAre("s.test"));
  ASSERT_EQ(outcome_->get()->problems.size(), 1U);
  EXPECT_EQ(outcome_->get()->problems[0].reason, "DNS_SERVER_FAILURE");
}

TEST_F(FindTargetsTest, AMuteLookupHoldsTheOtherUpForAWhileOnly) {
  DnsPeer::Zone zone;
  zone.services = {{"_xmpp-client._tcp.a.test", {{"s.test", 5222}}}};
  zone.hook = [](const DnsPeer::Question& question) -> std::optional<std::string> {
    if (question.name.starts_with("_xmpps")) return std::string();
    return std::nullopt;
  };
  others_ = 20ms;
  find(zone);
  EXPECT_THAT(hosts(targets()), ElementsAre("s.test"));
  // Decided before that lookup has failed.
  EXPECT_TRUE(outcome_->get()->problems.empty());
  // Mute for both: the fallback, after the resolver's deadline.
  zone.services.clear();
  find(zone);
  EXPECT_THAT(hosts(targets()), ElementsAre("a.test"));
  EXPECT_TRUE(loop_.runs_dry());
}

TEST_F(FindTargetsTest, LiteralsAreTheirOwnTargets) {
  find({}, "[::1]");
  EXPECT_THAT(targets(), ElementsAre(Target{"::1", 5222, starttls, ""}));
  find({}, "no domain");
  EXPECT_EQ(outcome_->reason(), "DOMAIN_INVALID");
  EXPECT_TRUE(peer_->questions().empty());
}

}  // namespace
}  // namespace commd::net::test
