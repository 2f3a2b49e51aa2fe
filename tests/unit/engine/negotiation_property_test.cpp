// Whatever a peer describes, an answer is a valid one and a plan is safe to follow.
#include <gtest/gtest.h>

#include <random>
#include <set>

#include "tests/unit/engine/descriptions.h"

namespace commd::engine {
namespace {

using model::Direction;

class RandomPeer {
 public:
  explicit RandomPeer(uint32_t seed) : random_(seed) {}

  model::SessionDescription description() {
    model::SessionDescription result;
    const size_t streams = chance(20) ? number(40) : number(4);
    for (size_t i = 0; i < streams; ++i) result.streams.push_back(stream());
    return result;
  }
  size_t number(size_t below) { return below == 0 ? 0 : random_() % below; }
  bool chance(unsigned one_in) { return random_() % one_in == 0; }

 private:
  template <class T>
  T pick(std::initializer_list<T> values) {
    return *(values.begin() + number(values.size()));
  }

  model::StreamDescription stream() {
    model::StreamDescription result;
    result.mid = pick<std::string>({"", "0", "audio", "x"});
    result.kind = pick({model::MediaKind::audio, model::MediaKind::audio, model::MediaKind::video,
                        model::MediaKind::application});
    result.rejected = chance(10);
    result.direction = pick(
        {Direction::send_recv, Direction::send_only, Direction::recv_only, Direction::inactive});
    result.secure_profile = chance(3);
    result.feedback_profile = chance(3);
    result.ptime_ms = static_cast<unsigned>(chance(2) ? 0 : random_());
    result.maxptime_ms = static_cast<unsigned>(chance(2) ? number(200) : random_());
    result.transport.rtp = address();
    if (chance(3)) result.transport.rtcp = address();
    result.transport.rtcp_mux = chance(2);
    for (size_t i = number(4); i > 0; --i) result.transport.sdes.push_back(key());
    if (chance(3)) result.transport.dtls = dtls();
    for (size_t i = chance(30) ? 70 : number(8); i > 0; --i)
      result.formats.push_back(random_format());
    return result;
  }

  model::TransportAddress address() {
    if (!chance(3)) return {"192.0.2.9", 30000};
    return {pick<std::string>({"192.0.2.9", "0.0.0.0", "224.1.1.1", "::1", "fe80::1", "127.0.0.1",
                               "255.255.255.255", "", "nonsense", "2001:db8::1"}),
            static_cast<uint16_t>(chance(4) ? number(65536) : 30000)};
  }

  model::SdesKey key() {
    auto line =
        crypto(static_cast<uint32_t>(number(4)),
               pick({srtp::SrtpProfile::aes_cm_128_hmac_sha1_80,
                     srtp::SrtpProfile::aead_aes_128_gcm, srtp::SrtpProfile::aead_aes_256_gcm}));
    if (chance(4)) line.suite = pick<std::string>({"", "NONE", "AES_CM_128_HMAC_SHA1_80"});
    if (chance(5))
      line.key_params = base::Secret(pick<std::string>({"", "inline:", "inline:AAAA"}));
    if (chance(5)) line.session_params = pick<std::string>({"KDR=1", "-X", "  ", "WSH=1"});
    return line;
  }

  model::DtlsParameters dtls() {
    using Setup = model::DtlsParameters::Setup;
    return {pick<std::string>({"sha-256", "sha-256", "sha-512", "sha-1", ""}),
            std::vector<uint8_t>(pick<size_t>({32, 32, 64, 20, 0}), 0xB2),
            pick({Setup::actpass, Setup::active, Setup::passive, Setup::holdconn})};
  }

  model::PayloadFormat random_format() {
    if (chance(3)) return format(static_cast<uint8_t>(number(128)), "PCMU");
    auto result = format(
        static_cast<uint8_t>(number(256)),
        pick<std::string>({"opus", "PCMU", "pcma", "G722", "telephone-event", "CN", "", "x"}),
        pick<uint32_t>({8000, 8000, 48000, 0, 16000, 0xffffffffU}),
        pick<uint8_t>({1, 1, 2, 0, 255}));
    if (chance(3)) result.parameters = {{pick<std::string>({"0-15", "99-1", "a"}), ""}};
    return result;
  }

