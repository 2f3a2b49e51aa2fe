#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <srtp2/srtp.h>

#include <utility>
#include <vector>

#include "media/srtp/srtp_session.h"
#include "tests/unit/srtp/hex.h"

namespace commd::srtp {
namespace {

using Bytes = std::vector<uint8_t>;
constexpr size_t room = 64;

// A packet and the room behind it that protect needs.
struct Packet {
  Bytes buffer;
  size_t length;

  explicit Packet(const Bytes& bytes) : buffer(bytes), length(bytes.size()) {
    buffer.resize(length + room);
  }
  Bytes bytes() const { return Bytes(buffer.begin(), buffer.begin() + static_cast<long>(length)); }
};

Bytes rtp(uint16_t sequence, uint32_t ssrc = 0xcafebabe, uint8_t fill = 0xab) {
  Bytes packet = hex("800f0000decafbad00000000");
  packet[2] = static_cast<uint8_t>(sequence >> 8);
  packet[3] = static_cast<uint8_t>(sequence);
  for (int i = 0; i < 4; ++i) packet[8 + i] = static_cast<uint8_t>(ssrc >> (24 - 8 * i));
  packet.insert(packet.end(), 160, fill);
  return packet;
}

Bytes receiver_report() {
  return hex(
      "81c9000701020304 0a0b0c0d000000000000000000000000"
      "0000000000000000");
}

class SrtpSessionTest : public testing::TestWithParam<SrtpProfile> {
 protected:
  SrtpSession make(const KeyParams& out, const SrtpKey& in) {
    auto session = SrtpSession::create(library_, out, in);
    EXPECT_TRUE(session);
    return std::move(*session);
  }

