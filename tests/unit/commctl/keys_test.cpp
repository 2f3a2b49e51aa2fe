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
    }
  }
  return text;
}

TEST(Keys, AreTold) {
  KeyReader reader;
  EXPECT_EQ(spelled(reader.take("m5#\r\x7f\t\x15\x1b")), "m5#<enter><back><tab><kill><esc>");
}

TEST(Keys, CursorAndFunctionKeysAreSwallowed) {
  KeyReader reader;
  EXPECT_EQ(spelled(reader.take("\x1b[A\x1b[1;5C\x1bOPq\x1b[15~x")), "qx");
}

TEST(Keys, CharactersMayComeInPieces) {
  KeyReader reader;
  EXPECT_EQ(spelled(reader.take("\xe6\xbc")), "");
  EXPECT_EQ(spelled(reader.take("\xa2z")), "漢z");
}

TEST(Keys, JunkIsNoKey) {
  KeyReader reader;
  EXPECT_EQ(spelled(reader.take(std::string_view("\0\x01\xff\x80q", 5))), "q");
}

}  // namespace
}  // namespace commd::commctl
