#include "daemon/api/resume_token.h"

#include <gtest/gtest.h>

namespace commd::api {
namespace {

TEST(ResumeToken, IsReadAsItWasMade) {
  for (const uint64_t sequence : {uint64_t{0}, uint64_t{42}, UINT64_MAX})
    EXPECT_EQ(parse_resume_token(make_resume_token("log", sequence), "log").value(), sequence);
}

TEST(ResumeToken, OfAnotherLogHasExpired) {
  const auto parsed = parse_resume_token("other.42", "log");
  ASSERT_FALSE(parsed);
  EXPECT_EQ(parsed.error().reason, "RESUME_TOKEN_EXPIRED");
}

TEST(ResumeToken, WhatNeverWasOneIsAMistake) {
  for (const std::string& text :
       {std::string("log"), std::string("log."), std::string("log.x"), std::string("log.1x"),
        std::string("log.-1"), std::string("log. 1"), std::string("log.18446744073709551616"),
        std::string(), std::string(200, '1') + ".1"}) {
    const auto parsed = parse_resume_token(text, "log");
    ASSERT_FALSE(parsed) << text;
    EXPECT_EQ(parsed.error().code, base::Code::invalid_argument) << text;
  }
}

}  // namespace
}  // namespace commd::api
