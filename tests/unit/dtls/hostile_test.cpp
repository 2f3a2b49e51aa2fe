// What anybody who can send to an association may try.
#include <gtest/gtest.h>
#include <malloc.h>

#include <random>

#include "media/dtls/hello.h"
#include "tests/unit/dtls/two_ends.h"

namespace commd::dtls {
namespace {

using namespace std::chrono_literals;

constexpr size_t random_offset = 13 + 14;  // of a ClientHello in its datagram

Bytes fatal_alert(uint8_t description) {
  return {21, 0xfe, 0xfd, 0, 0, 0, 0, 0, 0, 0x40, 0, 0, 2, 2, description};
}

Bytes client_hello_of(TwoEnds& pair) {
  pair.ends[0]->start(pair.clock.now());
  return pair.ends[0]->take_datagram().value_or(Bytes{});
}

TEST(DtlsHostile, JunkIsDropped) {
  std::mt19937 random(7);
  const auto junk = [&random](size_t size, uint8_t first) {
    Bytes bytes(size);
    for (uint8_t& byte : bytes) byte = static_cast<uint8_t>(random());
    if (!bytes.empty()) bytes[0] = first;
    return bytes;
  };
  TwoEnds pair;
  pair.make();
  pair.expect_each_other();
  pair.wire = [&](int, const Bytes& datagram) {
    Bytes cut = datagram;
    cut.resize(cut.size() / 2);
    Bytes tail = datagram;
    tail.push_back(22);
    return std::vector<Bytes>{{},   junk(1, 22), junk(13, 22), junk(500, 20), cut, junk(1500, 63),
                              tail, datagram,    cut,          junk(64, 23)};
  };
  pair.start();
  EXPECT_EQ(pair.run(), 0ms);
  EXPECT_TRUE(pair.connected());
  expect_matching_keys(pair);
  EXPECT_GT(pair.ends[0]->ignored(), 5u);
}

TEST(DtlsHostile, AlertsThatNobodySignedEndNothing) {
  TwoEnds pair;
  pair.make();
  pair.expect_each_other();
  pair.wire = [](int, const Bytes& datagram) {
    return std::vector<Bytes>{fatal_alert(40), datagram, fatal_alert(0)};
  };
  pair.start();
  EXPECT_EQ(pair.run(), 0ms);
  EXPECT_TRUE(pair.connected());
  for (const int end : {0, 1})
    pair.ends[static_cast<size_t>(end)]->receive(fatal_alert(0), pair.clock.now());
  EXPECT_TRUE(pair.connected());
}

TEST(DtlsHostile, ARefusalIsToldAtTheDeadline) {
  TwoEnds pair;
  pair.make();
  pair.wire = [&](int, const Bytes&) { return std::vector<Bytes>{}; };
  pair.start();
  for (int i = 0; i < 100 && !pair.over(0); ++i) {
    pair.ends[0]->receive(fatal_alert(40), pair.clock.now());
    pair.deliver();
    pair.pass_time();
  }
  EXPECT_EQ(pair.ends[0]->error().reason, "DTLS_TIMEOUT");
  EXPECT_EQ(pair.ends[0]->error().details.at("cause"), "alert");
  EXPECT_NE(pair.ends[0]->error().message.find("handshake failure"), std::string::npos);
  // It began anew with pauses in between, not in a storm.
  EXPECT_GE(pair.ends[0]->restarts(), 3u);
  EXPECT_LE(pair.sent, 30u);
}

// Every octet of a message of the handshake may be another one, and still the
// handshake after that comes to its end.
TEST(DtlsHostile, ABrokenHandshakeIsBegunAnew) {
  size_t begun_anew = 0;
  for (const size_t at : {13u, 25u, 27u, 60u, 70u, 90u, 100u, 140u, 200u, 300u}) {
    for (size_t broken = 1; broken <= 4; ++broken) {
      TwoEnds pair;
      pair.make();
      pair.expect_each_other();
      size_t count = 0;
      pair.wire = [&](int, const Bytes& datagram) {
        Bytes touched = datagram;
        if (++count == broken) touched[at % touched.size()] ^= 0x55;
        return std::vector<Bytes>{touched};
      };
      pair.start();
      pair.run();
      EXPECT_TRUE(pair.connected())
          << "octet " << at << " of datagram " << broken << ": " << pair.ends[0]->error().message
          << "; " << pair.ends[1]->error().message;
      begun_anew += pair.ends[0]->restarts() + pair.ends[1]->restarts();
    }
  }
  EXPECT_GT(begun_anew, 10u);
}

TEST(DtlsHostile, MessagesOfTheWrongRoleAreDropped) {
  TwoEnds pair;
  pair.make();
  pair.expect_each_other();
  pair.wire = [](int, const Bytes& datagram) { return std::vector<Bytes>{datagram}; };
  const Bytes hello = client_hello_of(pair);
  pair.ends[0]->receive(hello, pair.clock.now());  // its own
  pair.ends[1]->start(pair.clock.now());
  pair.ends[1]->receive(hello, pair.clock.now());
  const auto answer = pair.ends[1]->take_datagram();
  ASSERT_TRUE(answer);
  pair.ends[1]->receive(*answer, pair.clock.now());  // its own
  pair.ends[0]->receive(*answer, pair.clock.now());
  pair.run();
  EXPECT_TRUE(pair.connected());
  EXPECT_EQ(pair.ends[0]->restarts() + pair.ends[1]->restarts(), 0u);
}

TEST(DtlsHostile, WhoeverSaidHelloFirstKeepsNobodyOut) {
  TwoEnds pair;
  pair.make();
  pair.expect_each_other();
  DtlsAssociation stranger =
      *DtlsAssociation::create(*DtlsIdentity::generate(), {.role = DtlsRole::active});
  stranger.start(pair.clock.now());
  pair.ends[1]->start(pair.clock.now());
  pair.ends[1]->receive(*stranger.take_datagram(), pair.clock.now());
  while (pair.ends[1]->take_datagram()) {
  }
  pair.start();
  pair.run();
  EXPECT_TRUE(pair.connected());
  expect_matching_keys(pair);
}

TEST(DtlsHostile, AStrangerWhoGetsToTheEndGetsNoKeys) {
  TwoEnds pair;
  pair.make();
  pair.ends[0] = *DtlsAssociation::create(*DtlsIdentity::generate(), {.role = DtlsRole::active});
  pair.expect_each_other();
  pair.start();
  pair.run();
  EXPECT_EQ(pair.ends[1]->error().reason, "FINGERPRINT_MISMATCH");
  EXPECT_FALSE(pair.ends[1]->keys());
}

TEST(DtlsHostile, WhoLeavesBeforeHeIsKnownIsForgotten) {
  TwoEnds pair;
  pair.make();
  pair.start();
  pair.deliver();  // through, but nobody knows with whom
  pair.ends[0]->close();
  pair.deliver();
  EXPECT_EQ(pair.state(1), DtlsState::connecting);
  pair.ends[0] = *DtlsAssociation::create(alice(), {.role = DtlsRole::active});
  pair.expect_each_other();
  pair.ends[0]->start(pair.clock.now());
  pair.run();
  EXPECT_TRUE(pair.connected());
}

TEST(DtlsHostile, HellosCostLittleAndFillNothing) {
  TwoEnds pair;
  pair.make();
  pair.expect_each_other();
  Bytes hello = client_hello_of(pair);
  pair.ends[1]->start(pair.clock.now());
  size_t answered = 0;
  const auto flood = [&](int hellos) {
    for (int i = 0; i < hellos; ++i) {
      for (size_t octet = 0; octet < 4; ++octet) {
        hello[random_offset + octet] =
            static_cast<uint8_t>(static_cast<unsigned>(i) >> (8 * octet));
      }
      pair.ends[1]->receive(hello, pair.clock.now());
      pair.clock.advance(1ms);
      while (pair.ends[1]->take_datagram()) ++answered;
    }
  };
  flood(500);
  const size_t before = mallinfo2().uordblks;
  flood(5000);
  const size_t after = mallinfo2().uordblks;
  EXPECT_LT(after, before + 64 * 1024);
  // 5.5 s at one in 20 ms.
  EXPECT_LE(pair.ends[1]->restarts(), 5500u / 20 + 1);
  EXPECT_LE(answered, 2 * (5500u / 20 + 2));
  EXPECT_GT(answered, 100u);
  pair.run();
  EXPECT_TRUE(pair.connected());
}

TEST(DtlsHostile, WhatNobodyTakesIsNotKeptForEver) {
  TwoEnds pair;
  pair.make();
  Bytes hello = client_hello_of(pair);
  pair.ends[1]->start(pair.clock.now());
  for (uint8_t i = 0; i < 200; ++i) {
    hello[random_offset] = i;
    pair.clock.advance(30ms);
    pair.ends[1]->receive(hello, pair.clock.now());
  }
  size_t waiting = 0;
  while (pair.ends[1]->take_datagram()) ++waiting;
  EXPECT_LE(waiting, 32u);
}

}  // namespace
}  // namespace commd::dtls