  std::mt19937 random_;
};

void check_target(const SocketAddress& address) {
  if (!address) return;
  EXPECT_TRUE(address.is_unicast()) << address.to_string();
  EXPECT_FALSE(address.is_loopback());
  EXPECT_FALSE(address.is_ipv6());
  EXPECT_GE(address.port(), min_port);
}

void check_plan(const MediaPlan& plan, model::Encryption encryption) {
  check_target(plan.remote_rtp);
  check_target(plan.remote_rtcp);
  if (plan.remote_rtcp) {
    EXPECT_TRUE(SocketAddress::same_host(plan.remote_rtp, plan.remote_rtcp));
  }
  EXPECT_GE(plan.ptime_ms, 10U);
  EXPECT_LE(plan.ptime_ms, 120U);
  EXPECT_EQ(plan.ptime_ms % 10, 0U);
  EXPECT_FALSE(plan.receive.empty());
  std::set<int> numbers;
  for (const auto& entry : plan.receive) {
    EXPECT_TRUE(numbers.insert(entry.format.payload_type).second);
    EXPECT_NE(entry.format.clock_rate, 0U);
    EXPECT_LE(entry.format.payload_type, 127);
  }
  for (const auto& entry : plan.receive_events) {
    EXPECT_TRUE(numbers.insert(entry.payload_type).second);
    EXPECT_NE(entry.clock_rate, 0U);
  }
  EXPECT_LE(plan.send.format.payload_type, 127);
  EXPECT_FALSE(plan.keys && plan.dtls);
  if (encryption == model::Encryption::required) {
    EXPECT_TRUE(plan.is_secure());
  }
  if (encryption == model::Encryption::off) {
    EXPECT_FALSE(plan.is_secure());
  }
}

void check_answer(const model::SessionDescription& offer, const model::SessionDescription& answer) {
  ASSERT_EQ(answer.streams.size(), offer.streams.size());
  size_t live = 0;
  for (size_t i = 0; i < answer.streams.size(); ++i) {
    const auto& ours = answer.streams[i];
    const auto& theirs = offer.streams[i];
    EXPECT_EQ(ours.mid, theirs.mid);
    EXPECT_EQ(ours.kind, theirs.kind);
    if (ours.rejected) continue;
    ++live;
    EXPECT_FALSE(theirs.rejected);
    EXPECT_EQ(model::intersect(ours.direction, theirs.direction), ours.direction);
    EXPECT_FALSE(ours.transport.rtcp_mux && !theirs.transport.rtcp_mux);
    EXPECT_EQ(ours.secure_profile, theirs.secure_profile);
    const size_t agreements = ours.transport.sdes.size() + (ours.transport.dtls ? 1 : 0);
    EXPECT_FALSE(theirs.secure_profile && agreements == 0);
    EXPECT_LE(agreements, 1U);
  }
  EXPECT_EQ(live, 1U);
}

TEST(NegotiationProperty, HoldsForRandomDescriptions) {
  int answered = 0;
  for (uint32_t seed = 0; seed < 2500; ++seed) {
    SCOPED_TRACE(seed);
    RandomPeer peer(seed);
    const auto encryption = static_cast<model::Encryption>(peer.number(3));
    NegotiationPolicy ours = policy(encryption);
    if (peer.chance(2)) ours.fingerprint.assign(32, 0xA1);
    Negotiator negotiator(std::move(ours));
    // A life of offers and answers, in any order.
    for (int step = 0; step < 4; ++step) {
      const auto description = peer.description();
      if (peer.chance(3)) {
        ASSERT_TRUE(negotiator.offer(Direction::send_recv, local_transport()));
        if (const auto plan = negotiator.apply_answer(description)) check_plan(*plan, encryption);
        if (peer.chance(2)) negotiator.rollback();
        continue;
      }
      const bool acceptable = negotiator.acceptable(description).has_value();
      const auto answer = negotiator.answer(description, Direction::send_recv, shared_transport());
      ASSERT_EQ(acceptable, answer.has_value());
      if (!answer) continue;
      ++answered;
      check_plan(answer->plan, encryption);
      check_answer(description, answer->description);
    }
    if (testing::Test::HasFailure()) return;
  }
  EXPECT_GT(answered, 1000) << "the peer is not too strange to be answered";
}

}  // namespace
}  // namespace commd::engine
