#include "daemon/base/escape.h"

#include <gtest/gtest.h>

#include <string>

namespace commd::base {
namespace {

using std::string_literals::operator""s;

const std::string u_fffd = "\xEF\xBF\xBD";

TEST(Utf8, AcceptsEveryWellFormedLength) {
  EXPECT_TRUE(is_valid_utf8(""));
  EXPECT_TRUE(is_valid_utf8("plain"));
  EXPECT_TRUE(is_valid_utf8("gr\xC3\xBC\xC3\x9F"));
  EXPECT_TRUE(is_valid_utf8("\xE2\x82\xAC"));
  EXPECT_TRUE(is_valid_utf8("\xF0\x9F\x93\x9E"));
  EXPECT_TRUE(is_valid_utf8("\xF4\x8F\xBF\xBF"));  // U+10FFFF
  EXPECT_TRUE(is_valid_utf8("a\0b"s));
}

TEST(Utf8, RefusesIllFormedSequences) {
  EXPECT_FALSE(is_valid_utf8("\x80"));              // lonely continuation
  EXPECT_FALSE(is_valid_utf8("\xC0\xAF"));          // overlong '/'
  EXPECT_FALSE(is_valid_utf8("\xC1\xBF"));          // overlong
  EXPECT_FALSE(is_valid_utf8("\xE0\x80\xAF"));      // overlong, three bytes
  EXPECT_FALSE(is_valid_utf8("\xF0\x80\x80\xAF"));  // overlong, four bytes
  EXPECT_FALSE(is_valid_utf8("\xED\xA0\x80"));      // surrogate
  EXPECT_FALSE(is_valid_utf8("\xF4\x90\x80\x80"));  // above U+10FFFF
  EXPECT_FALSE(is_valid_utf8("\xF5\x80\x80\x80"));
  EXPECT_FALSE(is_valid_utf8("\xE2\x82"));  // cut short
  EXPECT_FALSE(is_valid_utf8("\xFF"));
}

TEST(Utf8, ReplacesMaximalSubparts) {
  // The example of Unicode 15, table 3-8.
  EXPECT_EQ(to_valid_utf8("a\xF1\x80\x80\xE1\x80\xC2"
                          "b\x80"
                          "c\x80\xBF"
                          "d"),
            "a" + u_fffd + u_fffd + u_fffd + "b" + u_fffd + "c" + u_fffd + u_fffd + "d");
  EXPECT_EQ(to_valid_utf8("gr\xC3\xBC"), "gr\xC3\xBC");
  EXPECT_TRUE(is_valid_utf8(to_valid_utf8("\xED\xA0\x80\xFF\xC3")));
}

TEST(EscapeLine, MakesOnePrintableLine) {
  EXPECT_EQ(escape_line("a\r\nb\tc"), "a\\r\\nb\\tc");
  EXPECT_EQ(escape_line("\x1B[31mred"), "\\x1b[31mred");
  EXPECT_EQ(escape_line("a\0b"s), "a\\x00b");
  EXPECT_EQ(escape_line("\x7F"), "\\x7f");
  EXPECT_EQ(escape_line("\xC2\x9B"), "\\x9b");  // C1: CSI in one code point
  EXPECT_EQ(escape_line("\xE2\x80\xA8\xE2\x80\xA9"), "\\u{2028}\\u{2029}");
  EXPECT_EQ(escape_line("caf\xC3\xA9 \xF0\x9F\x93\x9E"), "caf\xC3\xA9 \xF0\x9F\x93\x9E");
}

TEST(EscapeLine, EscapesEveryBidirectionalControl) {
  EXPECT_EQ(escape_line("\xE2\x80\x8E\xE2\x80\x8F\xD8\x9C"), "\\u{200e}\\u{200f}\\u{061c}");
  EXPECT_EQ(escape_line("\xE2\x80\xAA\xE2\x80\xAE"), "\\u{202a}\\u{202e}");
  EXPECT_EQ(escape_line("\xE2\x81\xA6\xE2\x81\xA9"), "\\u{2066}\\u{2069}");
}

TEST(EscapeLine, KeepsEscapedAndRealControlsApart) {
  EXPECT_EQ(escape_line("\\n"), "\\\\n");
  EXPECT_NE(escape_line("\\n"), escape_line("\n"));
}

TEST(EscapeControls, LeavesBackslashesAlone) {
  EXPECT_EQ(escape_controls("a\\nb\n"), "a\\nb\\n");
  EXPECT_EQ(escape_controls(escape_line("\x1B\xC3\xA9\\")), escape_line("\x1B\xC3\xA9\\"));
}

TEST(EscapeJson, EscapesWhatJsonAndTerminalsNeed) {
  EXPECT_EQ(escape_json("say \"hi\" \\"), "say \\\"hi\\\" \\\\");
  EXPECT_EQ(escape_json("\n\x1B\x7F"), "\\u000a\\u001b\\u007f");
  EXPECT_EQ(escape_json("\xC2\x9B\xE2\x80\xAE\xE2\x80\xA8"), "\\u009b\\u202e\\u2028");
  EXPECT_EQ(escape_json("\xFF\xC3\xA9"), u_fffd + "\xC3\xA9");
}

}  // namespace
}  // namespace commd::base
