// Our ciphers against the vectors of the RFCs, at the level of libsrtp's types.
#include <gtest/gtest.h>

#include <array>
#include <string>
#include <string_view>
#include <vector>

#include "media/srtp/evp_cipher.h"
#include "media/srtp/sha1_auth.h"
#include "media/srtp/srtp_library.h"
#include "tests/unit/srtp/hex.h"

namespace commd::srtp {
namespace {

using Bytes = std::vector<uint8_t>;

struct Vector {
  Bytes key, iv, aad, plain, sealed;
  int tag_size;
};

srtp_err_status_t check(const srtp_cipher_type_t& type, Vector& vector) {
  srtp_cipher_test_case_t test{};
  test.key_length_octets = static_cast<int>(vector.key.size());
  test.key = vector.key.data();
  test.idx = vector.iv.data();
  test.plaintext_length_octets = static_cast<unsigned>(vector.plain.size());
  test.plaintext = vector.plain.data();
  test.ciphertext_length_octets = static_cast<unsigned>(vector.sealed.size());
  test.ciphertext = vector.sealed.data();
  test.aad_length_octets = static_cast<int>(vector.aad.size());
  test.aad = vector.aad.data();
  test.tag_length_octets = vector.tag_size;
  return srtp_cipher_type_test(&type, &test);
}

TEST(EvpCipher, EncryptsTheKeystreamOfRfc3711B2) {
  const SrtpLibrary library;
  ASSERT_TRUE(library.ready());
  Vector vector{.key = hex("2b7e151628aed2a6abf7158809cf4f3c f0f1f2f3f4f5f6f7f8f9fafbfcfd"),
                .iv = Bytes(16, 0),
                .aad = {},
                .plain = Bytes(48, 0),
                .sealed = hex("e03ead0935c95e80e166b16dd92b4eb4 d23513162b02d0f72a43a2fe4a5f97ab"
                              "41e95b3bb0a2e8dd477901e4fca894c0"),
                .tag_size = 0};
  EXPECT_EQ(check(evp_aes_icm_128, vector), srtp_err_status_ok);
  vector.sealed.back() ^= 1;
  EXPECT_NE(check(evp_aes_icm_128, vector), srtp_err_status_ok);
}

TEST(EvpCipher, EncryptsTheKeystreamOfRfc6188) {
  const SrtpLibrary library;
  ASSERT_TRUE(library.ready());
  Vector vector{.key = hex("57f82fe3613fd170a85ec93c40b1f092 2ec4cb0dc025b58272147cc438944a98"
                           "f0f1f2f3f4f5f6f7f8f9fafbfcfd"),
                .iv = Bytes(16, 0),
                .aad = {},
                .plain = Bytes(48, 0),
                .sealed = hex("92bdd28a93c3f52511c677d08b5515a4 9da71b2378a854f67050756ded165bac"
                              "63c4868b7096d88421b563b8c94c9a31"),
                .tag_size = 0};
  EXPECT_EQ(check(evp_aes_icm_256, vector), srtp_err_status_ok);
}

// RFC 7714, 16.1.1. libsrtp's AEAD key carries the salt, which EVP never sees.
TEST(EvpCipher, SealsThePacketOfRfc7714) {
  const SrtpLibrary library;
  ASSERT_TRUE(library.ready());
  const std::string_view text = "Gallia est omnis divisa in partes tres";
  Vector vector{.key = hex("000102030405060708090a0b0c0d0e0f 000000000000000000000000"),
                .iv = hex("51753c6580c2726f20718414"),
                .aad = hex("8040f17b8041f8d35501a0b2"),
                .plain = Bytes(text.begin(), text.end()),
                .sealed = hex("f24de3a3fb34de6cacba861c9d7e4bca be633bd50d294e6f42a5f47a51c7d19b"
                              "36de3adf8833 899d7f27beb16a9152cf765ee4390cce"),
                .tag_size = 16};
  EXPECT_EQ(check(evp_aes_gcm_128, vector), srtp_err_status_ok);
  vector.sealed.back() ^= 1;
  EXPECT_NE(check(evp_aes_gcm_128, vector), srtp_err_status_ok);
}

// RFC 7714, 16.2.1.
TEST(EvpCipher, SealsThePacketOfRfc7714With256Bits) {
  const SrtpLibrary library;
  ASSERT_TRUE(library.ready());
  const std::string_view text = "Gallia est omnis divisa in partes tres";
  Vector vector{.key = hex("000102030405060708090a0b0c0d0e0f 101112131415161718191a1b1c1d1e1f"
                           "000000000000000000000000"),
                .iv = hex("51753c6580c2726f20718414"),
                .aad = hex("8040f17b8041f8d35501a0b2"),
                .plain = Bytes(text.begin(), text.end()),
                .sealed = hex("32b1de78a822fe12ef9f78fa332e33aa b18012389a58e2f3b50b2a0276ffae0f"
                              "1ba63799b87b 7aa3db36dfffd6b0f9bb7878d7a76c13"),
                .tag_size = 16};
  EXPECT_EQ(check(evp_aes_gcm_256, vector), srtp_err_status_ok);
}

TEST(EvpCipher, RefusesKeysAndTagsOfOtherSizes) {
  srtp_cipher_pointer_t cipher = nullptr;
  EXPECT_EQ(evp_aes_icm_128.alloc(&cipher, 16, 0), srtp_err_status_bad_param);
  EXPECT_EQ(evp_aes_gcm_128.alloc(&cipher, 30, 16), srtp_err_status_bad_param);
  EXPECT_EQ(evp_aes_gcm_128.alloc(&cipher, 28, 12), srtp_err_status_bad_param);
  EXPECT_EQ(cipher, nullptr);
}

TEST(EvpCipher, RefusesAPacketShorterThanItsTag) {
  srtp_cipher_pointer_t cipher = nullptr;
  ASSERT_EQ(evp_aes_gcm_128.alloc(&cipher, 28, 16), srtp_err_status_ok);
  const Bytes key(28, 7);
  Bytes iv(12, 0);
  Bytes packet(15, 0);
  unsigned length = 15;
  EXPECT_EQ(evp_aes_gcm_128.init(cipher->state, key.data()), srtp_err_status_ok);
  EXPECT_EQ(evp_aes_gcm_128.set_iv(cipher->state, iv.data(), srtp_direction_decrypt),
            srtp_err_status_ok);
  EXPECT_EQ(evp_aes_gcm_128.decrypt(cipher->state, packet.data(), &length),
            srtp_err_status_bad_param);
  EXPECT_EQ(evp_aes_gcm_128.dealloc(cipher), srtp_err_status_ok);
}

struct HmacVector {
  Bytes key;
  std::string_view text;
  Bytes digest;
};

// RFC 2202, cases 1 to 3.
TEST(HmacSha1, GivesTheDigestsOfRfc2202) {
  const std::string fifty_dd(50, '\xdd');
  const std::array vectors{
      HmacVector{Bytes(20, 0x0b), "Hi There", hex("b617318655057264e28bc0b6fb378c8ef146be00")},
      HmacVector{hex("4a656665"), "what do ya want for nothing?",
                 hex("effcdf6ae5eb2fa2d27416d5f184df9c259a7c79")},
      HmacVector{Bytes(20, 0xaa), fifty_dd, hex("125d7342b9ac11cd91a39af48aa17b4f63f175d3")}};
  for (const HmacVector& vector : vectors) {
    srtp_auth_pointer_t auth = nullptr;
    ASSERT_EQ(openssl_hmac_sha1.alloc(&auth, static_cast<int>(vector.key.size()), 20),
              srtp_err_status_ok);
    ASSERT_EQ(srtp_auth_init(auth, vector.key.data()), srtp_err_status_ok);
    // Twice, since a state that is not reset shows on the second packet only; and
    // once in two pieces, as libsrtp does it.
    for (const size_t split : {size_t{0}, size_t{0}, size_t{5}}) {
      Bytes tag(20);
      const auto* data = reinterpret_cast<const uint8_t*>(vector.text.data());
      ASSERT_EQ(srtp_auth_start(auth), srtp_err_status_ok);
      ASSERT_EQ(srtp_auth_update(auth, data, static_cast<int>(split)), srtp_err_status_ok);
      ASSERT_EQ(srtp_auth_compute(auth, data + split, static_cast<int>(vector.text.size() - split),
                                  tag.data()),
                srtp_err_status_ok);
      EXPECT_EQ(tag, vector.digest);
    }
    EXPECT_EQ(srtp_auth_dealloc(auth), srtp_err_status_ok);
  }
}

TEST(HmacSha1, RefusesKeysBeyondOneBlock) {
  srtp_auth_pointer_t auth = nullptr;
  EXPECT_EQ(openssl_hmac_sha1.alloc(&auth, 65, 10), srtp_err_status_bad_param);
  EXPECT_EQ(openssl_hmac_sha1.alloc(&auth, 20, 21), srtp_err_status_bad_param);
}

}  // namespace
}  // namespace commd::srtp
