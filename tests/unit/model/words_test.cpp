#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>
#include <string>

#include "daemon/model/account.h"
#include "daemon/model/call.h"

namespace commd::model {
namespace {

// The words are stable: clients and the store know them.
template <class E>
std::set<std::string> words(E last) {
  std::set<std::string> found;
  for (int i = 0; i <= static_cast<int>(last); ++i) found.insert(to_string(static_cast<E>(i)));
  return found;
}

TEST(Words, OfACallsState) {
  EXPECT_THAT(words(CallState::ended), testing::ElementsAre("active", "connecting", "dialing",
                                                            "early", "ended", "held", "ringing"));
}

TEST(Words, OfAnAccountsState) {
  EXPECT_THAT(words(AccountState::failed),
              testing::ElementsAre("connecting", "disabled", "failed", "online", "retrying"));
}

TEST(Words, OfEndReasonsAreAllDifferentAndLowerSnake) {
  const auto found = words(EndReason::internal_error);
  EXPECT_EQ(found.size(), static_cast<size_t>(EndReason::internal_error) + 1);
  for (const std::string& word : found)
    EXPECT_EQ(word.find_first_not_of("abcdefghijklmnopqrstuvwxyz_"), std::string::npos) << word;
}

TEST(Words, OfTheOtherEnums) {
  EXPECT_THAT(words(Protocol::xmpp_component),
              testing::ElementsAre("local", "sip", "xmpp", "xmpp_component"));
  EXPECT_THAT(words(Encryption::off), testing::ElementsAre("off", "preferred", "required"));
  EXPECT_THAT(words(SipTransport::tls), testing::ElementsAre("automatic", "tcp", "tls", "udp"));
  EXPECT_THAT(words(SecurityLevel::verified),
              testing::ElementsAre("encrypted", "key_exposed", "none", "verified"));
  EXPECT_THAT(words(EndedBy::daemon),
              testing::ElementsAre("daemon", "local", "network", "nobody", "remote"));
  EXPECT_THAT(words(CallDirection::outgoing), testing::ElementsAre("incoming", "outgoing"));
}

TEST(Call, LivesUntilItHasEnded) {
  Call call;
  for (int i = 0; i <= static_cast<int>(CallState::ended); ++i) {
    call.state = static_cast<CallState>(i);
    EXPECT_EQ(is_live(call), call.state != CallState::ended);
  }
}

}  // namespace
}  // namespace commd::model
