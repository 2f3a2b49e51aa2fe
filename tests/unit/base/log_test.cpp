#include "daemon/base/log.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <optional>
#include <string>
#include <vector>

namespace commd::base {
namespace {

using testing::EndsWith;
using testing::HasSubstr;

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  for (size_t at = 0; at < text.size();) {
    const size_t end = std::min(text.find('\n', at), text.size());
    lines.push_back(text.substr(at, end - at));
    at = end + 1;
  }
  return lines;
}

class LogTest : public testing::Test {
 protected:
  void start(LogOptions options) {
    options.timestamps = false;
    testing::internal::CaptureStderr();
    factory_.emplace(options);
  }
  std::vector<std::string> finish() {
    factory_.reset();
    return lines_of(testing::internal::GetCapturedStderr());
  }
  std::optional<LogFactory> factory_;
};

TEST_F(LogTest, WritesOneRecordALine) {
  start({});
  factory_->room("sip")->info("event: call_ended, call: {}", "c1");
  EXPECT_THAT(finish(), testing::ElementsAre("info sip: event: call_ended, call: c1"));
}

TEST_F(LogTest, NobodyForgesARecordOrATerminalSequence) {
  start({});
  factory_->room("sip")->warn("from: {}", "x\nerror core: forged\x1B[2J\xC2\x9B");
  EXPECT_THAT(finish(),
              testing::ElementsAre("warning sip: from: x\\nerror core: forged\\x1b[2J\\x9b"));
}

TEST_F(LogTest, EscapedTextIsNotEscapedTwice) {
  start({});
  factory_->room("sip")->info("from: {}", "M\xC3\xBCller \\x1b");
  EXPECT_THAT(finish(), testing::ElementsAre("info sip: from: M\xC3\xBCller \\x1b"));
}

TEST_F(LogTest, JsonRecordsAreEscapedToo) {
  LogOptions options;
  options.format = LogFormat::json;
  start(options);
  factory_->room("sip")->error("a \"b\"\n\xE2\x80\xAE");
  const auto lines = finish();
  ASSERT_EQ(lines.size(), 1U);
  EXPECT_THAT(lines[0], testing::StartsWith("{\"time\":\""));
  EXPECT_THAT(lines[0], EndsWith("\"level\":\"error\",\"room\":\"sip\","
                                 "\"message\":\"a \\\"b\\\"\\u000a\\u202e\"}"));
}

TEST_F(LogTest, LevelsHoldForEveryRoomAndChangeAtOnce) {
  start({});
  const Logger early = factory_->room("early");
  early->debug("unseen");
  factory_->set_level("debug");
  early->debug("seen");
  factory_->room("late")->debug("seen too");
  factory_->set_level("error");
  early->warn("unseen");
  EXPECT_THAT(finish(), testing::ElementsAre("debug early: seen", "debug late: seen too"));
}

spdlog::log_clock::time_point at(int ms) {
  return spdlog::log_clock::time_point(std::chrono::hours(1000) + std::chrono::milliseconds(ms));
}

void log_at(const Logger& logger, int ms, const std::string& text) {
  logger->log(at(ms), spdlog::source_loc{}, spdlog::level::info, text);
}

TEST_F(LogTest, AFloodIsCutAndCounted) {
  LogOptions options;
  options.lines_per_second = 2;
  start(options);
  const Logger sip = factory_->room("sip");
  for (int i = 0; i < 5; ++i) log_at(sip, i, "line " + std::to_string(i));
  log_at(factory_->room("xmpp"), 5, "another room is unharmed");
  log_at(sip, 1000, "next second");
  EXPECT_THAT(finish(), testing::ElementsAre("info sip: line 0", "info sip: line 1",
                                             "info xmpp: another room is unharmed",
                                             "warning sip: event: log_lines_dropped, count: 3",
                                             "info sip: next second"));
}

TEST_F(LogTest, WhatWasDroppedIsToldAtTheEnd) {
  LogOptions options;
  options.lines_per_second = 1;
  start(options);
  Logger sip = factory_->room("sip");
  for (int i = 0; i < 3; ++i) log_at(sip, i, "line");
  sip.reset();  // the sink lives as long as its last logger
  EXPECT_THAT(finish(), testing::ElementsAre("info sip: line",
                                             "warning sip: event: log_lines_dropped, count: 2"));
}

TEST_F(LogTest, AClockSetBackDoesNotSilenceARoom) {
  LogOptions options;
  options.lines_per_second = 1;
  start(options);
  const Logger sip = factory_->room("sip");
  log_at(sip, 3'600'000, "before");
  log_at(sip, 0, "after");
  EXPECT_THAT(finish(), testing::ElementsAre("info sip: before", "info sip: after"));
}

TEST(NullLogger, SaysNothing) {
  testing::internal::CaptureStderr();
  null_logger()->error("unseen");
  EXPECT_EQ(testing::internal::GetCapturedStderr(), "");
}

}  // namespace
}  // namespace commd::base
