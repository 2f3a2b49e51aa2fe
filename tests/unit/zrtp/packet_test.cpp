// The frame, the messages, and what is computed, against what others wrote down.
#include <gtest/gtest.h>

#include "media/zrtp/crypto.h"
#include "media/zrtp/key_schedule.h"
#include "media/zrtp/messages.h"
#include "media/zrtp/own_hello.h"

namespace commd::zrtp {
namespace {

Bytes hex(std::string_view text) {
  Bytes out;
  for (size_t i = 0; i + 1 < text.size(); i += 2)
    out.push_back(static_cast<uint8_t>(std::stoul(std::string(text.substr(i, 2)), nullptr, 16)));
  return out;
}

Bytes bytes(View view) { return {view.begin(), view.end()}; }

TEST(ZrtpPacket, ChecksumIsThatOfSctp) {
  // RFC 3720, B.4, in the order of SCTP.
  EXPECT_EQ(crc32c(Bytes(32)), 0xaa36918au);
  EXPECT_EQ(crc32c(Bytes(32, 0xff)), 0x43aba862u);
}

TEST(ZrtpPacket, IsReadAsItWasWritten) {
  const Bytes datagram = write_packet(0x1234, 0xdeadbeef, make_message(MessageType::hello_ack));
  EXPECT_EQ(datagram.size(), 28u);
  EXPECT_EQ(Bytes(datagram.begin(), datagram.begin() + 16), hex("10001234"
                                                                "5a525450"
                                                                "deadbeef"
                                                                "505a0003"));
  const auto packet = read_packet(datagram);
  ASSERT_TRUE(packet);
  EXPECT_EQ(packet->sequence, 0x1234);
  EXPECT_EQ(packet->ssrc, 0xdeadbeefu);
  EXPECT_EQ(packet->type, MessageType::hello_ack);
}

TEST(ZrtpPacket, EveryOctetCounts) {
  const Bytes datagram = write_packet(1, 2, OwnHello(random_zid()).message());
  ASSERT_TRUE(read_packet(datagram));
  for (size_t at = 0; at < datagram.size(); ++at) {
    Bytes broken = datagram;
    broken[at] ^= 0x10;
    EXPECT_FALSE(read_packet(broken)) << at;
  }
  for (size_t size = 0; size < datagram.size(); ++size)
    EXPECT_FALSE(read_packet(View(datagram).first(size))) << size;
}

// The checksum is no secret: what is checked is checked behind it, too.
TEST(ZrtpPacket, LengthsAreThoseOfTheType) {
  const auto accepted = [](Bytes message) { return read_packet(write_packet(1, 1, message)); };
  Bytes message = make_message(MessageType::hello_ack);
  EXPECT_TRUE(accepted(message));
  message[3] = 4;
  EXPECT_FALSE(accepted(message)) << "says more than there is";
  message.resize(16);
  EXPECT_FALSE(accepted(message)) << "is longer than its type";
  EXPECT_FALSE(accepted(make_message(MessageType::ping)));
  EXPECT_FALSE(accepted(make_message(MessageType::confirm1, Bytes(60))));
  EXPECT_FALSE(accepted(make_message(MessageType::dh_part1, Bytes(72))));
  EXPECT_FALSE(accepted(make_message(MessageType::hello, Bytes(72))));
  EXPECT_FALSE(accepted(make_message(MessageType::confirm1, Bytes(longest_message))));
  message = make_message(MessageType::hello_ack);
  message[4] = 'h';
  EXPECT_FALSE(accepted(message)) << "of no type";
}

TEST(ZrtpMessages, AHelloSaysWhatItOffers) {
  Hello hello;
  hello.version = "1.10";
  hello.client = "a client of ours";
  hello.zid = random_zid();
  hello.h3.fill(7);
  hello.passive = true;
  hello.offered = default_offer();
  const auto again = read_hello(write_hello(hello));
  ASSERT_TRUE(again);
  EXPECT_EQ(again->version, hello.version);
  EXPECT_EQ(again->client, hello.client);
  EXPECT_EQ(again->zid, hello.zid);
  EXPECT_EQ(again->h3, hello.h3);
  EXPECT_TRUE(again->passive);
  EXPECT_EQ(again->offered.ciphers, hello.offered.ciphers);
  EXPECT_EQ(again->offered.tags, hello.offered.tags);
  EXPECT_EQ(again->offered.agreements, hello.offered.agreements);
}

TEST(ZrtpMessages, ListsAreAsLongAsTheySay) {
  Bytes message = bytes(OwnHello(random_zid()).message());
  ASSERT_TRUE(read_hello(message));
  for (const size_t at : {size_t{77}, size_t{78}, size_t{79}}) {
    Bytes more = message;
    more[at] ^= 1;
    EXPECT_FALSE(read_hello(more)) << at;
  }
  // Eight names are one too many, even if they are there.
  message[77] = 8;
  message[3] = static_cast<uint8_t>(message[3] + 7);
  message.insert(message.begin() + 80, 28, 'x');
  EXPECT_FALSE(read_hello(message));
}

TEST(ZrtpMessages, ACommitOfAnotherModeIsNone) {
  Commit commit;
  commit.choice = {Cipher::aes3, AuthTag::hs80, KeyAgreement::x448};
  const Bytes message = write_commit(commit);
  ASSERT_TRUE(read_commit(message));
  EXPECT_EQ(read_commit(message)->choice, commit.choice);
  for (const auto& [at, name] : {std::pair<size_t, const char*>{56, "S384"},
                                 {60, "2FS1"},
                                 {64, "SK32"},
                                 {68, "Mult"},
                                 {68, "Prsh"},
                                 {72, "B256"}}) {
    Bytes other = message;
    std::copy_n(name, 4, other.begin() + static_cast<std::ptrdiff_t>(at));
    EXPECT_FALSE(read_commit(other)) << name;
  }
  EXPECT_FALSE(read_commit(View(message).first(100)));
}

// A signature that is longer than the message was read from beyond it by others.
TEST(ZrtpMessages, ASignatureIsWithinItsMessage) {
  Confirm confirm;
  confirm.verified = true;
  confirm.keep_s = 0x01020304;
  const SecretBytes sealed = write_confirm(confirm);
  Bytes plain = bytes(sealed.reveal());
  ASSERT_EQ(plain.size(), 40u);
  const auto again = read_confirm(plain);
  ASSERT_TRUE(again);
  EXPECT_TRUE(again->verified);
  EXPECT_FALSE(again->discloses);
  EXPECT_EQ(again->keep_s, 0x01020304u);
  plain[34] = 0xFF;
  plain[33] = 1;
  EXPECT_FALSE(read_confirm(plain));
  plain.resize(40 + 4 * 511);
  EXPECT_TRUE(read_confirm(plain));
  plain[33] = 0;
  EXPECT_FALSE(read_confirm(plain));
}

TEST(ZrtpSignalling, TheHashIsReadAsItIsSaid) {
  const OwnHello own(random_zid());
  const std::string text = own.signalled();
  EXPECT_EQ(text.size(), 69u);
  const auto hash = read_signalled_hash(text);
  ASSERT_TRUE(hash);
  EXPECT_EQ(*hash, sha256({own.message()}));
  std::string upper = text;
  for (char& c : upper) c = static_cast<char>(std::toupper(c));
  EXPECT_EQ(read_signalled_hash(upper), hash);
  EXPECT_FALSE(read_signalled_hash("2" + text.substr(1)));
  EXPECT_FALSE(read_signalled_hash(text + "0"));
  EXPECT_FALSE(read_signalled_hash(text.substr(0, 68)));
  EXPECT_FALSE(read_signalled_hash(text.substr(0, 68) + "g"));
  EXPECT_FALSE(read_signalled_hash(text.substr(5)));
  EXPECT_FALSE(read_signalled_hash(""));
  std::string tab = text;
  tab[4] = '\t';
  EXPECT_FALSE(read_signalled_hash(tab));
}

TEST(ZrtpCrypto, HmacIsThatOfTheRfc) {
  // RFC 4231, 4.3 and 4.7 (a key longer than a block).
  EXPECT_EQ(bytes(hmac(view_of("Jefe"), {view_of("what do ya want "), view_of("for nothing?")})),
            hex("5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"));
  EXPECT_EQ(bytes(hmac(Bytes(131, 0xaa),
                       {view_of("Test Using Larger Than Block-Size Key - Hash Key First")})),
            hex("60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54"));
}

TEST(ZrtpCrypto, CipherFeedbackIsThatOfNist) {
  // SP 800-38A, F.3.13.
  const Bytes key = hex("2b7e151628aed2a6abf7158809cf4f3c");
  const auto iv = octets_at<16>(hex("000102030405060708090a0b0c0d0e0f"), 0);
  const Bytes plain = hex("6bc1bee22e409f96e93d7e117393172aae2d8a57");
  Bytes text(plain.size());
  encrypt(key, iv, plain, text);
  EXPECT_EQ(text, hex("3b3fd92eb72dad20333449f8e83cfb4ac8a64537"));
  Bytes again(plain.size());
  decrypt(key, iv, text, again);
  EXPECT_EQ(again, plain);
}

TEST(ZrtpCrypto, BothEndsOfAnAgreementHaveTheSame) {
  for (const KeyAgreement agreement :
       {KeyAgreement::x25519, KeyAgreement::x448, KeyAgreement::dh3k}) {
    const KeyPair one = KeyPair::generate(agreement, Cipher::aes3);
    const KeyPair two = KeyPair::generate(agreement, Cipher::aes1);
    EXPECT_EQ(one.public_value().size(), public_value_size(agreement));
    const auto first = one.agree(two.public_value());
    const auto second = two.agree(one.public_value());
    ASSERT_TRUE(first && second);
    EXPECT_EQ(bytes(first->reveal()), bytes(second->reveal()));
    EXPECT_NE(bytes(first->reveal()), Bytes(first->reveal().size()));
    EXPECT_NE(one.public_value(), two.public_value());
  }
}

TEST(ZrtpSas, IsBase32ForPeople) {
  // The alphabet's first, last, and what is in between, from the first bits on.
  EXPECT_EQ(sas_of(hex("00000000")), "yyyy");
  EXPECT_EQ(sas_of(hex("ffffffff")), "9999");
  EXPECT_EQ(sas_of(hex("08864fff")), "bndr");
  EXPECT_EQ(sas_of(hex("fffff000")), "9999");
}

}  // namespace
}  // namespace commd::zrtp
