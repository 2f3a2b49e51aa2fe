// RFC 3842: what a mailbox says of itself.
#include "daemon/sip/message_summary.h"

#include <gtest/gtest.h>

#include <string>

namespace commd::sip {
namespace {

using model::MessageCount;

TEST(MessageSummary, ReadsTheExampleOfTheStandard) {
  const auto read = read_message_summary(
      "Messages-Waiting: yes\r\nMessage-Account: sip:alice@vmail.example.com\r\n"
      "Voice-Message: 2/8 (0/2)\r\nFax-Message: 1/0\r\n\r\n"
      "To: <alice@atlanta.example.com>\r\nVoice-Message: 9/9\r\n");
  ASSERT_TRUE(read);
  EXPECT_TRUE(read->waiting);
  EXPECT_EQ(read->mailbox, "sip:alice@vmail.example.com");
  ASSERT_EQ(read->counts.size(), 2u);
  EXPECT_EQ(read->counts[0], (MessageCount{"voice", 2, 8, 0, 2}));
  EXPECT_EQ(read->counts[1], (MessageCount{"fax", 1, 0, 0, 0}));
}

TEST(MessageSummary, IsLenientInSpellingAlone) {
  const auto read = read_message_summary("messages-waiting:NO\nVOICE-MESSAGE :  0 / 3 ( 0 / 1 )\n");
  ASSERT_TRUE(read);
  EXPECT_FALSE(read->waiting);
  ASSERT_EQ(read->counts.size(), 1u);
  EXPECT_EQ(read->counts[0], (MessageCount{"voice", 0, 3, 0, 1}));
  model::MessageWaiting none;
  none.state = model::MailboxState::known;
  EXPECT_EQ(read_message_summary("Messages-Waiting: no"), none);
}

TEST(MessageSummary, WithoutAStatusItIsNone) {
  for (const char* body : {"", "\r\n", "Voice-Message: 2/8\r\n", "Messages-Waiting: maybe\r\n",
                           "Messages-Waiting:", "\r\nMessages-Waiting: yes\r\n",
                           "Messages-Waiting: yes\r\nMessages-Waiting: no\r\n"})
    EXPECT_FALSE(read_message_summary(body)) << body;
}

TEST(MessageSummary, LeavesOutWhatItCannotRead) {
  for (const char* line : {"Voice-Message: -1/2", "Voice-Message: 1", "Voice-Message: 1/",
                           "Voice-Message: 1/2 (3", "Voice-Message: 1/2 junk", "Smell-Message: 1/2",
                           "-Message: 1/2", "Voice-Message 1/2", "Voice-Message: 1/2 (/)"}) {
    const auto read = read_message_summary(std::string("Messages-Waiting: yes\r\n") + line);
    ASSERT_TRUE(read) << line;
    EXPECT_TRUE(read->counts.empty()) << line;
  }
}

TEST(MessageSummary, BoundsNumbersAndKeepsTheFirstOfAKind) {
  const auto read = read_message_summary(
      "Messages-Waiting: yes\r\nVoice-Message: 99999999999999999999/5 (7/9)\r\n"
      "Voice-Message: 1/1\r\n");
  ASSERT_TRUE(read);
  ASSERT_EQ(read->counts.size(), 1u);
  EXPECT_EQ(read->counts[0], (MessageCount{"voice", 1'000'000, 5, 7, 5}));
}

TEST(MessageSummary, TakesAMailboxOnlyIfItCouldBeCalled) {
  const auto mailbox = [](const std::string& value) {
    return read_message_summary("Messages-Waiting: yes\nMessage-Account: " + value)->mailbox;
  };
  EXPECT_EQ(mailbox("<sips:box@example.org>"), "sips:box@example.org");
  EXPECT_EQ(mailbox("tel:+49301234"), "tel:+49301234");
  EXPECT_EQ(mailbox("http://evil.example/"), "");
  EXPECT_EQ(mailbox("sip:"), "");
  EXPECT_EQ(mailbox("sip:a b@example.org"), "");
  EXPECT_EQ(mailbox("sip:a\x1b[2J@example.org"), "");
  EXPECT_EQ(mailbox("sip:" + std::string(600, 'a')), "");
}

}  // namespace
}  // namespace commd::sip
