#include "clients/commctl/message_words.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "clients/commctl/event_text.h"

namespace commd::commctl {
namespace {

using testing::HasSubstr;
using testing::Not;

v1::Message message() {
  v1::Message message;
  message.set_id("0123456789abcdef");
  message.set_peer("xmpp:bob@example.org");
  message.set_direction(v1::Message::DIRECTION_INCOMING);
  message.set_state(v1::Message::STATE_RECEIVED);
  message.set_text("hello");
  return message;
}

std::string line_of(const v1::Event& event) { return render(event_line(event, {}), Colour::off); }

TEST(MessageWords, SayWhatBecameOfTheText) {
  v1::Message shown = message();
  EXPECT_EQ(short_id(shown), "01234567");
  EXPECT_EQ(shown_text(shown), "hello");
  shown.mutable_edit_time()->set_seconds(1);
  EXPECT_EQ(shown_text(shown), "hello (edited)");
  shown.set_retracted(true);
  EXPECT_EQ(shown_text(shown), "(taken back)");
}

TEST(MessageWords, SayWhoReacted) {
  v1::Message shown = message();
  EXPECT_EQ(reactions_text(shown), "");
  v1::Reaction* one = shown.add_reactions();
  one->set_sender("xmpp:bob@example.org");
  one->add_emojis("+");
  one->add_emojis("!");
  shown.add_reactions()->add_emojis("ok");
  EXPECT_EQ(reactions_text(shown), "+ ! by xmpp:bob@example.org, ok by this person");
}

// Whatever the other person has put into them.
TEST(MessageWords, EventsAreEscaped) {
  v1::Event event;
  *event.mutable_message_changed() = message();
  event.mutable_message_changed()->set_text("\x1b[2J");
  event.mutable_message_changed()->add_reactions()->add_emojis("\x1b]0;x\a");
  EXPECT_THAT(line_of(event), Not(HasSubstr("\x1b")));
  EXPECT_THAT(line_of(event), HasSubstr("by this person"));
  event.mutable_typing()->set_peer("xmpp:bob\n@example.org");
  event.mutable_typing()->set_state(v1::Typing::STATE_COMPOSING);
  EXPECT_THAT(line_of(event), HasSubstr("xmpp:bob\\n@example.org  composing"));
}

}  // namespace
}  // namespace commd::commctl
