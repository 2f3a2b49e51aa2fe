#include "clients/client/escape.h"

#include <gtest/gtest.h>

namespace commd::client {
namespace {

TEST(EscapeLine, KeepsPrintableText) {
  EXPECT_EQ(escape_line("Zoë 漢字 🔒 C:\\x"), "Zoë 漢字 🔒 C:\\x");
}

TEST(EscapeLine, DisarmsControls) {
  EXPECT_EQ(escape_line("\x1b[2J\r\n\t\x7f\a"), "\\x1b[2J\\r\\n\\t\\x7f\\x07");
  EXPECT_EQ(escape_line(std::string_view("a\0b", 3)), "a\\x00b");
  EXPECT_EQ(escape_line("\xc2\x9b"
                        "31m"),
            "\\x9b31m");
}

TEST(EscapeLine, DisarmsReorderingAndInvisibleCharacters) {
  EXPECT_EQ(escape_line("\u202egnp.\u2066\u200f\u2028"),
            "\\u{202e}gnp.\\u{2066}\\u{200f}\\u{2028}");
  EXPECT_EQ(escape_line("a\u200bb\ufeff"), "a\\u{200b}b\\u{feff}");
  EXPECT_EQ(escape_line("\ufffa\U000E0041"), "\\u{fffa}\\u{e0041}");  // notes and tags
}

TEST(IsUtf8, TakesWellFormedTextOnly) {
  EXPECT_TRUE(is_utf8(""));
  EXPECT_TRUE(is_utf8("Zoë 漢字 🔒 \x1b"));
  for (const char* text : {"\xff", "a\xe2\x82", "\xed\xa0\x80", "\xc0\x8a"})
    EXPECT_FALSE(is_utf8(text));
}

TEST(EscapeLine, ReplacesIllFormedSequences) {
  EXPECT_EQ(escape_line("\xff"), "\uFFFD");
  EXPECT_EQ(escape_line("a\xe2\x82"), "a\uFFFD");
  EXPECT_EQ(escape_line("\xed\xa0\x80"), "\uFFFD\uFFFD\uFFFD");  // a surrogate
  EXPECT_EQ(escape_line("\xc0\x8a"), "\uFFFD\uFFFD");            // an overlong line feed
}

TEST(DisplayWidth, KnowsWideAndCombiningCharacters) {
  EXPECT_EQ(display_width("abc"), 3u);
  EXPECT_EQ(display_width("漢字"), 4u);
  EXPECT_EQ(display_width("e\u0301"), 1u);
  EXPECT_EQ(display_width("🔒"), 2u);
}

TEST(Clip, CutsAtColumnsNotBytes) {
  EXPECT_EQ(clip("abcdef", 6), "abcdef");
  EXPECT_EQ(clip("abcdef", 4), "abc…");
  EXPECT_EQ(clip("漢字漢", 4), "漢…");
  EXPECT_EQ(clip("abc", 0), "");
  for (size_t columns = 0; columns < 12; ++columns)
    EXPECT_LE(display_width(clip("a漢e\u0301字🔒xyz", columns)), columns);
}

}  // namespace
}  // namespace commd::client
