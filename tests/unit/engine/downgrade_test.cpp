// What protects a running call is not given up again, whoever asks for it: in offers of the far
// end's, and in answers to ours, where encryption is only preferred too.
#include <gtest/gtest.h>

#include "tests/unit/engine/descriptions.h"

namespace commd::engine {
namespace {

using model::Direction;
using model::Encryption;
using model::SessionDescription;

constexpr auto sha1_80 = srtp::SrtpProfile::aes_cm_128_hmac_sha1_80;

NegotiationPolicy all_keys(char digit) {
  NegotiationPolicy result = policy(Encryption::preferred);
  result.fingerprint.assign(32, static_cast<uint8_t>(digit));
  auto memory = std::make_shared<model::ZrtpMemory>();
  memory->zid.assign(24, digit);
  result.zrtp = zrtp_self(memory);
  return result;
}

enum class Keys { none, sdes, dtls, zrtp };

// What is left of the keys of an offer or an answer once somebody has taken away all others.
SessionDescription with(SessionDescription description, Keys left) {
  model::TransportDescription& transport = description.streams[0].transport;
  if (left != Keys::sdes) transport.sdes.clear();
  if (left != Keys::dtls) transport.dtls.reset();
  if (left != Keys::zrtp) transport.zrtp_hash.clear();
  if (left == Keys::none) description.streams[0].secure_profile = false;
  return description;
}

// Two ends that talk, protected by these keys.
struct Talk {
  explicit Talk(Keys keys) : caller(all_keys('a')), callee(all_keys('b')) {
    const auto offer = caller.offer(Direction::send_recv, local_transport());
    EXPECT_TRUE(offer);
    const auto answer = must_answer(callee, with(*offer, keys));
    EXPECT_TRUE(caller.apply_answer(answer.description));
  }

  // A description of the other end that has keys of that kind, besides what is in use.
  static SessionDescription of_stranger(Keys keys) {
    Negotiator stranger(all_keys('c'));
    const auto offer = stranger.offer(Direction::send_recv, local_transport());
    EXPECT_TRUE(offer);
    return with(*offer, keys);
  }

  Negotiator caller;
  Negotiator callee;
};

std::string cause_of(const base::Error& error) {
  const auto found = error.details.find("cause");
  return error.reason + (found == error.details.end() ? "" : " " + found->second);
}

struct Case {
  Keys in_use;
  Keys wanted;
  bool taken;
};

const std::vector<Case> cases = {
    {Keys::none, Keys::none, true},  {Keys::none, Keys::sdes, true},
    {Keys::none, Keys::dtls, true},  {Keys::sdes, Keys::none, false},
    {Keys::sdes, Keys::sdes, true},  {Keys::sdes, Keys::dtls, true},
    {Keys::dtls, Keys::none, false}, {Keys::dtls, Keys::sdes, false},
    {Keys::dtls, Keys::dtls, true},  {Keys::zrtp, Keys::none, false},
    {Keys::zrtp, Keys::sdes, false}, {Keys::zrtp, Keys::dtls, false},
    {Keys::zrtp, Keys::zrtp, true},
};

TEST(Downgrade, AnOfferInARunningCallIsRefused) {
  for (const Case& test : cases) {
    SCOPED_TRACE(std::to_string(static_cast<int>(test.in_use)) + " to " +
                 std::to_string(static_cast<int>(test.wanted)));
    Talk talk(test.in_use);
    const SessionDescription offer = Talk::of_stranger(test.wanted);
    for (Negotiator* end : {&talk.caller, &talk.callee}) {
      const auto acceptable = end->acceptable(offer);
      EXPECT_EQ(acceptable.has_value(), test.taken);
      const auto answer = end->answer(offer, Direction::send_recv, local_transport());
      EXPECT_EQ(answer.has_value(), test.taken);
      if (!answer) {
        EXPECT_EQ(cause_of(answer.error()), "ENCRYPTION_REQUIRED downgrade");
      }
    }
  }
}

// The far end took our offer of a hold as it was; its answer came without the keys.
TEST(Downgrade, AnAnswerInARunningCallIsRefused) {
  for (const Keys keys : {Keys::sdes, Keys::dtls, Keys::zrtp}) {
    SCOPED_TRACE(static_cast<int>(keys));
    for (const bool strip : {false, true}) {
      Talk talk(keys);
      const auto offer = talk.caller.offer(Direction::send_only, local_transport());
      ASSERT_TRUE(offer);
      auto answer = must_answer(talk.callee, *offer).description;
      if (strip) answer = with(answer, Keys::none);
      const auto plan = talk.caller.apply_answer(answer);
      EXPECT_EQ(plan.has_value(), !strip);
      if (!plan) {
        EXPECT_EQ(cause_of(plan.error()), "ENCRYPTION_REQUIRED downgrade");
      }
    }
  }
}

TEST(Downgrade, WhatWasRefusedChangesNothing) {
  Talk talk(Keys::dtls);
  ASSERT_FALSE(
      talk.callee.answer(Talk::of_stranger(Keys::none), Direction::send_recv, local_transport()));
  const auto again = talk.caller.offer(Direction::send_recv, local_transport());
  ASSERT_TRUE(again);
  const auto answer = must_answer(talk.callee, *again);
  EXPECT_TRUE(answer.plan.dtls);
  EXPECT_TRUE(talk.caller.apply_answer(answer.description));
}

// Several may answer the first offer, and are different people.
TEST(Downgrade, BranchesOfAForkedCallDoNotBindEachOther) {
  Negotiator caller(policy(Encryption::preferred));
  const auto offer = caller.offer(Direction::send_recv, local_transport());
  auto keyed = basic_offer();
  keyed.streams[0].transport.sdes = {crypto(offer->streams[0].transport.sdes[0].tag, sha1_80)};
  EXPECT_TRUE(caller.apply_answer(keyed));
  const auto clear = caller.apply_answer(basic_offer());
  ASSERT_TRUE(clear);
  EXPECT_FALSE(clear->is_secure());
}

}  // namespace
}  // namespace commd::engine
