#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "media/srtp/key_params.h"
#include "media/srtp/srtp_key.h"
#include "media/srtp/srtp_profile.h"
#include "tests/unit/srtp/hex.h"

namespace commd::srtp {
namespace {

using testing::ElementsAreArray;

constexpr auto cm80 = SrtpProfile::aes_cm_128_hmac_sha1_80;
// The example of RFC 4568, section 6.
constexpr const char* rfc_key = "WVNfX19zZW1jdGwgKCkgewkyMjA7fQp9CnVubGVz";

std::string reason_of(SrtpProfile profile, const std::string& text) {
  const auto params = parse_key_params(profile, text);
  return params ? "" : params.error().reason;
}

TEST(SrtpProfile, NamesRoundTrip) {
  for (const SrtpProfile profile : all_srtp_profiles) {
    EXPECT_EQ(profile_of_suite(suite_name(profile)), profile);
    EXPECT_LE(key_and_salt_size(profile), max_key_and_salt_size);
  }
  EXPECT_EQ(suite_name(SrtpProfile::aes_256_cm_hmac_sha1_80), "AES_256_CM_HMAC_SHA1_80");
  EXPECT_EQ(profile_of_suite("aes_cm_128_hmac_sha1_80"), std::nullopt);
  EXPECT_EQ(profile_of_suite("F8_128_HMAC_SHA1_80"), std::nullopt);
  EXPECT_EQ(profile_of_suite(""), std::nullopt);
}

TEST(SrtpKey, Base64RoundTripsForEverySize) {
  for (const SrtpProfile profile : all_srtp_profiles) {
    const SrtpKey key = SrtpKey::random(profile);
    const auto text = key.base64();
    const auto again = SrtpKey::from_base64(profile, text.reveal());
    ASSERT_TRUE(again) << suite_name(profile);
    EXPECT_TRUE(*again == key);
    EXPECT_FALSE(SrtpKey::random(profile) == key);
  }
}

TEST(SrtpKey, ReadsKnownBase64) {
  const auto key = SrtpKey::from_base64(cm80, rfc_key);
  ASSERT_TRUE(key);
  EXPECT_THAT(
      key->reveal(),
      ElementsAreArray(hex("59535f5f5f73656d63746c202829207b09323230 3b7d0a7d0a756e6c6573")));
  EXPECT_EQ(key->base64().reveal(), rfc_key);
}

TEST(SrtpKey, RefusesBadBase64) {
  const std::string good = rfc_key;
  EXPECT_FALSE(SrtpKey::from_base64(cm80, ""));
  EXPECT_FALSE(SrtpKey::from_base64(cm80, good.substr(1)));
  EXPECT_FALSE(SrtpKey::from_base64(cm80, good + "A"));
  EXPECT_FALSE(SrtpKey::from_base64(cm80, good.substr(0, 39) + "="));
  EXPECT_FALSE(SrtpKey::from_base64(cm80, good.substr(0, 39) + " "));
  EXPECT_FALSE(SrtpKey::from_base64(cm80, good.substr(0, 39) + "-"));
  EXPECT_FALSE(SrtpKey::from_base64(cm80, good.substr(0, 39) + std::string(1, '\0')));
  EXPECT_FALSE(SrtpKey::from_base64(SrtpProfile::aes_256_cm_hmac_sha1_80, good));

  // 28 octets: 38 digits and two paddings, the last digit with four spare bits.
  const auto gcm = SrtpProfile::aead_aes_128_gcm;
  const std::string zero(37, 'A');
  EXPECT_TRUE(SrtpKey::from_base64(gcm, zero + "Q=="));
  EXPECT_FALSE(SrtpKey::from_base64(gcm, zero + "B=="));
  EXPECT_FALSE(SrtpKey::from_base64(gcm, zero + "QA="));
  EXPECT_FALSE(SrtpKey::from_base64(gcm, zero + "Q"));
}

TEST(SrtpKey, TakesOnlyTheExactSize) {
  EXPECT_TRUE(SrtpKey::from_bytes(cm80, std::vector<uint8_t>(30)));
  EXPECT_FALSE(SrtpKey::from_bytes(cm80, std::vector<uint8_t>(29)));
  EXPECT_FALSE(SrtpKey::from_bytes(cm80, std::vector<uint8_t>(31)));
}

TEST(KeyParams, ParsesKeyAndLifetime) {
  const std::string key = std::string("inline:") + rfc_key;
  ASSERT_TRUE(parse_key_params(cm80, key));
  EXPECT_EQ(parse_key_params(cm80, key)->lifetime, max_key_lifetime);
  EXPECT_EQ(parse_key_params(cm80, key + "|2^20")->lifetime, 1u << 20);
  EXPECT_EQ(parse_key_params(cm80, key + "|2^48")->lifetime, max_key_lifetime);
  EXPECT_EQ(parse_key_params(cm80, key + "|1048576")->lifetime, 1048576u);
  EXPECT_TRUE(parse_key_params(cm80, std::string("INLINE:") + rfc_key));
}

TEST(KeyParams, RefusesWhatIsNotOneKey) {
  const std::string key = std::string("inline:") + rfc_key;
  EXPECT_EQ(reason_of(cm80, ""), "INLINE_KEY_INVALID");
  EXPECT_EQ(reason_of(cm80, rfc_key), "INLINE_KEY_INVALID");
  EXPECT_EQ(reason_of(cm80, "uri:" + key), "INLINE_KEY_INVALID");
  EXPECT_EQ(reason_of(cm80, key + ";" + key), "INLINE_KEY_INVALID");
  EXPECT_EQ(reason_of(cm80, "inline:" + std::string(100'000, 'A')), "INLINE_KEY_INVALID");
  for (const char* bad : {"|", "|0", "|2^", "|2^49", "|2^-1", "|01", "|2^04", "|281474976710657",
                          "|99999999999999999999999", "|2^20|", "|2^20|2^20", "| 1", "|x"}) {
    EXPECT_EQ(reason_of(cm80, key + bad), "KEY_LIFETIME_INVALID") << bad;
  }
  EXPECT_EQ(reason_of(cm80, key + "|1:1"), "MKI_UNSUPPORTED");
  EXPECT_EQ(reason_of(cm80, key + "|2^20|1:4"), "MKI_UNSUPPORTED");
}

TEST(KeyParams, ErrorsDoNotQuoteTheKey) {
  const auto params = parse_key_params(cm80, std::string("inline:") + rfc_key + "|bad");
  ASSERT_FALSE(params);
  EXPECT_EQ(params.error().message.find(rfc_key), std::string::npos);
}

TEST(KeyParams, PrintsWhatItParses) {
  KeyParams params{*SrtpKey::from_base64(cm80, rfc_key)};
  EXPECT_EQ(print_key_params(params).reveal(), std::string("inline:") + rfc_key);
  params.lifetime = 1u << 20;
  const auto text = print_key_params(params);
  const auto again = parse_key_params(cm80, text.reveal());
  ASSERT_TRUE(again);
  EXPECT_EQ(again->lifetime, params.lifetime);
}

}  // namespace
}  // namespace commd::srtp
