#include "daemon/base/random.h"

#include <gtest/gtest.h>

#include <array>
#include <set>
#include <string>

namespace commd::base {
namespace {

TEST(Random, TokensAreOfTheAlphabetAndDiffer) {
  std::set<std::string> tokens;
  std::set<char> seen;
  for (int i = 0; i < 200; ++i) {
    const std::string token = random_token(20);
    EXPECT_EQ(token.size(), 20U);
    EXPECT_EQ(token.find_first_not_of("abcdefghijklmnopqrstuvwxyz234567"), std::string::npos);
    seen.insert(token.begin(), token.end());
    tokens.insert(token);
  }
  EXPECT_EQ(tokens.size(), 200U);
  EXPECT_EQ(seen.size(), 32U);  // 4000 draws miss a letter with p < 1e-50
  EXPECT_EQ(random_token(0), "");
}

TEST(Random, FillsEveryByte) {
  // More than one getrandom() may return at once.
  std::array<uint8_t, 4096> bytes{};
  random_bytes(bytes);
  std::set<uint8_t> seen(bytes.end() - 2048, bytes.end());
  EXPECT_GT(seen.size(), 200U);
  EXPECT_NE(random_u32(), random_u32() ^ random_u32());
}

}  // namespace
}  // namespace commd::base
