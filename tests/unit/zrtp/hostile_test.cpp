// What anybody who can send to an association, or sits between two, may try.
#include <random>

#include "media/zrtp/crypto.h"
#include "tests/unit/zrtp/two_ends.h"

namespace commd::zrtp {
namespace {

using Change = std::function<void(Bytes&)>;

std::string cause_of(TwoEnds& pair, int which) {
  const base::Error& error = pair.end(which).error();
  const auto found = error.details.find("cause");
  return found == error.details.end() ? error.reason : found->second;
}

// Each message of that type from `from` is changed on its way.
void tamper(TwoEnds& pair, int from, MessageType type, Change change) {
  pair.wire = [=](int sender, const Bytes& datagram) -> std::vector<Bytes> {
    if (sender != from || type_of(datagram) != type) return {datagram};
    return {changed(datagram, change)};
  };
}

Change flip(size_t at) {
  return [at](Bytes& message) { message[at] ^= 1; };
}

// Somebody in between who speaks with each end for the other, and changes the signalling, too.
TEST(ZrtpHostile, WhoIsInBetweenMakesTheWordsDiffer) {
  int same = 0;
  for (int round = 0; round < 5; ++round) {
    TwoEnds left;
    TwoEnds right;
    left.call();
    right.call();
    ASSERT_TRUE(left.secured() && right.secured());
    // The person on the left hears what the one on the right reads out.
    if (left.end(0).outcome()->sas == right.end(1).outcome()->sas) ++same;
  }
  EXPECT_EQ(same, 0);
}

TEST(ZrtpHostile, AnotherHelloThanTheSignalledOneIsNotTaken) {
  TwoEnds pair;
  pair.make(0, OwnHello(random_zid()).signalled());
  pair.make(1, pair.hello(0).signalled());
  pair.start();
  pair.run();
  EXPECT_EQ(pair.state(0), ZrtpState::failed);
  EXPECT_EQ(cause_of(pair, 0), "hello_mismatch");
  EXPECT_FALSE(pair.end(0).keys());
  EXPECT_EQ(pair.state(1), ZrtpState::failed);
}

// The other end only waits, and could say no more than that it was in vain.
TEST(ZrtpHostile, WhoSeesWhatIsWrongGivesUpFirst) {
  for (const auto& [from, type] :
       {std::pair{0, MessageType::hello}, std::pair{1, MessageType::hello},
        std::pair{0, MessageType::dh_part2}, std::pair{1, MessageType::confirm1}}) {
    TwoEnds pair;
    tamper(pair, from, type, flip(20));
    pair.make();
    pair.start();
    do pair.deliver();
    while (!pair.over(0) && !pair.over(1) && pair.pass_time());
    EXPECT_EQ(pair.state(1 - from), ZrtpState::failed) << wire_name(type) << from;
    EXPECT_FALSE(pair.over(from)) << wire_name(type) << from;
  }
}

// It is the far end's packets that are late, then.
TEST(ZrtpHostile, AStrangersHelloCostsNoPatience) {
  TwoEnds pair;
  const base::MonoTime late = pair.now + std::chrono::seconds(15);
  pair.wire = [&](int from, const Bytes& datagram) -> std::vector<Bytes> {
    if (from == 1 && type_of(datagram) != MessageType::hello && pair.now < late) return {};
    return {datagram};
  };
  pair.make();
  pair.start();
  const OwnHello stranger(random_zid());
  pair.end(0).receive(write_packet(0xFFFF, 1, stranger.message()), pair.now);
  pair.run();
  EXPECT_TRUE(pair.secured());
}

TEST(ZrtpHostile, AStrangersHelloFirstDisturbsNothing) {
  TwoEnds pair;
  pair.make();
  pair.start();
  const OwnHello stranger(random_zid());
  pair.end(0).receive(write_packet(0xFFFF, 1, stranger.message()), pair.now);
  pair.run();
  ASSERT_TRUE(pair.secured());
  expect_matching_keys(pair);
}

TEST(ZrtpHostile, OneChangedOctetOfAHelloIsOneTooMany) {
  for (const size_t at : {size_t{30}, size_t{40}, size_t{70}, size_t{77}, size_t{90}}) {
    TwoEnds pair;
    tamper(pair, 1, MessageType::hello, flip(at));
    pair.call();
    EXPECT_EQ(cause_of(pair, 0), "hello_mismatch") << at;
  }
}

// H2, the hash of the initiator's value, the MAC: taken or not, it comes to nothing.
TEST(ZrtpHostile, ACommitThatWasTouchedGivesNoKeys) {
  for (const size_t at : {size_t{76}, size_t{108}}) {
    TwoEnds pair;
    tamper(pair, 0, MessageType::commit, flip(at));
    pair.call();
    EXPECT_FALSE(pair.end(0).keys() || pair.end(1).keys()) << at;
    EXPECT_EQ(cause_of(pair, 1), "tampered") << at;
  }
}

// What cannot be true is as if it had never come: then the other end may commit. H2, ZID, the
// algorithms.
TEST(ZrtpHostile, ACommitThatCannotBeIsDropped) {
  for (int round = 0; round < 4; ++round) {
    for (const size_t at : {size_t{12}, size_t{44}, size_t{56}, size_t{63}, size_t{67}}) {
      TwoEnds pair;
      tamper(pair, 0, MessageType::commit, flip(at));
      pair.call();
      // Of two Commits one goes before the other, whichever can be read.
      ASSERT_EQ(pair.state(0), pair.state(1)) << at;
      if (pair.secured()) expect_matching_keys(pair);
    }
  }
}

// What a well known library answers with memory that is nobody's business: the value of one kind
// has 32 octets, that of the other 384.
TEST(ZrtpHostile, ACommitToAnotherAgreementIsAnsweredWithThatOne) {
  TwoEnds pair;
  tamper(pair, 0, MessageType::commit, [](Bytes& message) {
    const std::string_view name = wire_name(KeyAgreement::dh3k);
    std::copy(name.begin(), name.end(), message.begin() + 68);
  });
  size_t size = 0;
  const auto forge = pair.wire;
  pair.wire = [&, forge](int from, const Bytes& datagram) {
    if (type_of(datagram) == MessageType::dh_part1) size = read_packet(datagram)->message.size();
    return forge(from, datagram);
  };
  pair.call();
  EXPECT_EQ(size, 84u + 384u);
  EXPECT_FALSE(pair.end(0).keys() || pair.end(1).keys());
}

TEST(ZrtpHostile, WhatWasNotOfferedIsNotCommittedTo) {
  TwoEnds pair;
  pair.phones[1].offered = {{Cipher::aes1}, {AuthTag::hs80}, {KeyAgreement::x448}};
  tamper(pair, 0, MessageType::commit, [](Bytes& message) {
    const std::string_view name = wire_name(KeyAgreement::x25519);
    std::copy(name.begin(), name.end(), message.begin() + 68);
  });
  pair.call();
  for (const int which : {0, 1})
    EXPECT_TRUE(!pair.end(which).keys() ||
                pair.end(which).outcome()->choice.agreement == KeyAgreement::x448);
}

// H1, ids, the public value, the MAC; of both roles.
TEST(ZrtpHostile, APartThatWasTouchedGivesNoKeys) {
  for (const auto& [from, type] :
       {std::pair{0, MessageType::dh_part2}, std::pair{1, MessageType::dh_part1}}) {
    for (const size_t at : {size_t{12}, size_t{44}, size_t{60}, size_t{80}, size_t{110}}) {
      TwoEnds pair;
      tamper(pair, from, type, flip(at));
      pair.call();
      EXPECT_FALSE(pair.end(0).keys() || pair.end(1).keys()) << wire_name(type) << at;
      EXPECT_TRUE(cause_of(pair, 0) == "tampered" || cause_of(pair, 1) == "tampered")
          << wire_name(type) << at;
    }
  }
}

// Values that lead to a result that everybody knows.
TEST(ZrtpHostile, ValuesThatGiveTheKeysAwayAreRefused) {
  const auto refused = [](KeyAgreement agreement, const Bytes& value) {
    const KeyPair own = KeyPair::generate(agreement, Cipher::aes3);
    return !own.agree(value).has_value();
  };
  Bytes order_eight{0xe0, 0xeb, 0x7a, 0x7c, 0x3b, 0x41, 0xb8, 0xae, 0x16, 0x56, 0xe3,
                    0xfa, 0xf1, 0x9f, 0xc4, 0x6a, 0xda, 0x09, 0x8d, 0xeb, 0x9c, 0x32,
                    0xb1, 0xfd, 0x86, 0x62, 0x05, 0x16, 0x5f, 0x49, 0xb8, 0x00};
  Bytes one(32);
  one[0] = 1;
  EXPECT_TRUE(refused(KeyAgreement::x25519, Bytes(32)));
  EXPECT_TRUE(refused(KeyAgreement::x25519, one));
  EXPECT_TRUE(refused(KeyAgreement::x25519, order_eight));
  EXPECT_TRUE(refused(KeyAgreement::x25519, Bytes(31, 9)));
  EXPECT_FALSE(refused(KeyAgreement::x25519, Bytes(32, 9)));
  EXPECT_TRUE(refused(KeyAgreement::x448, Bytes(56)));
  EXPECT_FALSE(refused(KeyAgreement::x448, Bytes(56, 5)));
  Bytes number(384);
  EXPECT_TRUE(refused(KeyAgreement::dh3k, number));
  number.back() = 1;
  EXPECT_TRUE(refused(KeyAgreement::dh3k, number));
  number.back() = 2;
  EXPECT_FALSE(refused(KeyAgreement::dh3k, number));
  EXPECT_TRUE(refused(KeyAgreement::dh3k, Bytes(384, 0xFF)));
}

// The honest initiator's Commit binds its value: whoever changes both has not its hash images,
// and a responder that was given the changed value alone notices.
TEST(ZrtpHostile, AValueOfSmallOrderOnTheWireIsRefused) {
  TwoEnds pair;
  tamper(pair, 1, MessageType::dh_part1,
         [](Bytes& message) { std::fill_n(message.begin() + 76, 32, uint8_t{0}); });
  pair.call();
  EXPECT_EQ(cause_of(pair, 0), "tampered");
  EXPECT_NE(pair.end(0).error().message.find("gives the keys away"), std::string::npos);
}

TEST(ZrtpHostile, AConfirmThatWasTouchedGivesNoKeys) {
  for (const auto& [from, type] :
       {std::pair{1, MessageType::confirm1}, std::pair{0, MessageType::confirm2}}) {
    for (const size_t at : {size_t{12}, size_t{20}, size_t{36}, size_t{71}, size_t{75}}) {
      TwoEnds pair;
      tamper(pair, from, type, flip(at));
      pair.call();
      // A changed IV changes the first block alone: the image of the hash chain.
      EXPECT_FALSE(pair.end(from == 1 ? 0 : 1).keys()) << wire_name(type) << at;
    }
  }
}

TEST(ZrtpHostile, WhatNobodySignedEndsNothing) {
  TwoEnds pair;
  pair.wire = [](int, const Bytes& datagram) {
    const Bytes code{0, 0, 0, 0x63};
    return std::vector<Bytes>{write_packet(9, 9, make_message(MessageType::error, code)),
                              write_packet(9, 9, make_message(MessageType::conf2_ack)),
                              write_packet(9, 9, make_message(MessageType::go_clear, Bytes(8))),
                              datagram, write_packet(9, 9, make_message(MessageType::hello_ack))};
  };
  pair.make();
  pair.start();
  int rounds = 0;
  while (!pair.secured() && ++rounds < 50) {
    std::array<std::vector<Bytes>, 2> way;
    for (const int from : {0, 1})
      while (const auto datagram = pair.end(from).take_datagram())
        if (type_of(*datagram) != MessageType::error_ack)
          way[static_cast<size_t>(from)].push_back(*datagram);
    for (const int from : {0, 1})
      for (const Bytes& datagram : way[static_cast<size_t>(from)])
        for (const Bytes& arrived : pair.wire(from, datagram))
          pair.end(1 - from).receive(arrived, pair.now);
  }
  ASSERT_TRUE(pair.secured());
  expect_matching_keys(pair);
}

TEST(ZrtpHostile, ARefusalIsNamed) {
  TwoEnds pair;
  pair.wire = [](int from, const Bytes& datagram) -> std::vector<Bytes> {
    if (from == 0) return {};
    if (type_of(datagram) == MessageType::error_ack) return {};
    return {write_packet(9, 9, make_message(MessageType::error, Bytes{0, 0, 0, 0x30}))};
  };
  pair.call();
  EXPECT_EQ(cause_of(pair, 0), "refused");
  EXPECT_EQ(pair.end(0).error().details.at("error"), "0x30");
}

TEST(ZrtpHostile, ItsOwnReflectionIsNobody) {
  TwoEnds pair;
  const OwnHello own(pair.phones[0].zid);
  ZrtpAssociation end(own, *read_signalled_hash(own.signalled()), {});
  end.start(pair.now);
  for (int step = 0; step < 200 && end.state() != ZrtpState::failed; ++step) {
    while (const auto datagram = end.take_datagram()) end.receive(*datagram, pair.now);
    if (const auto due = end.deadline()) end.tick(pair.now = std::max(pair.now, *due));
  }
  EXPECT_EQ(end.state(), ZrtpState::failed);
  EXPECT_FALSE(end.keys());
}

TEST(ZrtpHostile, AnEndOfTheSameNameIsToldAtOnce) {
  TwoEnds pair;
  pair.phones[1].zid = pair.phones[0].zid;
  pair.call();
  EXPECT_EQ(pair.now, base::MonoTime(std::chrono::hours(1))) << "no patience is needed for that";
  for (const int which : {0, 1}) {
    EXPECT_EQ(pair.state(which), ZrtpState::failed);
    EXPECT_EQ(pair.end(which).error().reason, "ZRTP_SAME_END");
  }
}

TEST(ZrtpHostile, AStrangerWhoTakesOurNameEndsNothing) {
  TwoEnds pair;
  const OwnHello strange(pair.phones[0].zid);
  pair.make();
  pair.start();
  const Bytes datagram =
      write_packet(1, 1, Bytes(strange.message().begin(), strange.message().end()));
  pair.end(0).receive(datagram, pair.now);
  EXPECT_EQ(pair.state(0), ZrtpState::looking);
  pair.run();
  ASSERT_TRUE(pair.secured());
  expect_matching_keys(pair);
}

TEST(ZrtpHostile, AnotherVersionIsSaidAtOnce) {
  TwoEnds pair;
  Hello future;
  future.version = "2.00";
  future.offered = default_offer();
  future.zid = random_zid();
  const Bytes message = write_hello(future);
  std::string signalled = "1.10 ";
  char digits[3];
  for (const uint8_t byte : sha256({message})) {
    std::snprintf(digits, sizeof digits, "%02X", byte);
    signalled += digits;
  }
  pair.make(0, signalled);
  pair.end(0).start(pair.now);
  pair.end(0).receive(write_packet(1, 1, message), pair.now);
  EXPECT_EQ(pair.state(0), ZrtpState::failed);
  EXPECT_EQ(pair.end(0).error().reason, "ZRTP_VERSION");
}

TEST(ZrtpHostile, WhatComesThriceCountsOnce) {
  TwoEnds pair;
  std::array<Bytes, 2> last;
  pair.wire = [&](int, const Bytes& datagram) { return std::vector<Bytes>(3, datagram); };
  pair.call();
  ASSERT_TRUE(pair.secured());
  expect_matching_keys(pair);
}

TEST(ZrtpHostile, JunkIsDropped) {
  std::mt19937 random(3);
  TwoEnds pair;
  pair.wire = [&](int, const Bytes& datagram) {
    std::vector<Bytes> arrived{{}, Bytes(datagram.begin(), datagram.end() - 1), datagram};
    for (int i = 0; i < 20; ++i) {
      Bytes broken = datagram;
      broken[random() % broken.size()] ^= static_cast<uint8_t>(1 + random() % 255);
      arrived.insert(arrived.begin(), broken);
    }
    return arrived;
  };
  pair.call();
  ASSERT_TRUE(pair.secured());
  expect_matching_keys(pair);
  EXPECT_GT(pair.end(0).ignored(), 40u);
}

}  // namespace
}  // namespace commd::zrtp
