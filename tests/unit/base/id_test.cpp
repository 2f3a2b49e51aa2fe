#include "daemon/base/id.h"

#include <gtest/gtest.h>

#include <string>
#include <type_traits>
#include <unordered_set>

#include "daemon/base/error.h"
#include "daemon/base/result.h"
#include "daemon/base/thread_check.h"

namespace commd::base {
namespace {

using AppleId = Id<struct AppleTag>;
using PearId = Id<struct PearTag>;

static_assert(!std::is_convertible_v<AppleId, PearId>);
static_assert(!std::is_convertible_v<std::string, AppleId>);
static_assert(!std::is_constructible_v<AppleId, PearId>);

TEST(Id, ComparesByValue) {
  EXPECT_EQ(AppleId("a"), AppleId("a"));
  EXPECT_NE(AppleId("a"), AppleId("b"));
  EXPECT_LT(AppleId("a"), AppleId("b"));
  EXPECT_FALSE(AppleId());
  EXPECT_TRUE(AppleId("a"));
  EXPECT_TRUE(AppleId().empty());
}

TEST(Id, IsAKeyOfHashTables) {
  std::unordered_set<AppleId> set{AppleId("a"), AppleId("b"), AppleId("a")};
  EXPECT_EQ(set.size(), 2U);
  EXPECT_TRUE(set.contains(AppleId("b")));
}

TEST(Error, NamesFieldAndKind) {
  const Error bad = invalid_argument("server", "server has no port 0");
  EXPECT_EQ(bad.code, Code::invalid_argument);
  EXPECT_EQ(bad.details.at("field"), "server");
  const Error missing = not_found("call", "c1");
  EXPECT_EQ(missing.code, Code::not_found);
  EXPECT_EQ(missing.message, "no call \"c1\"");
  EXPECT_EQ(missing.details.at("id"), "c1");
  EXPECT_STREQ(to_string(Code::deadline_exceeded), "deadline_exceeded");
}

TEST(Result, CarriesValueOrError) {
  const Result<int> good = 7;
  const Result<int> bad = fail(Code::unavailable, "SERVER_DOWN", "the server is down");
  EXPECT_EQ(good.value_or(0), 7);
  EXPECT_EQ(bad.value_or(0), 0);
  ASSERT_FALSE(bad);
  EXPECT_EQ(bad.error().reason, "SERVER_DOWN");
}

TEST(ThreadCheck, KnowsItsThread) {
  ThreadCheck check;
  EXPECT_TRUE(check.here());  // not bound yet
  check.bind();
  EXPECT_TRUE(check.here());
  bool there = true;
  std::thread([&] { there = check.here(); }).join();
  EXPECT_FALSE(there);
}

}  // namespace
}  // namespace commd::base
