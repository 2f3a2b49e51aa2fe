// Calls whose machine is reached from another of its addresses: all of 127/8 are its own.
#include "tests/unit/engine/engine_fixture.h"

namespace commd::engine {
namespace {

using namespace std::chrono_literals;

constexpr const char* server_of_a = "127.0.0.1";
constexpr const char* server_of_b = "127.0.0.9";

class RoamingCall : public EngineTest {
 protected:
  RoamingCall() {
    local_towards_ = [this](const std::string& peer) { return ways_[peer]; };
    make_engine();
  }
  void open(const ports::MediaConfig& config) {
    open_talkers(config);
    auto of_b = config;
    of_b.signalling_peer_ip = server_of_b;
    of_b.capture = tone(1000);
    of_b.playback = ear("b");
    b_ = engine_->open("b", of_b, events_b_);
  }
  bool both_hear() {
    devices_.ear("a").forget();
    devices_.ear("b").forget();
    return wait([&] { return devices_.ear("a").hears(1000) && devices_.ear("b").hears(440); });
  }
  static std::string said(const model::SessionDescription& description) {
    return description.streams.at(0).transport.rtp.ip;
  }
  bool speaks_from(ports::MediaSession& session, const std::string& ip) {
    return wait([&] { return stats(session).local_address.starts_with(ip + ":"); });
  }
  ports::MediaConfig ice_config() const {
    ports::MediaConfig made = config();
    made.ice.enabled = true;
    return made;
  }

  std::map<std::string, std::string> ways_{{server_of_a, "127.0.0.1"}, {server_of_b, "127.0.0.1"}};
};

TEST_F(RoamingCall, IsOfferedFromTheNewAddressAndGoesOnThere) {
  open(config());
  connect();
  ASSERT_TRUE(both_hear());
  ways_[server_of_a] = "127.0.0.2";
  engine_->addresses_changed();
  ASSERT_TRUE(wait([&] { return events_a_.restarts_wanted == 1; }));
  EXPECT_TRUE(speaks_from(*a_, "127.0.0.1")) << "until the far end knows";
  const auto offered = offer(*a_);
  ASSERT_TRUE(offered);
  EXPECT_EQ(said(*offered), "127.0.0.2");
  const auto answered = answer(*b_, *offered);
  ASSERT_TRUE(answered);
  ASSERT_TRUE(apply(*a_, "b", *answered));
  EXPECT_TRUE(speaks_from(*a_, "127.0.0.2"));
  EXPECT_TRUE(both_hear());
  EXPECT_EQ(events_b_.restarts_wanted, 0);
}

TEST_F(RoamingCall, AnswersFromTheNewAddress) {
  open(config());
  connect();
  ways_[server_of_a] = "127.0.0.2";
  engine_->addresses_changed();
  const auto offered = offer(*b_);
  ASSERT_TRUE(offered);
  const auto answered = answer(*a_, *offered);
  ASSERT_TRUE(answered);
  EXPECT_EQ(said(*answered), "127.0.0.2");
  ASSERT_TRUE(apply(*b_, "a", *answered));
  EXPECT_TRUE(speaks_from(*a_, "127.0.0.2"));
  EXPECT_TRUE(both_hear());
}

TEST_F(RoamingCall, AnOfferThatIsRefusedIsMadeAgainOfTheSame) {
  open(config());
  connect();
  ways_[server_of_a] = "127.0.0.2";
  engine_->addresses_changed();
  const auto refused = offer(*a_);
  ASSERT_TRUE(refused);
  a_->rollback();
  const auto again = offer(*a_);
  ASSERT_TRUE(again);
  EXPECT_EQ(again->streams[0].transport.rtp.port, refused->streams[0].transport.rtp.port);
  EXPECT_EQ(said(*again), "127.0.0.2");
  const auto answered = answer(*b_, *again);
  ASSERT_TRUE(answered);
  ASSERT_TRUE(apply(*a_, "b", *answered));
  EXPECT_TRUE(both_hear());
}

TEST_F(RoamingCall, WantsNothingWhereItsAddressIsWhatItWasOrThereIsNone) {
  open(config());
  connect();
  engine_->addresses_changed();
  ways_[server_of_a] = "";
  engine_->addresses_changed();
  ways_[server_of_a] = "127.0.0.1";
  engine_->addresses_changed();
  ASSERT_TRUE(both_hear());
  EXPECT_EQ(events_a_.restarts_wanted + events_b_.restarts_wanted, 0);
}

TEST_F(RoamingCall, BeginsWhereItsMachineIsByThen) {
  auto elsewhere = config();
  elsewhere.local_ip = "192.0.2.1";  // an address that it had when the call came in
  open(elsewhere);
  const auto offered = offer(*a_);
  ASSERT_TRUE(offered) << offered.error().message;
  EXPECT_EQ(said(*offered), "127.0.0.1");
}

TEST_F(RoamingCall, ByIceLooksForAnotherWayOnlyIfItHasMoved) {
  open(ice_config());
  connect();
  ASSERT_TRUE(both_hear());
  engine_->addresses_changed();
  engine_->look_after_ways();
  ASSERT_TRUE(both_hear());
  EXPECT_EQ(events_a_.restarts_wanted + events_b_.restarts_wanted, 0);
  ways_[server_of_a] = "127.0.0.2";
  engine_->addresses_changed();
  EXPECT_TRUE(wait([&] { return events_a_.restarts_wanted == 1; }));
  EXPECT_EQ(events_b_.restarts_wanted, 0);
}

TEST_F(RoamingCall, ByIceItDoesNotStayWhereItHearsNothing) {
  open(ice_config());
  connect();
  ASSERT_TRUE(both_hear());
  b_.reset();
  ASSERT_TRUE(wait([&] { return stats(*a_).since_last_packet > 2s; }));
  engine_->look_after_ways();
  engine_->addresses_changed();
  engine_->look_after_ways();
  EXPECT_TRUE(wait([&] { return events_a_.restarts_wanted == 1; }));
}

}  // namespace
}  // namespace commd::engine
