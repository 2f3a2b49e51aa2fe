// The sample messages are those of RFC 5769.
#include "daemon/probe/stun_message.h"

#include <gmock/gmock.h>

namespace commd::probe {
namespace {

std::string bytes_of(std::string_view hex) {
  std::string out;
  int high = -1;
  for (const char c : hex) {
    if (c == ' ') continue;
    const int digit = c <= '9' ? c - '0' : c - 'a' + 10;
    if (high < 0) {
      high = digit;
    } else {
      out += static_cast<char>(high * 16 + digit);
      high = -1;
    }
  }
  return out;
}

const std::string ipv4_response = bytes_of(
    "0101003c 2112a442 b7e7a701bc34d686fa87dfae"
    "8022000b 7465737420766563746f7220"
    "00200008 0001a147e112a643"
    "00080014 2b91f599fd9e90c38c7489f92af9ba53f06be7d7"
    "80280004 c07d4c96");
const std::string ipv6_response = bytes_of(
    "01010048 2112a442 b7e7a701bc34d686fa87dfae"
    "8022000b 7465737420766563746f7220"
    "00200014 0002a1470113a9faa5d3f179bc25f4b5bed2b9d9"
    "00080014 a382954e4be67bf11784c97c8292c275bfe3ed41"
    "80280004 c8fb0b4c");
const std::string long_term_request = bytes_of(
    "00010060 2112a442 78ad3433c6ad72c029da412e"
    "00060012 e3839ee38388e383aae38383e382afe382b90000"
    "0015001c 662f2f3439396b393534643 64f4c33346f4c3946535476793634734 1"
    "0014000b 6578616d706c652e6f726700"
    "00080014 f67024656dd64a3e02b8e0712e85c9a28ca89666");
const base::Secret short_term_key("VOkJxbRl1RmTxUk/WvJxBt");

TEST(StunMessageTest, ReadsTheSampleResponses) {
  const auto four = StunMessage::parse(ipv4_response);
  ASSERT_TRUE(four);
  EXPECT_EQ(four->kind(), StunClass::success);
  EXPECT_TRUE(four->is(StunMethod::binding));
  EXPECT_EQ(four->text(StunAttribute::software), "test vector");
  EXPECT_EQ(four->mapped()->text(), "192.0.2.1:32853");
  EXPECT_TRUE(four->proven_by(short_term_key));
  EXPECT_FALSE(four->proven_by(base::Secret("another")));
  const auto six = StunMessage::parse(ipv6_response);
  ASSERT_TRUE(six);
  EXPECT_EQ(six->mapped()->text(), "[2001:db8:1234:5678:11:2233:4455:6677]:32853");
  EXPECT_TRUE(six->proven_by(short_term_key));
}

TEST(StunMessageTest, KnowsTheKeyOfLongTermCredentials) {
  const auto request = StunMessage::parse(long_term_request);
  ASSERT_TRUE(request);
  const std::string user(*request->text(StunAttribute::username));
  EXPECT_EQ(request->text(StunAttribute::realm), "example.org");
  EXPECT_TRUE(request->proven_by(long_term_key(user, "example.org", base::Secret("TheMatrIX"))));
}

TEST(StunMessageTest, WritesWhatItReads) {
  const TransactionId transaction = new_transaction();
  const net::Endpoint peer = *net::Endpoint::parse("[2001:db8::7]:4000", 0);
  const std::string bytes =
      StunWriter(StunMethod::create_permission, StunClass::request, transaction)
          .add_xor_address(StunAttribute::xor_peer_address, peer)
          .add(StunAttribute::username, "alice")
          .add(StunAttribute::lifetime, 600U)
          .add_error(438, "Stale Nonce")
          .prove(base::Secret("key"))
          .finish();
  const auto read = StunMessage::parse(bytes);
  ASSERT_TRUE(read);
  EXPECT_TRUE(read->is(StunMethod::create_permission));
  EXPECT_EQ(read->kind(), StunClass::request);
  EXPECT_EQ(read->transaction(), transaction);
  EXPECT_EQ(read->xor_address(StunAttribute::xor_peer_address), peer);
  EXPECT_EQ(read->text(StunAttribute::username), "alice");
  EXPECT_EQ(read->number(StunAttribute::lifetime), 600U);
  EXPECT_EQ(read->error()->code, 438);
  EXPECT_EQ(read->error()->phrase, "Stale Nonce");
  EXPECT_TRUE(read->proven_by(base::Secret("key")));
}

TEST(StunMessageTest, EveryMethodAndClassComesBack) {
  for (const auto method : {StunMethod::binding, StunMethod::allocate, StunMethod::refresh,
                            StunMethod::send, StunMethod::data, StunMethod::create_permission})
    for (const auto kind :
         {StunClass::request, StunClass::indication, StunClass::success, StunClass::error}) {
      const auto read = StunMessage::parse(StunWriter(method, kind, {}).finish());
      ASSERT_TRUE(read);
      EXPECT_TRUE(read->is(method));
      EXPECT_EQ(read->kind(), kind);
    }
}

TEST(StunMessageTest, OneWrongBitIsNoMessage) {
  for (size_t at = 0; at < ipv4_response.size() - 8; ++at) {
    std::string broken = ipv4_response;
    broken[at] = static_cast<char>(broken[at] ^ 4);
    EXPECT_FALSE(StunMessage::parse(broken)) << "at " << at;
  }
}

TEST(StunMessageTest, WhatIsCutIsNoMessage) {
  for (size_t length = 0; length < ipv4_response.size(); ++length)
    EXPECT_FALSE(StunMessage::parse(ipv4_response.substr(0, length)));
  EXPECT_FALSE(StunMessage::parse(ipv4_response + std::string(4, '\0')));
  // An attribute that is longer than what is there.
  std::string cut = bytes_of("01010004 2112a442 000000000000000000000000 00200008");
  EXPECT_FALSE(StunMessage::parse(cut));
}

TEST(StunMessageTest, WhatFollowsTheProofDoesNotCount) {
  std::string bytes = StunWriter(StunMethod::binding, StunClass::success, {})
                          .prove(base::Secret("key"))
                          .add(StunAttribute::username, "mallory")
                          .finish();
  const auto read = StunMessage::parse(bytes);
  ASSERT_TRUE(read);
  EXPECT_TRUE(read->proven_by(base::Secret("key")));
  EXPECT_EQ(read->text(StunAttribute::username), std::nullopt);
}

TEST(StunMessageTest, AddressesOfAnotherLengthAreNone) {
  const auto read = StunMessage::parse(StunWriter(StunMethod::binding, StunClass::success, {})
                                           .add(StunAttribute::xor_mapped_address, "12345")
                                           .add(StunAttribute::mapped_address, "123456789")
                                           .finish());
  ASSERT_TRUE(read);
  EXPECT_EQ(read->mapped(), std::nullopt);
}

TEST(StunStreamTest, MessagesComeInAnyPieces) {
  const std::string both = ipv4_response + ipv6_response;
  for (const size_t step : {1U, 7U, 64U, 1000U}) {
    StunStream stream;
    std::vector<std::string> got;
    for (size_t at = 0; at < both.size(); at += step) {
      stream.feed(std::string_view(both).substr(at, step));
      while (const auto whole = stream.next()) got.push_back(*whole);
    }
    EXPECT_THAT(got, testing::ElementsAre(ipv4_response, ipv6_response));
    EXPECT_FALSE(stream.broken());
  }
}

TEST(StunStreamTest, SomethingElseBreaksIt) {
  StunStream stream;
  stream.feed("HTTP/1.1 400 Bad Request\r\n\r\n");
  EXPECT_EQ(stream.next(), std::nullopt);
  EXPECT_TRUE(stream.broken());
  stream.feed(ipv4_response);
  EXPECT_EQ(stream.next(), std::nullopt);
}

}  // namespace
}  // namespace commd::probe
