#include "clients/commctl/keys.h"

#include <gtest/gtest.h>

namespace commd::commctl {
namespace {

std::string spelled(const std::vector<Key>& keys) {
  std::string text;
  for (const Key& key : keys) {
    switch (key.kind) {
      case Key::Kind::text:
        text += key.text;
        break;
      case Key::Kind::enter:
        text += "<enter>";
        break;
      case Key::Kind::backspace:
        text += "<back>";
        break;
      case Key::Kind::escape:
        text += "<esc>";
        break;
      case Key::Kind::tab:
        text += "<tab>";
        break;
      case Key::Kind::kill_line:
        text += "<kill>";
        break;
      case Key::Kind::kill_rest:
        text += "<rest>";
        break;
      case Key::Kind::kill_word:
        text += "<word>";
        break;
      case Key::Kind::erase:
        text += "<del>";
        break;
      case Key::Kind::end_of_input:
        text += "<eof>";
        break;
      case Key::Kind::left:
        text += "<left>";
        break;
      case Key::Kind::right:
        text += "<right>";
        break;
      case Key::Kind::up:
        text += "<up>";
        break;
      case Key::Kind::down:
        text += "<down>";
        break;
      case Key::Kind::home:
        text += "<home>";
        break;
      case Key::Kind::end:
        text += "<end>";
        break;
    }
  }
  return text;
}

TEST(Keys, AreTold) {
  KeyReader reader;
  EXPECT_EQ(spelled(reader.take("m5#\r\x7f\t\x15\x1b")), "m5#<enter><back><tab><kill><esc>");
}

TEST(Keys, OfTheCursorAreTold) {
  KeyReader reader;
  EXPECT_EQ(spelled(reader.take("\x1b[A\x1b[B\x1b[C\x1b[D\x1bOH\x1b[F\x1b[1~\x1b[3~\x1b[4~")),
            "<up><down><right><left><home><end><home><del><end>");
  EXPECT_EQ(spelled(reader.take("\x01\x05\x0b\x17\x04")), "<home><end><rest><word><eof>");
}

TEST(Keys, FunctionKeysAreSwallowed) {
  KeyReader reader;
  EXPECT_EQ(spelled(reader.take("\x1b[1;5C\x1bOPq\x1b[15~x\x1b[")), "qx");
}

TEST(Keys, CharactersMayComeInPieces) {
  KeyReader reader;
  EXPECT_EQ(spelled(reader.take("\xe6\xbc")), "");
  EXPECT_EQ(spelled(reader.take("\xa2z")), "漢z");
}

TEST(Keys, JunkIsNoKey) {
  KeyReader reader;
  EXPECT_EQ(spelled(reader.take(std::string_view("\0\x02\xff\x80q", 5))), "q");
}

}  // namespace
}  // namespace commd::commctl
