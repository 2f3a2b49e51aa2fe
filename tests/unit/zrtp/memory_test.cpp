// What two ends keep from call to call, and what it means when they do not agree on it.
#include "tests/unit/zrtp/two_ends.h"

namespace commd::zrtp {
namespace {

void verify(Phone& phone, const Zid& peer) { phone.memory.at(peer).verified = true; }

TEST(ZrtpMemory, TheSecondCallKnowsTheFirst) {
  TwoEnds pair;
  pair.call();
  ASSERT_TRUE(pair.secured());
  const std::string first = pair.end(0).outcome()->sas;
  pair.keep();
  verify(pair.phones[0], pair.phones[1].zid);
  pair.call();
  ASSERT_TRUE(pair.secured());
  expect_matching_keys(pair);
  EXPECT_NE(pair.end(0).outcome()->sas, first);
  for (const int which : {0, 1}) {
    EXPECT_TRUE(pair.end(which).outcome()->recognised);
    EXPECT_FALSE(pair.end(which).outcome()->mismatch);
  }
  EXPECT_TRUE(pair.end(0).outcome()->verified);
  EXPECT_FALSE(pair.end(0).outcome()->peer_verified);
  EXPECT_FALSE(pair.end(1).outcome()->verified);
  EXPECT_TRUE(pair.end(1).outcome()->peer_verified);
}

TEST(ZrtpMemory, VerifiedOnBothEndsFromCallToCall) {
  TwoEnds pair;
  pair.call();
  pair.keep();
  verify(pair.phones[0], pair.phones[1].zid);
  verify(pair.phones[1], pair.phones[0].zid);
  for (int round = 0; round < 5; ++round) {
    pair.call();
    ASSERT_TRUE(pair.secured());
    for (const int which : {0, 1}) {
      EXPECT_TRUE(pair.end(which).outcome()->verified);
      EXPECT_TRUE(pair.end(which).outcome()->peer_verified);
    }
    pair.keep();
  }
}

// The last message is the one that may be missing: one end has gone on, the other has not.
TEST(ZrtpMemory, OneCallThatOnlyOneEndKeptIsForgiven) {
  for (const size_t keeper : {size_t{0}, size_t{1}}) {
    TwoEnds pair;
    pair.call();
    pair.keep();
    verify(pair.phones[0], pair.phones[1].zid);
    pair.call();
    pair.phones[keeper].keep(*pair.end(static_cast<int>(keeper)).outcome());
    pair.call();
    ASSERT_TRUE(pair.secured());
    expect_matching_keys(pair);
    EXPECT_TRUE(pair.end(0).outcome()->verified);
    EXPECT_FALSE(pair.end(0).outcome()->mismatch);
    EXPECT_FALSE(pair.end(1).outcome()->mismatch);
  }
}

TEST(ZrtpMemory, AnEndThatForgotIsAMismatch) {
  TwoEnds pair;
  pair.call();
  pair.keep();
  verify(pair.phones[0], pair.phones[1].zid);
  pair.phones[1].memory.clear();
  pair.call();
  ASSERT_TRUE(pair.secured());
  expect_matching_keys(pair);
  EXPECT_TRUE(pair.end(0).outcome()->mismatch);
  EXPECT_FALSE(pair.end(0).outcome()->verified);
  EXPECT_FALSE(pair.end(0).outcome()->recognised);
  // Who remembers nothing misses nothing, and is not told that all is well.
  EXPECT_FALSE(pair.end(1).outcome()->mismatch);
  EXPECT_FALSE(pair.end(1).outcome()->peer_verified);
}

TEST(ZrtpMemory, WhoTakesTheNameOfAnotherHasNotItsSecret) {
  TwoEnds pair;
  pair.call();
  pair.keep();
  verify(pair.phones[0], pair.phones[1].zid);
  pair.phones[1].memory[pair.phones[0].zid].rs1 = RetainedSecret();
  pair.call();
  EXPECT_TRUE(pair.end(0).outcome()->mismatch);
  EXPECT_FALSE(pair.end(0).outcome()->verified);
  EXPECT_TRUE(pair.end(1).outcome()->mismatch);
}

// It has to be asked for the right end.
TEST(ZrtpMemory, AnotherEndIsNotTheSamePerson) {
  TwoEnds pair;
  pair.call();
  pair.keep();
  verify(pair.phones[0], pair.phones[1].zid);
  pair.phones[1].zid = random_zid();
  pair.call();
  ASSERT_TRUE(pair.secured());
  EXPECT_FALSE(pair.end(0).outcome()->verified);
  EXPECT_FALSE(pair.end(0).outcome()->recognised);
  EXPECT_EQ(pair.end(0).outcome()->peer, pair.phones[1].zid);
}

TEST(ZrtpMemory, SecretsAreNotOnTheWire) {
  TwoEnds pair;
  pair.call();
  pair.keep();
  const RetainedSecret secret = *pair.phones[0].memory.at(pair.phones[1].zid).rs1;
  bool seen = false;
  pair.wire = [&](int, const Bytes& datagram) {
    seen = seen || !std::ranges::search(datagram, secret.reveal()).empty();
    return std::vector<Bytes>{datagram};
  };
  pair.call();
  EXPECT_TRUE(pair.end(0).outcome()->recognised);
  EXPECT_FALSE(seen);
}

}  // namespace
}  // namespace commd::zrtp
