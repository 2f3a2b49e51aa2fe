// Two ends that mean well, over networks that may not.
#include <random>
#include <set>

#include "tests/unit/zrtp/two_ends.h"

namespace commd::zrtp {
namespace {

using namespace std::chrono_literals;
using Manner = ZrtpOptions::Manner;
using srtp::SrtpProfile;

TEST(ZrtpAssociation, TwoEndsAgree) {
  TwoEnds pair;
  pair.make();
  pair.start();
  EXPECT_EQ(pair.run(), 0ms);
  ASSERT_TRUE(pair.secured());
  expect_matching_keys(pair);
  EXPECT_EQ(pair.end(0).keys()->outbound.profile(), SrtpProfile::aes_256_cm_hmac_sha1_80);
  EXPECT_EQ(pair.end(0).outcome()->choice.agreement, KeyAgreement::x25519);
  EXPECT_EQ(pair.end(0).outcome()->peer, pair.phones[1].zid);
  EXPECT_FALSE(pair.end(0).outcome()->recognised);
  EXPECT_FALSE(pair.end(0).outcome()->mismatch);
  EXPECT_FALSE(pair.end(0).outcome()->verified);
  EXPECT_EQ(pair.sent[0] + pair.sent[1], 10u);
}

struct Want {
  KeyAgreement agreement;
  Cipher cipher;
  AuthTag tag;
  SrtpProfile profile;
};
class ZrtpChoices : public testing::TestWithParam<Want> {};

TEST_P(ZrtpChoices, AreKept) {
  TwoEnds pair;
  const Want& want = GetParam();
  pair.phones[0].offered = {{want.cipher}, {want.tag}, {want.agreement}};
  pair.call();
  ASSERT_TRUE(pair.secured());
  expect_matching_keys(pair);
  EXPECT_EQ(pair.end(1).keys()->outbound.profile(), want.profile);
  EXPECT_EQ(pair.end(1).outcome()->choice.agreement, want.agreement);
}

INSTANTIATE_TEST_SUITE_P(All, ZrtpChoices,
                         testing::Values(Want{KeyAgreement::x25519, Cipher::aes3, AuthTag::hs80,
                                              SrtpProfile::aes_256_cm_hmac_sha1_80},
                                         Want{KeyAgreement::x448, Cipher::aes1, AuthTag::hs80,
                                              SrtpProfile::aes_cm_128_hmac_sha1_80},
                                         Want{KeyAgreement::dh3k, Cipher::aes3, AuthTag::hs32,
                                              SrtpProfile::aes_256_cm_hmac_sha1_32},
                                         Want{KeyAgreement::dh3k, Cipher::aes1, AuthTag::hs32,
                                              SrtpProfile::aes_cm_128_hmac_sha1_32}));

TEST(ZrtpAssociation, WhatIsNotListedIsKnownAllTheSame) {
  TwoEnds pair;
  pair.phones[0].offered = {{}, {}, {}};
  pair.call();
  ASSERT_TRUE(pair.secured());
  expect_matching_keys(pair);
  EXPECT_EQ(pair.end(0).outcome()->choice.agreement, KeyAgreement::dh3k);
  EXPECT_EQ(pair.end(0).outcome()->choice.cipher, Cipher::aes1);
}

TEST(ZrtpAssociation, TheFasterOfTwoFirstWishes) {
  const Offered slow{{}, {}, {KeyAgreement::x448, KeyAgreement::x25519}};
  const Offered fast{{}, {}, {KeyAgreement::x25519, KeyAgreement::x448, KeyAgreement::dh3k}};
  EXPECT_EQ(choose(slow, fast).agreement, KeyAgreement::x25519);
  EXPECT_EQ(choose(fast, slow).agreement, KeyAgreement::x25519);
}

// Section 4.2: both commit at once.
TEST(ZrtpAssociation, TwoCommitsAreSettled) {
  std::set<int> initiators;
  for (int round = 0; round < 20; ++round) {
    TwoEnds pair;
    pair.manners = {Manner::prompt, Manner::prompt};
    pair.make();
    pair.start();
    // Side by side: nothing arrives before both have sent.
    std::array<std::vector<Bytes>, 2> way;
    for (int step = 0; step < 20 && !pair.secured(); ++step) {
      for (const int from : {0, 1})
        while (const auto datagram = pair.end(from).take_datagram())
          way[static_cast<size_t>(from)].push_back(*datagram);
      for (const int from : {0, 1}) {
        for (const Bytes& datagram : way[static_cast<size_t>(from)]) {
          if (type_of(datagram) == MessageType::dh_part2) initiators.insert(from);
          pair.end(1 - from).receive(datagram, pair.now);
        }
        way[static_cast<size_t>(from)].clear();
      }
    }
    ASSERT_TRUE(pair.secured());
    expect_matching_keys(pair);
  }
  EXPECT_EQ(initiators.size(), 2u);
}

TEST(ZrtpAssociation, APatientOneCommitsWhenNobodyElseDoes) {
  TwoEnds pair;
  pair.manners = {Manner::patient, Manner::patient};
  pair.make();
  pair.start();
  EXPECT_EQ(pair.run(), ZrtpAssociation::politeness);
  ASSERT_TRUE(pair.secured());
  expect_matching_keys(pair);
}

TEST(ZrtpAssociation, EachMessageMayBeLostOnce) {
  for (const MessageType lost :
       {MessageType::hello, MessageType::hello_ack, MessageType::commit, MessageType::dh_part1,
        MessageType::dh_part2, MessageType::confirm1, MessageType::confirm2,
        MessageType::conf2_ack}) {
    TwoEnds pair;
    std::array<bool, 2> dropped{};
    pair.wire = [&](int from, const Bytes& datagram) -> std::vector<Bytes> {
      bool& done = dropped[static_cast<size_t>(from)];
      if (done || type_of(datagram) != lost) return {datagram};
      done = true;
      return {};
    };
    pair.call();
    EXPECT_TRUE(dropped[0] || dropped[1]) << wire_name(lost);
    ASSERT_TRUE(pair.secured()) << wire_name(lost);
    expect_matching_keys(pair);
  }
}

TEST(ZrtpAssociation, ALossyNetworkThatRepeatsAndReorders) {
  for (unsigned seed = 0; seed < 60; ++seed) {
    std::mt19937 random(seed);
    TwoEnds pair;
    pair.manners = {Manner::prompt, seed % 2 == 0 ? Manner::prompt : Manner::patient};
    std::array<Bytes, 2> late;
    pair.wire = [&](int from, const Bytes& datagram) -> std::vector<Bytes> {
      Bytes& held = late[static_cast<size_t>(from)];
      switch (random() % 10) {
        case 0:
        case 1:
        case 2:
          return {};
        case 3:
          return {datagram, datagram};
        case 4:
        case 5: {
          std::vector<Bytes> out;
          if (!held.empty()) out.push_back(held);
          held = datagram;
          return out;
        }
        default:
          return {datagram};
      }
    };
    pair.call();
    ASSERT_TRUE(pair.secured()) << "seed " << seed;
    expect_matching_keys(pair);
  }
}

TEST(ZrtpAssociation, TheOtherEndMayStartSecondsLater) {
  TwoEnds pair;
  pair.make();
  pair.end(0).start(pair.now);
  for (int step = 0; step < 60; ++step) {
    while (pair.end(0).take_datagram()) {
    }
    ASSERT_TRUE(pair.end(0).deadline());
    pair.now = *pair.end(0).deadline();
    pair.end(0).tick(pair.now);
  }
  pair.end(1).start(pair.now);
  EXPECT_LE(pair.run(), 0ms);
  EXPECT_TRUE(pair.secured());
}

TEST(ZrtpAssociation, SilenceIsSaid) {
  TwoEnds pair;
  pair.wire = [](int, const Bytes&) { return std::vector<Bytes>{}; };
  pair.call();
  EXPECT_EQ(pair.state(0), ZrtpState::failed);
  EXPECT_EQ(pair.end(0).error().reason, "ZRTP_TIMEOUT");
  EXPECT_EQ(pair.end(0).error().details.at("cause"), "silence");
  EXPECT_FALSE(pair.end(0).keys());
  EXPECT_FALSE(pair.end(0).deadline());
}

// Sends nothing and knows no time after the end.
TEST(ZrtpAssociation, RestsWhenItIsDone) {
  TwoEnds pair;
  pair.call();
  for (const int which : {0, 1}) {
    EXPECT_FALSE(pair.end(which).deadline());
    pair.end(which).tick(pair.now + 1h);
    EXPECT_FALSE(pair.end(which).take_datagram());
    EXPECT_EQ(pair.state(which), ZrtpState::secured);
  }
}

TEST(ZrtpAssociation, MayMoveMidway) {
  TwoEnds pair;
  pair.make();
  pair.start();
  pair.wire = [&](int from, const Bytes& datagram) {
    ZrtpAssociation moved = std::move(pair.end(1 - from));
    pair.ends[static_cast<size_t>(1 - from)] = std::move(moved);
    return std::vector<Bytes>{datagram};
  };
  pair.run();
  ASSERT_TRUE(pair.secured());
  expect_matching_keys(pair);
}

TEST(ZrtpAssociation, APingIsAnswered) {
  TwoEnds pair;
  pair.make();
  pair.start();
  while (pair.end(0).take_datagram()) {
  }
  const Bytes body{'1', '.', '1', '0', 1, 2, 3, 4, 5, 6, 7, 8};
  pair.end(0).receive(write_packet(1, 0xABCD, make_message(MessageType::ping, body)), pair.now);
  const auto answer = pair.end(0).take_datagram();
  ASSERT_TRUE(answer);
  const auto packet = read_packet(*answer);
  ASSERT_TRUE(packet);
  EXPECT_EQ(packet->type, MessageType::ping_ack);
  EXPECT_EQ(u32_at(packet->message, 32), 0xABCDu);
}

}  // namespace
}  // namespace commd::zrtp
