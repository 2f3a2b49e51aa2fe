#include "daemon/store/search_words.h"

#include <gtest/gtest.h>

namespace commd::store {
namespace {

std::string of(std::string_view typed) {
  const auto expression = search_expression(typed);
  return expression ? *expression : expression.error().details.at("field");
}

TEST(SearchWords, AreTextWhateverTheyLookLike) {
  EXPECT_EQ(of("lunch"), "\"lunch\"");
  EXPECT_EQ(of("  two\twords\n"), "\"two\" \"words\"");
  EXPECT_EQ(of("NOT AND OR NEAR(a)"), "\"NOT\" \"AND\" \"OR\" \"NEAR(a)\"");
  EXPECT_EQ(of("tags:x ^y -z a+b"), "\"tags:x\" \"^y\" \"-z\" \"a+b\"");
  EXPECT_EQ(of(std::string_view("nul\0byte", 8)), "\"nulbyte\"");
}

TEST(SearchWords, QuotesMakeAPhrase) {
  EXPECT_EQ(of("\"see you\" soon"), "\"see you\" \"soon\"");
  EXPECT_EQ(of("\"never ended"), "\"never ended\"");
  EXPECT_EQ(of("a\"b c\"d"), "\"a\" \"b c\" \"d\"");
  EXPECT_EQ(of("\"\" x"), "\"x\"");
}

TEST(SearchWords, AStarStandsForTheRestOfAWord) {
  EXPECT_EQ(of("inv*"), "\"inv\" *");
  EXPECT_EQ(of("inv** x"), "\"inv\" * \"x\"");
  EXPECT_EQ(of("\"see yo\"* x"), "\"see yo\" * \"x\"");
  EXPECT_EQ(of("\xc3\xa9t*"), "\"\xc3\xa9t\" *");
  // Half of all words begin with one letter or another.
  EXPECT_EQ(of("a*"), "\"a\"");
  EXPECT_EQ(of("long-a*"), "\"long-a\"");
  EXPECT_EQ(of("\xc3\xa9*"), "\"\xc3\xa9\"");
  EXPECT_EQ(of("in*v"), "\"in*v\"");
}

TEST(SearchWords, ThereMustBeSomeAndNotTooMany) {
  EXPECT_EQ(of(""), "words");
  EXPECT_EQ(of(" \n "), "words");
  EXPECT_EQ(of("\"\""), "words");
  EXPECT_EQ(of("*"), "words");
  std::string many = "x";
  for (size_t i = 1; i < most_search_words; ++i) many += " x";
  EXPECT_NE(of(many), "words");
  EXPECT_EQ(of(many + " x"), "words");
}

}  // namespace
}  // namespace commd::store
