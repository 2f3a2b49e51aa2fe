#include "clients/commctl/mailbox_text.h"

#include <gtest/gtest.h>

#include "clients/commctl/event_text.h"

namespace commd::commctl {
namespace {

v1::MessageWaiting known(bool waiting, int voice_new = 0, int voice_old = 0, int urgent = 0) {
  v1::MessageWaiting mailbox;
  mailbox.set_state(v1::MessageWaiting::STATE_KNOWN);
  mailbox.set_waiting(waiting);
  mailbox.set_voice_new(voice_new);
  mailbox.set_voice_old(voice_old);
  mailbox.set_voice_urgent(urgent);
  return mailbox;
}

TEST(MailboxText, CountsWhatIsNew) {
  EXPECT_EQ(mailbox_span(known(false)).text, "nothing new");
  EXPECT_EQ(mailbox_span(known(true)).text, "messages wait") << "no numbers";
  EXPECT_EQ(mailbox_span(known(true, 1)).text, "1 new voice message");
  v1::MessageWaiting mailbox = known(true, 2, 8, 1);
  mailbox.set_other_new(3);
  mailbox.set_address("sip:box@example.org");
  EXPECT_EQ(mailbox_span(mailbox).text,
            "2 new voice messages (1 urgent), 3 new other messages, 8 old; call "
            "sip:box@example.org");
  EXPECT_EQ(mailbox_span(mailbox).style, Style::warning);
}

TEST(MailboxText, SaysWhyItKnowsNothing) {
  v1::MessageWaiting mailbox;
  mailbox.set_state(v1::MessageWaiting::STATE_UNSUPPORTED);
  mailbox.set_state_message("489 Bad Event");
  EXPECT_EQ(mailbox_span(mailbox).text, "the server tells of none (489 Bad Event)");
  mailbox.set_state(v1::MessageWaiting::STATE_REFUSED);
  EXPECT_EQ(mailbox_span(mailbox).text, "the server does not tell (489 Bad Event)");
  EXPECT_EQ(mailbox_span({}).text, "the server has told nothing yet");
}

TEST(MailboxText, AWatchShowsWhatWaits) {
  v1::Event event;
  v1::Account& account = *event.mutable_account_changed();
  account.set_id("alice");
  account.set_state(v1::Account::STATE_ONLINE);
  *account.mutable_message_waiting() = known(true, 2);
  EXPECT_TRUE(waits(account));
  EXPECT_NE(render(event_line(event, {}), Colour::off).find("2 new voice messages"),
            std::string::npos);
  *account.mutable_message_waiting() = known(false);
  EXPECT_FALSE(waits(account));
}

}  // namespace
}  // namespace commd::commctl
