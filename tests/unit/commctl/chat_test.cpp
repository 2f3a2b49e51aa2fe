// What a chat shows, and the line that is typed.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "clients/commctl/chat_lines.h"
#include "clients/commctl/line_editor.h"

namespace commd::commctl {
namespace {

using testing::ElementsAre;

class Editor : public testing::Test {
 protected:
  void type(std::string_view text) {
    KeyReader reader;
    for (const Key& each : reader.take(text)) editor.press(each);
  }
  LineEditor editor{20};
};

TEST_F(Editor, IsEditedAtTheCursor) {
  type("helo\x1b[Dl");
  EXPECT_EQ(editor.text(), "hello");
  type("\x01>\x05<");
  EXPECT_EQ(editor.text(), ">hello<");
  type("\x01\x1b[3~\x1b[C\x7f");
  EXPECT_EQ(editor.text(), "ello<");
  type("\x05 two words\x17");
  EXPECT_EQ(editor.text(), "ello< two ");
  type("\x1b[D\x1b[D\x0b");
  EXPECT_EQ(editor.text(), "ello< tw");
  type("\x15");
  EXPECT_TRUE(editor.empty());
  // Nothing is beyond the ends.
  type("\x7f\x1b[3~\x1b[D\x1b[C\x17\x0b");
  EXPECT_EQ(editor.text(), "");
}

TEST_F(Editor, CountsCharactersAndNotBytes) {
  type("aäß漢");
  type("\x1b[D\x1b[D\x7f");
  EXPECT_EQ(editor.text(), "aß漢");
  type("\x05\x7f");
  EXPECT_EQ(editor.text(), "aß");
}

TEST_F(Editor, TakesNoMoreThanItMay) {
  type("12345678901234567890x");
  EXPECT_EQ(editor.text(), "12345678901234567890");
  type("\x7fä");
  EXPECT_EQ(editor.text(), "1234567890123456789");
  type("y");
  EXPECT_EQ(editor.text(), "1234567890123456789y");
}

TEST_F(Editor, BringsBackWhatWasTypedBefore) {
  for (const char* line : {"one", "two", "two"}) {
    type(line);
    EXPECT_EQ(editor.take(), line);
  }
  type("new\x1b[A");
  EXPECT_EQ(editor.text(), "two");
  type("\x1b[A\x1b[A\x1b[A");
  EXPECT_EQ(editor.text(), "one");
  type("\x1b[B!");
  EXPECT_EQ(editor.text(), "two!");
  type("\x1b[B\x1b[B");
  EXPECT_EQ(editor.text(), "new") << "what was not sent yet is not lost";
}

TEST_F(Editor, ShowsThePartAroundTheCursor) {
  type("0123456789");
  EXPECT_EQ(editor.shown(20).text, "0123456789");
  EXPECT_EQ(editor.shown(20).cursor, 10u);
  EXPECT_EQ(editor.shown(6).text, "56789");
  EXPECT_EQ(editor.shown(6).cursor, 5u);
  type("\x01");
  EXPECT_EQ(editor.shown(6).text, "01234");
  EXPECT_EQ(editor.shown(6).cursor, 0u);
  type("\x15漢漢漢");
  EXPECT_EQ(editor.shown(6).text, "漢漢");
  EXPECT_EQ(editor.shown(6).cursor, 4u);
}

v1::Message said(const std::string& text, v1::Message::Direction direction) {
  v1::Message message;
  message.set_peer("xmpp:bob@x");
  message.set_text(text);
  message.set_direction(direction);
  message.mutable_time()->set_seconds(86'400);
  return message;
}

std::vector<std::string> shown(const v1::Message& message, size_t columns) {
  google::protobuf::Timestamp now;
  now.set_seconds(86'400);
  std::vector<std::string> lines;
  for (const Line& line : message_lines(message, now, columns))
    lines.push_back(render(line, Colour::off).substr(lines.empty() ? 9 : 0));  // without the time
  return lines;
}

TEST(ChatLines, SayWhoSaidIt) {
  EXPECT_THAT(shown(said("hello", v1::Message::DIRECTION_INCOMING), unlimited),
              ElementsAre("bob@x: hello"));
  EXPECT_THAT(shown(said("hi", v1::Message::DIRECTION_OUTGOING), unlimited), ElementsAre("me: hi"));
}

TEST(ChatLines, KeepTheLinesOfTheText) {
  EXPECT_THAT(shown(said("a\nb\r\n\nc", v1::Message::DIRECTION_OUTGOING), unlimited),
              ElementsAre("me: a", "        b", "        ", "        c"));
  EXPECT_THAT(shown(said("", v1::Message::DIRECTION_OUTGOING), 80), ElementsAre("me: "));
}

TEST(ChatLines, AreEscaped) {
  EXPECT_THAT(shown(said("\x1b[31mred\a", v1::Message::DIRECTION_OUTGOING), 80),
              ElementsAre("me: \\x1b[31mred\\x07"));
}

TEST(ChatLines, AreBrokenAtBlanksAndNeverTooWide) {
  const v1::Message message = said("some words that go on and on, 漢漢漢漢漢漢漢漢漢漢漢漢漢漢漢漢",
                                   v1::Message::DIRECTION_INCOMING);
  google::protobuf::Timestamp now;
  for (size_t columns = 20; columns < 90; ++columns)
    for (const Line& line : message_lines(message, now, columns))
      EXPECT_LE(width_of(line), std::max<size_t>(columns, 34)) << columns;
  EXPECT_THAT(shown(said("one two three", v1::Message::DIRECTION_OUTGOING), 23),
              ElementsAre("me: one two", "        three"));
}

TEST(ChatLines, APersonIsKnownInEverySpelling) {
  for (const char* typed :
       {"bob@x", "BOB@X", "xmpp:bob@x", "xmpp:bob@x/phone", "XMPP:Bob@x?message"})
    EXPECT_TRUE(is_peer(typed, "xmpp:bob@x")) << typed;
  for (const char* typed : {"bob@x.org", "bo@x", "sip:bob@x", "", "xmpp:"})
    EXPECT_FALSE(is_peer(typed, "xmpp:bob@x")) << typed;
  EXPECT_TRUE(is_peer("sip:local@127.0.0.1:5070;transport=tcp", "sip:local@127.0.0.1:5070"));
}

}  // namespace
}  // namespace commd::commctl
