// Which servers calls go by: those of the settings and of the account's server, as they come and
// go.
#include "daemon/xmpp/ice_server_flow.h"

#include <gmock/gmock.h>

#include "daemon/xmpp/message_stanza.h"
#include "tests/unit/xmpp/fake_network.h"
#include "tests/unit/xmpp/stanza_of.h"

namespace commd::xmpp::test {
namespace {

using model::IceServer;
using testing::ElementsAre;
using testing::IsEmpty;

struct IceServerFlowTest : testing::Test {
  StillClock clock;
  StillTimers timers{clock};
  std::vector<std::pair<std::string, IqRequests::Done>> asked;
  std::vector<IceServerFlow::Servers> lookups;
  std::function<void(IceServerFlow::Servers)> found;
  IceServerFlow flow{{*Jid::parse("alice@x.test"), timers, clock,
                      [this](const Stanza& iq, IqRequests::Done done) {
                        asked.emplace_back(iq.to_text(), std::move(done));
                      },
                      [this](IceServerFlow::Servers servers, auto done) {
                        lookups.push_back(std::move(servers));
                        found = std::move(done);
                        return net::OperationHandle();
                      }}};

  void answer(const std::string& services) {
    const auto done = std::exchange(asked.back().second, nullptr);
    const Stanza stanza =
        stanza_of("<iq type='result' id='1'><services xmlns='urn:xmpp:extdisco:2'>" + services +
                  "</services></iq>");
    done(Element(stanza));
  }
  void pass(base::Duration time) {
    const base::MonoTime end = clock.mono + time;
    while (timers.fire(end)) {
    }
  }
  std::vector<std::string> known() {
    std::vector<std::string> names;
    flow.when_known([&](const auto& servers) {
      for (const IceServer& each : servers) names.push_back(each.host);
    });
    return names;
  }
};

const std::string one_relay =
    "<service type='turn' host='turn.x.test' port='3478' transport='udp' username='u' "
    "password='p'/>";

TEST_F(IceServerFlowTest, AsksAtLoginAndLooksUpTheNames) {
  flow.session_began();
  ASSERT_EQ(asked.size(), 1U);
  answer(one_relay + "<service type='stun' host='stun.x.test' port='3478' transport='udp'/>");
  ASSERT_EQ(lookups.size(), 1U);
  ASSERT_EQ(lookups[0].size(), 2U);
  EXPECT_EQ(lookups[0][0].kind, IceServer::Kind::turn);
  EXPECT_EQ(lookups[0][0].username, "u");
  EXPECT_EQ(lookups[0][1].kind, IceServer::Kind::stun);
  IceServerFlow::Servers addresses = lookups[0];
  addresses[0].host = "192.0.2.1";
  found(addresses);
  EXPECT_THAT(known(), ElementsAre("192.0.2.1", "stun.x.test"));
}

TEST_F(IceServerFlowTest, ACallWaitsForTheAnswerButNotForLong) {
  flow.session_began();
  int told = 0;
  flow.when_known([&](const auto& servers) {
    ++told;
    EXPECT_THAT(servers, IsEmpty());
  });
  EXPECT_EQ(told, 0);
  pass(IceServerFlow::patience);
  EXPECT_EQ(told, 1);
  answer(one_relay);
  found(lookups.back());
  EXPECT_THAT(known(), ElementsAre("turn.x.test")) << "the next one has them";
}

TEST_F(IceServerFlowTest, AServerThatKnowsNothingOfItHasNone) {
  flow.session_began();
  std::exchange(asked.back().second,
                nullptr)(base::fail(base::Code::not_found, "XMPP_SERVICE_UNAVAILABLE", "no"));
  EXPECT_TRUE(lookups.empty());
  int told = 0;
  flow.when_known([&](const auto&) { ++told; });
  EXPECT_EQ(told, 1) << "at once";
}

TEST_F(IceServerFlowTest, ThoseOfTheSettingsComeFirst) {
  IceServer own;
  own.host = "own.test";
  flow.set_own({own});
  flow.session_began();
  answer(one_relay);
  ASSERT_EQ(lookups.back().size(), 2U);
  EXPECT_EQ(lookups.back()[0].host, "own.test");
}

TEST_F(IceServerFlowTest, CredentialsThatEndAreRenewedBefore) {
  flow.session_began();
  clock.wall = *parse_stamp("2026-01-01T00:00:00Z");
  answer(
      "<service type='turn' host='turn.x.test' transport='udp' username='u' password='p'"
      " expires='2026-01-01T00:10:00Z'/>");
  found(lookups.back());
  ASSERT_EQ(asked.size(), 1U);
  pass(std::chrono::minutes(9));
  EXPECT_EQ(asked.size(), 2U);
}

TEST_F(IceServerFlowTest, WhatAnOlderSessionIsToldIsNothing) {
  flow.session_began();
  flow.session_ended();
  answer(one_relay);
  EXPECT_TRUE(lookups.empty());
  EXPECT_THAT(known(), IsEmpty());
}

}  // namespace
}  // namespace commd::xmpp::test
