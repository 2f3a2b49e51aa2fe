#include "media/dtls/fingerprint.h"

#include <gtest/gtest.h>

#include <string>

namespace commd::dtls {
namespace {

std::string reason(std::string_view name, size_t size) {
  const auto made = make_fingerprint(name, std::vector<uint8_t>(size, 7));
  return made ? "" : made.error().reason;
}

TEST(Fingerprint, ReadsTheHashesThatProveSomething) {
  const auto made = make_fingerprint("SHA-256", std::vector<uint8_t>(32, 7));
  ASSERT_TRUE(made);
  EXPECT_EQ(made->hash, HashFunction::sha_256);
  EXPECT_EQ(made->bytes, std::vector<uint8_t>(32, 7));
  EXPECT_EQ(reason("sha-384", 48), "");
  EXPECT_EQ(reason("sha-512", 64), "");
}

TEST(Fingerprint, RefusesHashesThatProveNothing) {
  EXPECT_EQ(reason("sha-1", 20), "FINGERPRINT_HASH_WEAK");
  EXPECT_EQ(reason("SHA-1", 20), "FINGERPRINT_HASH_WEAK");
  EXPECT_EQ(reason("md5", 16), "FINGERPRINT_HASH_WEAK");
  EXPECT_EQ(reason("md2", 16), "FINGERPRINT_HASH_WEAK");
}

TEST(Fingerprint, RefusesWhatIsNone) {
  EXPECT_EQ(reason("sha-224", 28), "FINGERPRINT_HASH_UNKNOWN");
  EXPECT_EQ(reason("", 32), "FINGERPRINT_HASH_UNKNOWN");
  EXPECT_EQ(reason("sha-256 ", 32), "FINGERPRINT_HASH_UNKNOWN");
  EXPECT_EQ(reason(std::string(100'000, 'a'), 32), "FINGERPRINT_HASH_UNKNOWN");
  EXPECT_EQ(reason("sha-256", 0), "FINGERPRINT_INVALID");
  EXPECT_EQ(reason("sha-256", 31), "FINGERPRINT_INVALID");
  EXPECT_EQ(reason("sha-512", 32), "FINGERPRINT_INVALID");
}

}  // namespace
}  // namespace commd::dtls
