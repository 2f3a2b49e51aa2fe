#include "daemon/core/identity_book.h"

#include "tests/unit/core/core_fixture.h"

namespace commd::core {
namespace {

using model::AccountId;

class IdentityBookTest : public ::testing::Test {
 protected:
  std::unique_ptr<IdentityBook> book() {
    return std::make_unique<IdentityBook>(secrets, media, base::null_logger());
  }
  std::string text(const IdentityBook& book, const std::string& account) {
    const auto identity = book.of(AccountId(account));
    return identity ? std::string(identity->pem().reveal()) : "none";
  }
  fakes::FakeSecrets secrets;
  fakes::FakeMedia media;
};

TEST_F(IdentityBookTest, IsMadeOnceAndKeptOverRestarts) {
  auto first = book();
  EXPECT_EQ(text(*first, "a"), "none");
  first->prepare(AccountId("a"));
  first->prepare(AccountId("a"));
  first->prepare(AccountId("b"));
  EXPECT_EQ(text(*first, "a"), "made 1");
  EXPECT_EQ(text(*first, "b"), "made 2") << "no two accounts are known to be one person's";
  auto next = book();
  next->prepare(AccountId("a"));
  EXPECT_EQ(text(*next, "a"), "made 1");
  EXPECT_EQ(media.made, 2);
}

TEST_F(IdentityBookTest, AKeyringThatIsLockedIsNoReasonForANewOne) {
  book()->prepare(AccountId("a"));
  secrets.available = false;
  auto next = book();
  next->prepare(AccountId("a"));
  EXPECT_EQ(text(*next, "a"), "none");
  secrets.available = true;
  next->prepare(AccountId("a"));
  EXPECT_EQ(text(*next, "a"), "made 1");
}

TEST_F(IdentityBookTest, WhatIsNoCertificateIsReplaced) {
  book()->prepare(AccountId("a"));
  ASSERT_EQ(secrets.kept.size(), 1U);
  secrets.kept.begin()->second = base::Secret("torn");
  auto next = book();
  next->prepare(AccountId("a"));
  EXPECT_EQ(text(*next, "a"), "made 2");
  EXPECT_EQ(secrets.kept.begin()->second.reveal(), "made 2");
}

TEST_F(IdentityBookTest, GoesWithItsAccount) {
  auto first = book();
  first->prepare(AccountId("a"));
  first->erase(AccountId("a"));
  EXPECT_EQ(text(*first, "a"), "none");
  EXPECT_TRUE(secrets.kept.empty());
}

}  // namespace
}  // namespace commd::core
