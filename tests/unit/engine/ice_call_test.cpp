// Calls whose way is found by ICE, over real sockets of the loopback.
#include <gtest/gtest.h>

#include <set>

#include "tests/unit/engine/engine_fixture.h"

namespace commd::engine {
namespace {

using model::Direction;
using model::IceCandidate;
using model::SessionDescription;
using model::TransportDescription;

class IceCallTest : public EngineTest {
 protected:
  enum class Trickle { no, yes };
  ports::MediaConfig ice_config(Trickle trickle = Trickle::no) {
    ports::MediaConfig mine = config();
    mine.ice.enabled = true;
    mine.ice.trickle = trickle == Trickle::yes;
    mine.ice.rtcp_mux_only = mine.ice.trickle;
    return mine;
  }
  ports::SharedIdentity identity() {
    std::optional<base::Result<ports::SharedIdentity>> made;
    engine_->make_identity([&](auto result) { made = std::move(result); });
    EXPECT_TRUE(core_.run_until([&] { return made.has_value(); }));
    return **made;
  }
  void open(ports::MediaConfig of_a, ports::MediaConfig of_b) {
    of_a.capture = tone(440);
    of_a.playback = ear("a");
    a_ = engine_->open("a", std::move(of_a), events_a_);
    of_b.capture = tone(1000);
    of_b.playback = ear("b");
    b_ = engine_->open("b", std::move(of_b), events_b_);
  }
  bool both_hear() {
    return wait([&] { return devices_.ear("a").hears(1000) && devices_.ear("b").hears(440); });
  }
  bool both_usable() {
    const auto usable = [](const NotedEvents& events) {
      return !events.usable.empty() && events.usable.back();
    };
    return wait([&] { return usable(events_a_) && usable(events_b_); });
  }
  void live() {
    a_->choose_branch(model::BranchId("b"));
    a_->transmit(ports::Transmit::live);
    b_->transmit(ports::Transmit::live);
  }
  // Carries what one end has found to the other, as signalling does.
  void carry_news() {
    for (const TransportDescription& news : std::exchange(events_a_.found, {}))
      b_->add_remote_transport({}, 0, news);
    for (const TransportDescription& news : std::exchange(events_b_.found, {}))
      a_->add_remote_transport(model::BranchId("b"), 0, news);
  }
  static bool has_default(const SessionDescription& description) {
    const TransportDescription& transport = description.streams[0].transport;
    return std::any_of(transport.ice->candidates.begin(), transport.ice->candidates.end(),
                       [&](const IceCandidate& one) { return one.address == transport.rtp; });
  }
};

TEST_F(IceCallTest, BothEndsFindEachOther) {
  open(ice_config(), ice_config());
  const auto offered = offer(*a_);
  ASSERT_TRUE(offered) << offered.error().message;
  const TransportDescription& transport = offered->streams[0].transport;
  ASSERT_TRUE(transport.ice);
  EXPECT_GE(transport.ice->ufrag.size(), 4U);
  EXPECT_TRUE(transport.ice->end_of_candidates);
  EXPECT_EQ(transport.rtp.ip, "127.0.0.1");
  EXPECT_TRUE(has_default(*offered)) << "RFC 8839, section 4.2.1.2";
  const auto answered = answer(*b_, *offered);
  ASSERT_TRUE(answered) << answered.error().message;
  ASSERT_TRUE(answered->streams[0].transport.ice);
  EXPECT_TRUE(has_default(*answered));
  ASSERT_TRUE(apply(*a_, "b", *answered));
  live();
  EXPECT_TRUE(both_hear());
  EXPECT_EQ(events_a_.usable, (std::vector<bool>{false, true}));
  EXPECT_EQ(events_b_.usable, (std::vector<bool>{false, true}));
  const auto heard = stats(*a_);
  EXPECT_FALSE(heard.remote_address.empty());
  EXPECT_FALSE(heard.local_address.empty());
}

TEST_F(IceCallTest, KeysAreAgreedOnOverThePath) {
  ports::MediaConfig of_a = ice_config();
  of_a.encryption = model::Encryption::preferred;
  ports::MediaConfig of_b = of_a;
  of_a.identity = identity();
  of_b.identity = identity();
  open(of_a, of_b);
  connect();
  EXPECT_TRUE(both_hear());
  EXPECT_EQ(events_a_.security.mechanism, "DTLS-SRTP");
  EXPECT_EQ(events_b_.security.mechanism, "DTLS-SRTP");
  EXPECT_EQ(events_a_.usable, (std::vector<bool>{false, true}));
  for (const char* code : {"ICE_CHECKING", "ICE_CONNECTED", "KEYS_AWAITED", "KEYS_AGREED"})
    EXPECT_TRUE(events_a_.told(code)) << code;
  for (const model::TraceStep& step : events_a_.steps)
    EXPECT_EQ(step.text.find("pwd"), std::string::npos) << step.text;
}

TEST_F(IceCallTest, ModernFarEndsAreOfferedOneKeyAgreement) {
  ports::MediaConfig mine = ice_config(Trickle::yes);
  mine.encryption = model::Encryption::preferred;
  mine.identity = identity();
  open(mine, mine);
  const auto offered = offer(*a_);
  ASSERT_TRUE(offered);
  EXPECT_TRUE(offered->streams[0].transport.dtls);
  EXPECT_TRUE(offered->streams[0].transport.sdes.empty());
}

TEST_F(IceCallTest, CandidatesFollowWhereTheSignallingCarriesThem) {
  open(ice_config(Trickle::yes), ice_config(Trickle::yes));
  const auto offered = offer(*a_);
  ASSERT_TRUE(offered);
  EXPECT_TRUE(offered->streams[0].transport.ice->trickle);
  const auto answered = answer(*b_, *offered);
  ASSERT_TRUE(answered) << answered.error().message;
  ASSERT_TRUE(apply(*a_, "b", *answered));
  live();
  EXPECT_TRUE(wait([&] {
    carry_news();
    return devices_.ear("a").hears(1000) && devices_.ear("b").hears(440);
  }));
}

TEST_F(IceCallTest, AFarEndWithoutIceIsReachedAtTheSameAddress) {
  open(ice_config(), config());
  const auto offered = offer(*a_);
  ASSERT_TRUE(offered);
  const auto answered = answer(*b_, *offered);
  ASSERT_TRUE(answered) << answered.error().message;
  EXPECT_FALSE(answered->streams[0].transport.ice);
  ASSERT_TRUE(apply(*a_, "b", *answered));
  live();
  EXPECT_TRUE(both_hear());
  EXPECT_EQ(stats(*a_).local_address,
            "127.0.0.1:" + std::to_string(offered->streams[0].transport.rtp.port));
  // And it is not asked again.
  const auto again = offer(*a_, Direction::send_only);
  ASSERT_TRUE(again);
  EXPECT_FALSE(again->streams[0].transport.ice);
  EXPECT_EQ(again->streams[0].transport.rtp, offered->streams[0].transport.rtp);
}

TEST_F(IceCallTest, AnOfferWithoutIceIsAnsweredWithout) {
  open(config(), ice_config());
  connect();
  EXPECT_TRUE(both_hear());
  EXPECT_TRUE(events_b_.usable.empty());
}

TEST_F(IceCallTest, WithoutRtcpMuxThereAreTwoComponents) {
  open(ice_config(), ice_config());
  auto offered = offer(*a_);
  ASSERT_TRUE(offered);
  offered->streams[0].transport.rtcp_mux = false;
  const auto answered = answer(*b_, *offered);
  ASSERT_TRUE(answered);
  EXPECT_FALSE(answered->streams[0].transport.rtcp_mux);
  ASSERT_TRUE(apply(*a_, "b", *answered));
  live();
  EXPECT_TRUE(both_hear());
  EXPECT_TRUE(wait([&] { return stats(*a_).round_trip_ms >= 0; })) << "reports find their way";
}

TEST_F(IceCallTest, WhoOffersAtTheSameTimeAndGivesWayAnswers) {
  open(ice_config(Trickle::yes), ice_config(Trickle::yes));
  const auto ours = offer(*a_);
  ASSERT_TRUE(ours);
  const auto theirs = offer(*b_);
  ASSERT_TRUE(theirs);
  a_->rollback();
  events_a_.found.clear();
  const auto answered = answer(*a_, *theirs);
  ASSERT_TRUE(answered) << answered.error().message;
  EXPECT_NE(answered->streams[0].transport.ice->ufrag, ours->streams[0].transport.ice->ufrag);
  ASSERT_TRUE(apply(*b_, "a", *answered));
  b_->choose_branch(model::BranchId("a"));
  a_->transmit(ports::Transmit::live);
  b_->transmit(ports::Transmit::live);
  EXPECT_TRUE(wait([&] {
    carry_news();
    return devices_.ear("a").hears(1000) && devices_.ear("b").hears(440);
  }));
}

TEST_F(IceCallTest, HoldAndResumeKeepTheWay) {
  open(ice_config(), ice_config());
  connect();
  ASSERT_TRUE(both_hear());
  const std::string way = stats(*a_).local_address;
  const auto held = offer(*a_, Direction::send_only);
  ASSERT_TRUE(held);
  const auto answered = answer(*b_, *held);
  ASSERT_TRUE(answered);
  ASSERT_TRUE(apply(*a_, "b", *answered));
  negotiate(*b_, *a_);
  negotiate(*a_, *b_);
  devices_.ear("a").forget();
  devices_.ear("b").forget();
  EXPECT_TRUE(both_hear());
  EXPECT_EQ(stats(*a_).local_address, way);
  EXPECT_EQ(events_a_.usable, (std::vector<bool>{false, true}));
  EXPECT_EQ(events_b_.usable, (std::vector<bool>{false, true}));
}

TEST_F(IceCallTest, OtherAddressesLeadToANewWayWithoutAGap) {
  open(ice_config(), ice_config());
  connect();
  ASSERT_TRUE(both_hear());
  engine_->addresses_changed();
  EXPECT_TRUE(
      wait([&] { return events_a_.restarts_wanted == 1 && events_b_.restarts_wanted == 1; }));
  const auto first = stats(*a_).local_address;
  const auto again = offer(*a_);
  ASSERT_TRUE(again);
  const auto answered = answer(*b_, *again);
  ASSERT_TRUE(answered);
  ASSERT_TRUE(apply(*a_, "b", *answered));
  EXPECT_TRUE(wait([&] { return stats(*a_).local_address != first; }));
  devices_.ear("a").forget();
  devices_.ear("b").forget();
  EXPECT_TRUE(both_hear());
  EXPECT_EQ(events_a_.usable, (std::vector<bool>{false, true})) << "the old way worked meanwhile";
}

// XEP-0176, section 5.13: both ends' new credentials come in news, and no answer has them.
TEST_F(IceCallTest, CredentialsOfARestartMayTrickle) {
  open(ice_config(Trickle::yes), ice_config(Trickle::yes));
  const auto offered = offer(*a_);
  ASSERT_TRUE(offered);
  const auto answered = answer(*b_, *offered);
  ASSERT_TRUE(answered);
  ASSERT_TRUE(apply(*a_, "b", *answered));
  live();
  ASSERT_TRUE(wait([&] {
    carry_news();
    return devices_.ear("a").hears(1000) && devices_.ear("b").hears(440);
  }));
  const auto first = stats(*a_).local_address;
  engine_->addresses_changed();
  ASSERT_TRUE(wait([&] { return events_a_.restarts_wanted == 1; }));
  const auto again = offer(*a_);
  ASSERT_TRUE(again);
  b_->add_remote_transport({}, 0, again->streams[0].transport);
  ASSERT_TRUE(apply(*a_, "b", *answered));
  EXPECT_TRUE(wait([&] {
    carry_news();
    return stats(*a_).local_address != first;
  }));
  devices_.ear("a").forget();
  devices_.ear("b").forget();
  EXPECT_TRUE(both_hear());
  EXPECT_EQ(events_a_.usable, (std::vector<bool>{false, true}));
}

TEST_F(IceCallTest, WithRelaysAloneNothingElseIsTold) {
  ports::MediaConfig mine = ice_config();
  mine.ice.relay_only = true;
  open(mine, ice_config());
  const auto without_relay = offer(*a_);
  ASSERT_FALSE(without_relay) << "there is no server";
  EXPECT_NE(without_relay.error().message.find("TURN server"), std::string::npos);
  const auto offered = offer(*b_);
  ASSERT_TRUE(offered);
  EXPECT_TRUE(engine_->acceptable(*offered, mine));
  auto plain = *offered;
  plain.streams[0].transport.ice.reset();
  EXPECT_FALSE(engine_->acceptable(plain, mine)) << "a far end without ICE would see where we are";
}

TEST_F(IceCallTest, OneBranchGoesByThePathUntilTheChoice) {
  open(ice_config(), ice_config());
  NotedEvents events_c;
  const auto c = engine_->open("c", ice_config(), events_c);
  const auto offered = offer(*a_);
  ASSERT_TRUE(offered);
  const auto of_b = answer(*b_, *offered);
  ASSERT_TRUE(of_b);
  const auto of_c = answer(*c, *offered);
  ASSERT_TRUE(of_c);
  ASSERT_TRUE(apply(*a_, "b", *of_b));
  ASSERT_TRUE(apply(*a_, "c", *of_c));
  ASSERT_TRUE(wait([&] { return !events_b_.usable.empty() && events_b_.usable.back(); }));
  // The other one is chosen: it is asked for a way of its own, and the one that lost hears nothing.
  a_->transmit(ports::Transmit::live);
  a_->choose_branch(model::BranchId("c"));
  EXPECT_TRUE(wait([&] { return events_a_.restarts_wanted == 1 && !events_a_.usable.back(); }));
  const auto again = offer(*a_);
  ASSERT_TRUE(again);
  const auto heard_by_b = stats(*b_).received.packets;
  EXPECT_NE(again->streams[0].transport.ice->ufrag, offered->streams[0].transport.ice->ufrag);
  const auto answered = answer(*c, *again);
  ASSERT_TRUE(answered);
  ASSERT_TRUE(apply(*a_, "c", *answered));
  c->transmit(ports::Transmit::live);
  EXPECT_TRUE(wait([&] { return stats(*c).received.packets > 20; }));
  EXPECT_EQ(stats(*b_).received.packets, heard_by_b);
  EXPECT_TRUE(wait([&] { return events_a_.usable.back(); }));
}

// A gateway says something early, then a telephone takes the call.
TEST_F(IceCallTest, ABranchThatIsHeardOfOnlyByItsAcceptanceGetsAWayToo) {
  open(ice_config(), ice_config());
  NotedEvents events_c;
  const auto c = engine_->open("c", ice_config(), events_c);
  const auto offered = offer(*a_);
  ASSERT_TRUE(offered);
  const auto of_b = answer(*b_, *offered);
  const auto of_c = answer(*c, *offered);
  ASSERT_TRUE(of_b && of_c);
  ASSERT_TRUE(apply(*a_, "b", *of_b));
  a_->choose_branch(model::BranchId("c"));
  ASSERT_TRUE(apply(*a_, "c", *of_c));
  EXPECT_TRUE(wait([&] { return events_a_.restarts_wanted == 1; }));
  const auto again = offer(*a_);
  ASSERT_TRUE(again) << again.error().message;
  const auto answered = answer(*c, *again);
  ASSERT_TRUE(answered);
  ASSERT_TRUE(apply(*a_, "c", *answered));
  a_->transmit(ports::Transmit::live);
  c->transmit(ports::Transmit::live);
  EXPECT_TRUE(wait([&] { return stats(*c).received.packets > 20; }));
}

TEST_F(IceCallTest, WhatIsTheDefaultIsToldAmongTheCandidates) {
  open(ice_config(), ice_config());
  connect();
  ASSERT_TRUE(both_hear());
  for (ports::MediaSession* session : {a_.get(), b_.get()}) {
    const auto again = offer(*session);
    ASSERT_TRUE(again);
    EXPECT_TRUE(has_default(*again));
    session->rollback();
  }
}

TEST_F(IceCallTest, AFarEndBeginsAnewOnlySoOften) {
  open(ice_config(Trickle::yes), ice_config(Trickle::yes));
  const auto offered = offer(*a_);
  const auto answered = answer(*b_, *offered);
  ASSERT_TRUE(answered);
  ASSERT_TRUE(apply(*a_, "b", *answered));
  live();
  ASSERT_TRUE(wait([&] {
    carry_news();
    return devices_.ear("a").hears(1000) && devices_.ear("b").hears(440);
  }));
  events_b_.found.clear();
  for (int i = 0; i < 50; ++i) {
    TransportDescription news;
    news.ice.emplace().ufrag = "abcd" + std::to_string(i);
    news.ice->password = base::Secret("a-password-of-22-characters");
    b_->add_remote_transport({}, 0, news);
  }
  std::set<std::string> told;
  wait([&] { return !events_b_.found.empty(); });
  for (const TransportDescription& news : events_b_.found) told.insert(news.ice->ufrag);
  EXPECT_EQ(told.size(), 1U) << "one agent, not fifty";
}

}  // namespace
}  // namespace commd::engine