  SrtpLibrary library_;
  SrtpKey a_ = SrtpKey::random(GetParam());
  SrtpKey b_ = SrtpKey::random(GetParam());
  SrtpSession alice_ = make({a_}, b_);
  SrtpSession bob_ = make({b_}, a_);
};

TEST_P(SrtpSessionTest, CarriesRtpBothWays) {
  for (uint16_t i = 1; i <= 50; ++i) {
    for (auto [from, to] : {std::pair{&alice_, &bob_}, std::pair{&bob_, &alice_}}) {
      Packet packet(rtp(i));
      ASSERT_EQ(from->protect(packet.buffer, packet.length), SrtpStatus::ok);
      EXPECT_EQ(packet.length, rtp(i).size() + rtp_overhead(GetParam()));
      EXPECT_NE(Bytes(packet.buffer.begin() + 12, packet.buffer.begin() + 172), Bytes(160, 0xab));
      ASSERT_EQ(to->unprotect(packet.buffer, packet.length), SrtpStatus::ok);
      EXPECT_EQ(packet.bytes(), rtp(i));
    }
  }
}

TEST_P(SrtpSessionTest, CarriesRtcp) {
  Packet packet(receiver_report());
  ASSERT_EQ(alice_.protect_rtcp(packet.buffer, packet.length), SrtpStatus::ok);
  EXPECT_EQ(packet.length, receiver_report().size() + rtcp_overhead(GetParam()));
  Packet again = packet;
  ASSERT_EQ(bob_.unprotect_rtcp(packet.buffer, packet.length), SrtpStatus::ok);
  EXPECT_EQ(packet.bytes(), receiver_report());
  EXPECT_EQ(bob_.unprotect_rtcp(again.buffer, again.length), SrtpStatus::replayed);
}

TEST_P(SrtpSessionTest, RefusesAnotherKey) {
  SrtpSession eve = make({SrtpKey::random(GetParam())}, a_);
  Packet packet(rtp(1));
  ASSERT_EQ(eve.protect(packet.buffer, packet.length), SrtpStatus::ok);
  const size_t length = packet.length;
  EXPECT_EQ(alice_.unprotect(packet.buffer, packet.length), SrtpStatus::auth_failed);
  EXPECT_EQ(packet.length, length);
}

TEST_P(SrtpSessionTest, RefusesEveryFlippedOctet) {
  Packet sealed(rtp(1));
  ASSERT_EQ(alice_.protect(sealed.buffer, sealed.length), SrtpStatus::ok);
  for (size_t at = 0; at < sealed.length; ++at) {
    Packet packet = sealed;
    packet.buffer[at] ^= 0x01;
    EXPECT_NE(bob_.unprotect(packet.buffer, packet.length), SrtpStatus::ok) << at;
  }
  EXPECT_EQ(bob_.unprotect(sealed.buffer, sealed.length), SrtpStatus::ok);
}

TEST_P(SrtpSessionTest, RefusesATruncatedPacket) {
  Packet sealed(rtp(1));
  ASSERT_EQ(alice_.protect(sealed.buffer, sealed.length), SrtpStatus::ok);
  for (size_t length = 0; length < sealed.length; ++length) {
    Bytes cut(sealed.buffer.begin(), sealed.buffer.begin() + static_cast<long>(length));
    size_t size = length;
    EXPECT_NE(bob_.unprotect(cut, size), SrtpStatus::ok) << length;
    EXPECT_NE(bob_.unprotect_rtcp(cut, size), SrtpStatus::ok) << length;
  }
}

TEST_P(SrtpSessionTest, RefusesAReplayAndAcceptsLateOnes) {
  std::vector<Packet> sent;
  for (uint16_t i = 0; i < 300; ++i) {
    sent.emplace_back(rtp(static_cast<uint16_t>(1000 + i)));
    ASSERT_EQ(alice_.protect(sent.back().buffer, sent.back().length), SrtpStatus::ok);
  }
  Packet newest = sent.back();
  Packet oldest = sent.front();
  Packet repeated = sent.front();
  ASSERT_EQ(bob_.unprotect(newest.buffer, newest.length), SrtpStatus::ok);
  EXPECT_EQ(bob_.unprotect(oldest.buffer, oldest.length), SrtpStatus::ok);
  EXPECT_EQ(bob_.unprotect(repeated.buffer, repeated.length), SrtpStatus::replayed);
}

TEST_P(SrtpSessionTest, RefusesToSendASequenceNumberTwice) {
  Packet first(rtp(7));
  Packet second(rtp(7, 0xcafebabe, 0x11));
  ASSERT_EQ(alice_.protect(first.buffer, first.length), SrtpStatus::ok);
  EXPECT_EQ(alice_.protect(second.buffer, second.length), SrtpStatus::replayed);
}

TEST_P(SrtpSessionTest, FollowsTheSequenceNumberAround) {
  // Twice around, with steps below half the sequence space.
  for (uint32_t sequence = 100; sequence < 2 * 65'536 + 200; sequence += 997) {
    Packet packet(rtp(static_cast<uint16_t>(sequence)));
    ASSERT_EQ(alice_.protect(packet.buffer, packet.length), SrtpStatus::ok) << sequence;
    ASSERT_EQ(bob_.unprotect(packet.buffer, packet.length), SrtpStatus::ok) << sequence;
  }
}

TEST_P(SrtpSessionTest, ReordersAcrossTheRollOver) {
  std::vector<Packet> sent;
  for (uint32_t sequence = 65'530; sequence < 65'542; ++sequence) {
    sent.emplace_back(rtp(static_cast<uint16_t>(sequence)));
    ASSERT_EQ(alice_.protect(sent.back().buffer, sent.back().length), SrtpStatus::ok);
  }
  ASSERT_EQ(bob_.unprotect(sent[0].buffer, sent[0].length), SrtpStatus::ok);
  for (size_t i = sent.size() - 1; i > 0; --i) {
    EXPECT_EQ(bob_.unprotect(sent[i].buffer, sent[i].length), SrtpStatus::ok) << i;
  }
}

TEST_P(SrtpSessionTest, TakesMoreSsrcsUpToItsBound) {
  for (uint32_t ssrc = 1; ssrc <= SrtpSession::max_inbound_ssrcs + 1; ++ssrc) {
    Packet packet(rtp(1, ssrc));
    ASSERT_EQ(alice_.protect(packet.buffer, packet.length), SrtpStatus::ok);
    const bool fits = ssrc <= SrtpSession::max_inbound_ssrcs;
    EXPECT_EQ(bob_.unprotect(packet.buffer, packet.length),
              fits ? SrtpStatus::ok : SrtpStatus::bad);
  }
  Packet packet(rtp(2, 1));
  ASSERT_EQ(alice_.protect(packet.buffer, packet.length), SrtpStatus::ok);
  EXPECT_EQ(bob_.unprotect(packet.buffer, packet.length), SrtpStatus::ok);
}

TEST_P(SrtpSessionTest, AForgedSsrcTakesNoPlace) {
  SrtpSession eve = make({b_}, a_);
  for (uint32_t ssrc = 1; ssrc <= SrtpSession::max_inbound_ssrcs * 2; ++ssrc) {
    Packet packet(rtp(1, ssrc));
    ASSERT_EQ(eve.protect(packet.buffer, packet.length), SrtpStatus::ok);
    EXPECT_EQ(bob_.unprotect(packet.buffer, packet.length), SrtpStatus::auth_failed);
  }
  Packet packet(rtp(1));
  ASSERT_EQ(alice_.protect(packet.buffer, packet.length), SrtpStatus::ok);
  EXPECT_EQ(bob_.unprotect(packet.buffer, packet.length), SrtpStatus::ok);
}

TEST_P(SrtpSessionTest, RefusesWhatIsNoPacket) {
  Bytes buffer(200, 0xff);
  for (size_t length : {size_t{0}, size_t{1}, size_t{7}, size_t{11}, size_t{200}, size_t{201}}) {
    size_t size = length;
    EXPECT_EQ(alice_.protect(buffer, size), SrtpStatus::bad) << length;
    EXPECT_EQ(alice_.protect_rtcp(buffer, size), SrtpStatus::bad) << length;
    EXPECT_EQ(alice_.unprotect(buffer, size), SrtpStatus::bad) << length;
    EXPECT_EQ(alice_.unprotect_rtcp(buffer, size), SrtpStatus::bad) << length;
    EXPECT_EQ(size, length);
  }
}

TEST_P(SrtpSessionTest, WantsRoomForTheTag) {
  Bytes packet = rtp(1);
  size_t length = packet.size();
  packet.resize(length + rtp_overhead(GetParam()) - 1);
  EXPECT_EQ(alice_.protect(packet, length), SrtpStatus::bad);
  packet.push_back(0);
  EXPECT_EQ(alice_.protect(packet, length), SrtpStatus::ok);
}

TEST_P(SrtpSessionTest, StopsAtTheKeysLifetime) {
  SrtpSession carol = make({a_, 3}, b_);
  for (uint16_t i = 1; i <= 4; ++i) {
    Packet packet(rtp(i));
    EXPECT_EQ(carol.protect(packet.buffer, packet.length),
              i <= 3 ? SrtpStatus::ok : SrtpStatus::key_expired);
  }
}

TEST_P(SrtpSessionTest, IsRekeyedByAssignment) {
  Packet old_key(rtp(1));
  ASSERT_EQ(alice_.protect(old_key.buffer, old_key.length), SrtpStatus::ok);
  const SrtpKey fresh = SrtpKey::random(GetParam());
  alice_ = make({fresh}, b_);
  bob_ = make({b_}, fresh);
  Packet new_key(rtp(2));
  ASSERT_EQ(alice_.protect(new_key.buffer, new_key.length), SrtpStatus::ok);
  EXPECT_EQ(bob_.unprotect(new_key.buffer, new_key.length), SrtpStatus::ok);
  EXPECT_EQ(bob_.unprotect(old_key.buffer, old_key.length), SrtpStatus::auth_failed);
}

INSTANTIATE_TEST_SUITE_P(Profiles, SrtpSessionTest, testing::ValuesIn(all_srtp_profiles),
                         [](const auto& profile) {
                           return std::string(suite_name(profile.param));
                         });

SrtpKey key_of(SrtpProfile profile, std::string_view text) {
  return *SrtpKey::from_bytes(profile, hex(text));
}

// The key derivation of RFC 3711, B.3 and the packet protected under it.
TEST(SrtpVectors, ProtectsTheKnownCounterModePacket) {
  const SrtpLibrary library;
  const auto key = key_of(SrtpProfile::aes_cm_128_hmac_sha1_80,
                          "e1f97a0d3e018be0d64fa32c06de4139 0ec675ad498afeebb6960b3aabe6");
  auto session = SrtpSession::create(library, {key}, key);
  ASSERT_TRUE(session);
  Packet packet(hex("800f1234decafbadcafebabe abababababababababababababababab"));
  ASSERT_EQ(session->protect(packet.buffer, packet.length), SrtpStatus::ok);
  EXPECT_EQ(packet.bytes(), hex("800f1234decafbadcafebabe 4e55dc4ce79978d88ca4d215949d2402"
                                "b78d6acc99ea179b8dbb"));
  EXPECT_EQ(session->unprotect(packet.buffer, packet.length), SrtpStatus::ok);
}

TEST(SrtpVectors, ProtectsTheKnownGcmPacket) {
  const SrtpLibrary library;
  const auto key = key_of(SrtpProfile::aead_aes_128_gcm,
                          "000102030405060708090a0b0c0d0e0f a0a1a2a3a4a5a6a7a8a9aaab");
  auto session = SrtpSession::create(library, {key}, key);
  ASSERT_TRUE(session);
  Packet packet(hex("800f1234decafbadcafebabe abababababababababababababababab"));
  ASSERT_EQ(session->protect(packet.buffer, packet.length), SrtpStatus::ok);
  EXPECT_EQ(packet.bytes(), hex("800f1234decafbadcafebabe c5002ede04cfdd2eb91159e0880aa06e"
                                "d2976826f796b201df3131a127e8a392"));
}

// libsrtp as Debian ships it, before our ciphers go in, is the other party.
TEST(SrtpInterop, UnderstandsStockLibsrtp) {
  for (const SrtpProfile profile : all_srtp_profiles) {
    const SrtpKey key = SrtpKey::random(profile);
    Bytes bytes(key.reveal().begin(), key.reveal().end());
    ASSERT_EQ(srtp_init(), srtp_err_status_ok);
    srtp_policy_t policy{};
    const auto id = profile == SrtpProfile::aead_aes_128_gcm   ? srtp_profile_aead_aes_128_gcm
                    : profile == SrtpProfile::aead_aes_256_gcm ? srtp_profile_aead_aes_256_gcm
                    : profile == SrtpProfile::aes_cm_128_hmac_sha1_32
                        ? srtp_profile_aes128_cm_sha1_32
                        : srtp_profile_aes128_cm_sha1_80;
    if (profile == SrtpProfile::aes_256_cm_hmac_sha1_80) {
      srtp_crypto_policy_set_aes_cm_256_hmac_sha1_80(&policy.rtp);
      srtp_crypto_policy_set_aes_cm_256_hmac_sha1_80(&policy.rtcp);
    } else if (profile == SrtpProfile::aes_256_cm_hmac_sha1_32) {
      srtp_crypto_policy_set_aes_cm_256_hmac_sha1_32(&policy.rtp);
      srtp_crypto_policy_set_aes_cm_256_hmac_sha1_80(&policy.rtcp);
    } else {
      ASSERT_EQ(srtp_crypto_policy_set_from_profile_for_rtp(&policy.rtp, id), srtp_err_status_ok);
      ASSERT_EQ(srtp_crypto_policy_set_from_profile_for_rtcp(&policy.rtcp, id), srtp_err_status_ok);
    }
    policy.ssrc.type = ssrc_any_outbound;
    policy.key = bytes.data();
    srtp_t stock = nullptr;
    ASSERT_EQ(srtp_create(&stock, &policy), srtp_err_status_ok);
    Packet media(rtp(9));
    Packet report(receiver_report());
    int size = static_cast<int>(media.length);
    ASSERT_EQ(srtp_protect(stock, media.buffer.data(), &size), srtp_err_status_ok);
    media.length = static_cast<size_t>(size);
    size = static_cast<int>(report.length);
    ASSERT_EQ(srtp_protect_rtcp(stock, report.buffer.data(), &size), srtp_err_status_ok);
    report.length = static_cast<size_t>(size);
    srtp_dealloc(stock);
    srtp_shutdown();

    const SrtpLibrary library;
    auto session = SrtpSession::create(library, {key}, key);
    ASSERT_TRUE(session);
    EXPECT_EQ(session->unprotect(media.buffer, media.length), SrtpStatus::ok)
        << suite_name(profile);
    EXPECT_EQ(media.bytes(), rtp(9));
    EXPECT_EQ(session->unprotect_rtcp(report.buffer, report.length), SrtpStatus::ok);
    EXPECT_EQ(report.bytes(), receiver_report());
  }
}

}  // namespace
}  // namespace commd::srtp
