// Offers, answers and re-negotiations: what a session keeps and what it refuses.
#include "media/engine/negotiation.h"

#include <gtest/gtest.h>

#include <set>

#include "tests/unit/engine/descriptions.h"

namespace commd::engine {
namespace {

using model::Direction;
using model::Encryption;
using model::SessionDescription;
using srtp::SrtpProfile;

constexpr auto sha1_80 = SrtpProfile::aes_cm_128_hmac_sha1_80;
constexpr auto gcm = SrtpProfile::aead_aes_128_gcm;

// Two negotiators that talk to each other.
struct Pair {
  explicit Pair(NegotiationPolicy rules) : caller(rules), callee(std::move(rules)) {}

  base::Result<MediaPlan> exchange(Direction direction = Direction::send_recv) {
    const auto offer = caller.offer(direction, local_transport());
    EXPECT_TRUE(offer);
    const auto answer = must_answer(callee, *offer);
    callee_plan = answer.plan;
    return caller.apply_answer(answer.description);
  }
  Negotiator caller;
  Negotiator callee;
  MediaPlan callee_plan;
};

TEST(Exchange, BothSidesAgree) {
  Pair pair(policy(Encryption::preferred));
  const auto plan = pair.exchange();
  ASSERT_TRUE(plan);
  ASSERT_TRUE(plan->keys && pair.callee_plan.keys);
  EXPECT_EQ(plan->keys->outbound.key, pair.callee_plan.keys->inbound.key);
  EXPECT_EQ(plan->keys->inbound.key, pair.callee_plan.keys->outbound.key);
  EXPECT_EQ(plan->send.format.name, "opus");
  EXPECT_EQ(pair.callee_plan.send.format.payload_type, plan->send.format.payload_type);
  EXPECT_TRUE(plan->rtcp_mux);
}

TEST(Exchange, HoldKeepsTransportAndKeys) {
  Pair pair(policy(Encryption::preferred));
  const auto before = pair.exchange();
  const auto held = pair.exchange(Direction::send_only);
  ASSERT_TRUE(before && held);
  EXPECT_EQ(held->direction, Direction::send_only);
  EXPECT_EQ(pair.callee_plan.direction, Direction::recv_only);
  EXPECT_EQ(held->keys->outbound.key, before->keys->outbound.key);
  EXPECT_EQ(held->keys->inbound.key, before->keys->inbound.key);
  EXPECT_EQ(held->send.format.payload_type, before->send.format.payload_type);
  const auto resumed = pair.exchange();
  EXPECT_EQ(resumed->direction, Direction::send_recv);
  EXPECT_EQ(resumed->keys->outbound.key, before->keys->outbound.key);
}

TEST(Exchange, TheCalleeMayReofferWithTheSameNumbersAndKeys) {
  Pair pair(policy(Encryption::preferred));
  auto offer = basic_offer();
  offer.streams[0].formats = {format(120, "opus", 48000, 2), format(121, "telephone-event", 48000)};
  offer.streams[0].transport.sdes = {crypto(3, gcm)};
  const auto first = must_answer(pair.callee, offer);
  const auto second = pair.callee.offer(Direction::send_only, local_transport());
  ASSERT_TRUE(second);
  const auto& stream = second->streams[0];
  EXPECT_EQ(stream.mid, "audio");
  EXPECT_EQ(stream.formats[0].name, "opus");
  EXPECT_EQ(stream.formats[0].payload_type, 120);
  const auto& key = stream.transport.sdes.at(0);
  EXPECT_EQ(key.suite, "AEAD_AES_128_GCM");
  EXPECT_EQ(key.key_params, srtp::print_key_params(first.plan.keys->outbound));
  std::set<int> numbers;
  for (const auto& format : stream.formats)
    EXPECT_TRUE(numbers.insert(format.payload_type).second) << "a number means one thing";
}

TEST(Exchange, OtherStreamsStayRejectedInTheirPlace) {
  Negotiator negotiator(policy());
  must_answer(negotiator, describe({video(), basic_offer().streams[0]}));
  const auto offer = negotiator.offer(Direction::send_recv, local_transport());
  ASSERT_EQ(offer->streams.size(), 2U);
  EXPECT_TRUE(offer->streams[0].rejected);
  EXPECT_EQ(offer->streams[0].kind, model::MediaKind::video);
  EXPECT_FALSE(offer->streams[1].rejected);
}

TEST(Reinvite, TheSameKeyIsAnsweredByTheSameKey) {
  Negotiator negotiator(policy(Encryption::preferred));
  auto offer = basic_offer();
  offer.streams[0].transport.sdes = {crypto(1, sha1_80)};
  const auto first = must_answer(negotiator, offer);
  const auto again = must_answer(negotiator, offer);
  EXPECT_EQ(first.plan.keys->outbound.key, again.plan.keys->outbound.key);
  offer.streams[0].transport.sdes = {crypto(1, sha1_80)};
  const auto changed = must_answer(negotiator, offer);
  EXPECT_FALSE(first.plan.keys->outbound.key == changed.plan.keys->outbound.key)
      << "a context that starts anew never starts under an old key";
}

TEST(Reinvite, MayChangeAddressAndPayloadTypes) {
  Negotiator negotiator(policy());
  must_answer(negotiator, basic_offer());
  const auto moved = describe({audio({format(100, "opus", 48000, 2), format(0, "PCMU")})});
  auto second = moved;
  second.streams[0].transport.rtp = {"198.51.100.3", 40000};
  const auto answer = must_answer(negotiator, second);
  EXPECT_EQ(answer.plan.remote_rtp.to_string(), "198.51.100.3:40000");
  EXPECT_EQ(answer.plan.send.format.payload_type, 100);
}

TEST(Reinvite, ARefusedOneChangesNothing) {
  Negotiator negotiator(policy(Encryption::required));
  auto offer = basic_offer();
  offer.streams[0].transport.sdes = {crypto(1, sha1_80)};
  const auto first = must_answer(negotiator, offer);
  const auto refused = negotiator.answer(basic_offer(), Direction::send_recv, local_transport());
  EXPECT_EQ(refused.error().reason, "ENCRYPTION_REQUIRED");
  EXPECT_EQ(must_answer(negotiator, offer).plan.keys->outbound.key, first.plan.keys->outbound.key);
}

TEST(ApplyAnswer, WithoutAnOfferFails) {
  Negotiator negotiator(policy());
  EXPECT_EQ(negotiator.apply_answer(basic_offer()).error().reason, "NO_OFFER");
  ASSERT_TRUE(negotiator.offer(Direction::send_recv, local_transport()));
  negotiator.rollback();
  EXPECT_EQ(negotiator.apply_answer(basic_offer()).error().reason, "NO_OFFER");
}

TEST(ApplyAnswer, SendsTheFirstCodecAndAcceptsAll) {
  Negotiator negotiator(policy());
  ASSERT_TRUE(negotiator.offer(Direction::send_recv, local_transport()));
  const auto answer = describe({audio({format(101, "telephone-event"), format(8, "PCMA"),
                                       format(0, "PCMU"), format(98, "opus", 48000, 2)})});
  const auto plan = negotiator.apply_answer(answer);
  ASSERT_TRUE(plan);
  EXPECT_EQ(plan->send.format.name, "PCMA");
  std::set<int> received;
  for (const auto& entry : plan->receive) received.insert(entry.format.payload_type);
  EXPECT_EQ(received, (std::set<int>{96, 9, 0, 8, 98})) << "ours, and the number of theirs too";
}

TEST(ApplyAnswer, SendsWithThePeersNumber) {
  Negotiator negotiator(policy());
  ASSERT_TRUE(negotiator.offer(Direction::send_recv, local_transport()));
  const auto plan = negotiator.apply_answer(describe({audio({format(110, "opus", 48000, 2)})}));
  ASSERT_TRUE(plan);
  EXPECT_EQ(plan->send.format.payload_type, 110);
}

TEST(ApplyAnswer, RefusesWhatWasNotOffered) {
  struct Case {
    const char* what;
    Encryption ours;
    std::function<void(SessionDescription&, const SessionDescription&)> spoil;
    const char* reason;
  };
  const std::vector<Case> cases = {
      {"refused", Encryption::off,
       [](auto& answer, const auto&) { answer.streams[0].rejected = true; }, "INCOMPATIBLE_MEDIA"},
      {"no stream", Encryption::off, [](auto& answer, const auto&) { answer.streams.clear(); },
       "INCOMPATIBLE_MEDIA"},
      {"no common codec", Encryption::off,
       [](auto& answer, const auto&) { answer.streams[0].formats = {format(18, "G729")}; },
       "INCOMPATIBLE_MEDIA"},
      {"video in the place of audio", Encryption::off,
       [](auto& answer, const auto&) { answer.streams[0] = video(); }, "INCOMPATIBLE_MEDIA"},
      {"a key of a tag that was not offered", Encryption::preferred,
       [](auto& answer, const auto&) { answer.streams[0].transport.sdes = {crypto(9, sha1_80)}; },
       "INCOMPATIBLE_MEDIA"},
      {"a key of another suite", Encryption::preferred,
       [](auto& answer, const auto& offer) {
         answer.streams[0].transport.sdes = {crypto(offer.streams[0].transport.sdes[0].tag, gcm)};
       },
       "INCOMPATIBLE_MEDIA"},
      {"no key where one is required", Encryption::required, [](auto&, const auto&) {},
       "ENCRYPTION_REQUIRED"},
  };
  for (const Case& test : cases) {
    Negotiator negotiator(policy(test.ours));
    const auto offer = negotiator.offer(Direction::send_recv, local_transport());
    ASSERT_TRUE(offer);
    auto answer = basic_offer();
    test.spoil(answer, *offer);
    const auto plan = negotiator.apply_answer(answer);
    ASSERT_FALSE(plan) << test.what;
    EXPECT_EQ(plan.error().reason, test.reason) << test.what;
    // The offer still stands for another branch.
    auto good = basic_offer();
    if (test.ours != Encryption::off) {
      const auto& line = offer->streams[0].transport.sdes[0];
      good.streams[0].transport.sdes = {crypto(line.tag, sha1_80)};
    }
    EXPECT_TRUE(negotiator.apply_answer(good)) << test.what;
  }
}

TEST(ApplyAnswer, BranchesHaveTheirOwnKeysAndAddresses) {
  Negotiator negotiator(policy(Encryption::preferred));
  const auto offer = negotiator.offer(Direction::send_recv, local_transport());
  auto first = basic_offer();
  first.streams[0].transport.sdes = {crypto(offer->streams[0].transport.sdes[0].tag, sha1_80)};
  auto second = basic_offer();
  second.streams[0].transport.rtp.port = 32000;
  second.streams[0].transport.sdes = {crypto(offer->streams[0].transport.sdes[1].tag, gcm)};
  const auto one = negotiator.apply_answer(first);
  const auto two = negotiator.apply_answer(second);
  ASSERT_TRUE(one && two);
  EXPECT_FALSE(one->keys->outbound.key == two->keys->outbound.key);
  EXPECT_EQ(two->remote_rtp.port(), 32000);
  // The first branch answers our hold with the suite it has.
  const auto hold = negotiator.offer(Direction::send_only, local_transport());
  bool offered_again = false;
  for (const auto& line : hold->streams[0].transport.sdes)
    offered_again |= line.key_params == srtp::print_key_params(one->keys->outbound);
  EXPECT_TRUE(offered_again);
}

// A call in the clear stays so until the peer says otherwise (and then it is told).
TEST(ApplyAnswer, APeerWithoutKeysIsNotAskedAgain) {
  Negotiator negotiator(policy(Encryption::preferred));
  ASSERT_FALSE(
      negotiator.offer(Direction::send_recv, local_transport())->streams[0].transport.sdes.empty());
  ASSERT_TRUE(negotiator.apply_answer(basic_offer()));
  const auto hold = negotiator.offer(Direction::send_only, local_transport());
  ASSERT_TRUE(hold);
  EXPECT_TRUE(hold->streams[0].transport.sdes.empty());
}

// The branch that stays may be the one with keys, whichever answered last.
TEST(ApplyAnswer, KeysOfOneBranchOutliveAnotherInTheClear) {
  Negotiator negotiator(policy(Encryption::preferred));
  const auto offer = negotiator.offer(Direction::send_recv, local_transport());
  auto keyed = basic_offer();
  keyed.streams[0].transport.sdes = {crypto(offer->streams[0].transport.sdes[0].tag, sha1_80)};
  ASSERT_TRUE(negotiator.apply_answer(keyed));
  ASSERT_TRUE(negotiator.apply_answer(basic_offer()));
  const auto hold = negotiator.offer(Direction::send_only, local_transport());
  ASSERT_TRUE(hold);
  EXPECT_FALSE(hold->streams[0].transport.sdes.empty());
}

TEST(Rollback, TheNextOfferIsAsIfNothingHappened) {
  Pair pair(policy(Encryption::preferred));
  const auto before = pair.exchange();
  ASSERT_TRUE(pair.caller.offer(Direction::inactive, local_transport()));
  pair.caller.rollback();
  const auto after = pair.exchange();
  ASSERT_TRUE(after);
  EXPECT_EQ(after->direction, Direction::send_recv);
  EXPECT_EQ(after->keys->outbound.key, before->keys->outbound.key);
}

}  // namespace
}  // namespace commd::engine
