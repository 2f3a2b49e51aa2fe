#include "daemon/net/tls_trust.h"

#include <gmock/gmock.h>

#include <filesystem>

#include "tests/support/certificates.h"
#include "tests/unit/net/loop_fixture.h"

namespace commd::net::test {
namespace {

using commd::test::Identity;
using commd::test::make_identity;
using commd::test::ScratchFolder;
using testing::HasSubstr;
using Trust = std::shared_ptr<const TlsTrust>;

class TlsTrustTest : public testing::Test {
 protected:
  TlsTrustTest()
      : ca_(make_identity({.common_name = "Test CA", .authority = true}, nullptr)),
        file_(folder_.write_certificate("ca.pem", ca_)) {}

  Trust get(TlsTrustSets& sets, const std::string& file) {
    Outcome<Trust> outcome;
    const auto handle = sets.get(file, outcome.taker());
    EXPECT_FALSE(outcome.there()) << "called inside";
    EXPECT_TRUE(loop_.run_until([&] { return outcome.there(); }));
    reason_ = outcome.reason();
    return outcome.there() && outcome.get() ? *outcome.get() : nullptr;
  }

  ScratchFolder folder_;
  Identity ca_;
  std::string file_;
  Loop loop_;
  loop::Pool pool_;
  std::string reason_;
};

TEST_F(TlsTrustTest, OneFileIsParsedOnceForAll) {
  TlsTrustSets sets(loop_.context(), pool_);
  std::vector<OperationHandle> handles;
  std::vector<Trust> got;
  for (int i = 0; i < 20; ++i)
    handles.push_back(sets.get(file_, [&](const base::Result<Trust>& trust) {
      ASSERT_TRUE(trust);
      got.push_back(*trust);
    }));
  EXPECT_TRUE(loop_.run_until([&] { return got.size() == 20; }));
  for (const Trust& trust : got) EXPECT_EQ(trust, got[0]);
  EXPECT_EQ(get(sets, file_), got[0]);
  EXPECT_EQ(sets.parsed(), 1U);
}

TEST_F(TlsTrustTest, AChangedFileIsParsedAgain) {
  TlsTrustSets sets(loop_.context(), pool_);
  const Trust first = get(sets, file_);
  const Identity other = make_identity({.common_name = "Other CA", .authority = true}, nullptr);
  std::filesystem::rename(folder_.write_certificate("new.pem", other), file_);
  const Trust second = get(sets, file_);
  ASSERT_TRUE(first && second);
  EXPECT_NE(first, second);
  std::filesystem::remove(file_);
  EXPECT_EQ(get(sets, file_), nullptr);
  EXPECT_EQ(reason_, "TLS_CA_UNREADABLE");
  folder_.write_certificate("ca.pem", ca_);
  EXPECT_NE(get(sets, file_), nullptr);
}

TEST_F(TlsTrustTest, WhatCannotBeReadIsNamed) {
  const auto missing = TlsTrust::load(folder_.file("missing.pem"));
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error().reason, "TLS_CA_UNREADABLE");
  EXPECT_THAT(missing.error().message, HasSubstr("missing.pem"));
  const auto garbage = TlsTrust::load(folder_.write("garbage.pem", "no certificate"));
  ASSERT_FALSE(garbage);
  EXPECT_EQ(garbage.error().details.at("file"), folder_.file("garbage.pem"));
}

TEST_F(TlsTrustTest, TheSystemsAuthoritiesAreTheDefault) {
  EXPECT_TRUE(TlsTrust::load(""));
  EXPECT_FALSE(TlsTrust::file_of("").empty());
  EXPECT_EQ(TlsTrust::file_of("x.pem"), "x.pem");
}

TEST_F(TlsTrustTest, WhoeverIsGoneIsNotTold) {
  auto sets = std::make_unique<TlsTrustSets>(loop_.context(), pool_);
  const auto never = [](const auto&) { ADD_FAILURE() << "called"; };
  sets->get(file_, never).reset();
  const auto handle = sets->get(file_, never);
  sets.reset();
  bool done = false;
  pool_.post([&] { boost::asio::post(loop_.context(), [&] { done = true; }); });
  EXPECT_TRUE(loop_.run_until([&] { return done; }));
  EXPECT_TRUE(loop_.runs_dry());
}

}  // namespace
}  // namespace commd::net::test
