#include "daemon/api/resume_token.h"

#include <gtest/gtest.h>

#include <limits>

namespace commd::api {
namespace {

const std::string log_id = "b7k.x-9";

TEST(ResumeToken, ComesBack) {
  for (const uint64_t sequence :
       {uint64_t{0}, uint64_t{1}, uint64_t{1} << 40, std::numeric_limits<uint64_t>::max()}) {
    const auto parsed = parse_resume_token(make_resume_token(log_id, sequence), log_id);
    ASSERT_TRUE(parsed) << sequence;
    EXPECT_EQ(*parsed, sequence);
  }
}

TEST(ResumeToken, WhatNeverWasOneIsAnArgument) {
  for (const std::string& token :
       {std::string("x"), std::string("."), log_id, log_id + ".", log_id + ".x", log_id + ".-1",
        log_id + ".+1", log_id + ". 1", log_id + ".1x", log_id + ".1 ", log_id + ".0x10",
        log_id + ".18446744073709551616", std::string(4096, '1'), std::string(128, 'x') + ".1",
        log_id + ".1" + std::string(1, '\0')}) {
    const auto parsed = parse_resume_token(token, log_id);
    ASSERT_FALSE(parsed) << token;
    EXPECT_EQ(parsed.error().code, base::Code::invalid_argument) << token;
    EXPECT_EQ(parsed.error().details.at("field"), "resume_token");
  }
}

TEST(ResumeToken, AnotherLogsIsExpired) {
  for (const char* other : {"other", "b7k", "", "b7k.x-9.9"}) {
    const auto parsed = parse_resume_token(make_resume_token(other, 7), log_id);
    ASSERT_FALSE(parsed) << other;
    EXPECT_EQ(parsed.error().code, base::Code::out_of_range) << other;
    EXPECT_EQ(parsed.error().reason, "RESUME_TOKEN_EXPIRED");
  }
}

}  // namespace
}  // namespace commd::api
