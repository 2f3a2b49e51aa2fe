// Provisional answers that come after the call was accepted.
#include "daemon/sip/accepted_invites.h"

#include <gtest/gtest.h>

#include <string>

namespace commd::sip {
namespace {

TEST(AcceptedInvites, NothingIsProvisionalAfterTheCallWasAccepted) {
  AcceptedInvites invites;
  EXPECT_TRUE(invites.counts("z9hG4bKa", 100));
  EXPECT_TRUE(invites.counts("z9hG4bKa", 180));
  EXPECT_TRUE(invites.counts("z9hG4bKa", 200));
  EXPECT_FALSE(invites.counts("z9hG4bKa", 180));
  EXPECT_FALSE(invites.counts("z9hG4bKa", 183));
  EXPECT_TRUE(invites.counts("z9hG4bKa", 200));  // another fork's, or the same again
  EXPECT_TRUE(invites.counts("z9hG4bKb", 180));
  // The same INVITE once more, after it was refused.
  EXPECT_TRUE(invites.counts("z9hG4bKc", 488));
  EXPECT_TRUE(invites.counts("z9hG4bKc", 180));
}

TEST(AcceptedInvites, IsBounded) {
  AcceptedInvites invites;
  EXPECT_TRUE(invites.counts("first", 200));
  for (int i = 0; i < 63; ++i) EXPECT_TRUE(invites.counts(std::to_string(i), 200));
  for (int i = 0; i < 100; ++i) EXPECT_TRUE(invites.counts("62", 200));  // takes one place
  EXPECT_FALSE(invites.counts("first", 180));
  EXPECT_TRUE(invites.counts("last", 200));
  EXPECT_TRUE(invites.counts("first", 180));
}

}  // namespace
}  // namespace commd::sip
