// Moments on the command line, and the file of an export.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <stdlib.h>
#include <sys/stat.h>

#include <ctime>
#include <fstream>
#include <system_error>

#include "clients/commctl/arguments.h"
#include "clients/commctl/export_file.h"
#include "clients/commctl/when.h"
#include "tests/support/temp_folder.h"

namespace commd::commctl {
namespace {

using Begin = ExportFile::Begin;

// 2026-03-15 12:00:00 UTC, which is 13:00 in Berlin.
constexpr int64_t noon = 1'773'576'000;

class When : public testing::Test {
 protected:
  void SetUp() override { zone("UTC"); }
  void TearDown() override {
    ::unsetenv("TZ");
    ::tzset();
  }
  static void zone(const char* name) {
    ::setenv("TZ", name, 1);
    ::tzset();
  }
  // Relative to noon; "none" apart from all seconds.
  static std::string of(const std::string& text) {
    google::protobuf::Timestamp now;
    now.set_seconds(noon);
    const auto time = parse_when(text, now);
    return time ? std::to_string(time->seconds() - noon) : "none";
  }
};

TEST_F(When, TakesDatesAndTimes) {
  EXPECT_EQ(of("2026-03-15"), "-43200");
  EXPECT_EQ(of("2026-03-15 11:30"), "-1800");
  EXPECT_EQ(of("2026-03-15T11:30:01"), "-1799");
  EXPECT_EQ(of("2026-03-16"), "43200");
  EXPECT_EQ(of("11:00"), "-3600");
  EXPECT_EQ(of("11:00:30"), "-3570");
  EXPECT_EQ(of("today"), "-43200");
  EXPECT_EQ(of("yesterday"), std::to_string(-43200 - 86400));
}

TEST_F(When, TakesHowLongAgo) {
  EXPECT_EQ(of("30m"), "-1800");
  EXPECT_EQ(of("2h"), "-7200");
  EXPECT_EQ(of("7d"), std::to_string(-7 * 86400));
}

TEST_F(When, IsLocalUnlessItSaysOtherwise) {
  zone("Europe/Berlin");
  EXPECT_EQ(of("2026-03-15 12:00"), "-3600");
  EXPECT_EQ(of("2026-03-15T12:00:00Z"), "0");
  EXPECT_EQ(of("today"), "-46800");
  // Summer time begins on the 29th of March: that day's midnight is still winter's.
  EXPECT_EQ(of("2026-03-30"), std::to_string(15 * 86400 - 43200 - 7200));
}

TEST_F(When, NothingElse) {
  for (const char* text : {"", "soon", "7", "2026-02-31", "2026-13-01", "2026-03-15 25:00", "-1d",
                           "2026-03-15x", "12", "1x"})
    EXPECT_EQ(of(text), "none") << text;
}

std::string line(const std::string& id) {
  return R"({"id":")" + id +
         R"(","text":"hi"})"
         "\n";
}

class Export : public testing::Test {
 protected:
  std::string path() const { return (folder_ / "history.jsonl").string(); }
  std::string content() const { return test::read_file(path()); }
  void holds(const std::string& text) const { test::write_file(path(), text); }
  std::string refusal() const {
    try {
      ExportFile file(path(), Begin::where_it_ended);
    } catch (const UsageError& error) {
      return error.what();
    }
    return "";
  }
  test::TempFolder folder_;
};

TEST_F(Export, IsForOneselfAndNeverOverAnother) {
  {
    ExportFile file(path(), Begin::anew);
    EXPECT_EQ(file.last_id(), "");
    file.write(line("m1") + line("m2"));
    file.close();
  }
  EXPECT_EQ(content(), line("m1") + line("m2"));
  struct stat status {};
  ASSERT_EQ(::stat(path().c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777, 0600u);
  EXPECT_THROW(ExportFile(path(), Begin::anew), UsageError);
}

TEST_F(Export, GoesOnAfterTheLastWholeLine) {
  holds(line("m1") + line("m2") + R"({"id":"m3","te)");
  ExportFile file(path(), Begin::where_it_ended);
  EXPECT_EQ(file.last_id(), "m2");
  file.write(line("m3"));
  EXPECT_EQ(content(), line("m1") + line("m2") + line("m3"));
}

TEST_F(Export, GoesOnFromNothing) {
  EXPECT_EQ(ExportFile(path(), Begin::where_it_ended).last_id(), "");
  holds(R"({"id":"m1","te)");
  EXPECT_EQ(ExportFile(path(), Begin::where_it_ended).last_id(), "");
  EXPECT_EQ(content(), "");
}

TEST_F(Export, FindsTheEndBehindALineOfTheGreatestLength) {
  std::string longest = line("m2");
  longest.insert(longest.find("hi"), std::string(400'000, 'x'));
  holds(line("m1") + longest);
  EXPECT_EQ(ExportFile(path(), Begin::where_it_ended).last_id(), "m2");
}

TEST_F(Export, LeavesOtherFilesAlone) {
  for (const char* other :
       {"a letter\nof mine\n", "no line at all", "{\"name\": 1}\n", "{\"name\""}) {
    holds(other);
    EXPECT_THAT(refusal(), testing::HasSubstr("is no export")) << other;
    EXPECT_EQ(content(), other);
  }
}

TEST_F(Export, TellsWhatTheDiskSays) {
  EXPECT_THROW(ExportFile((folder_ / "no/such/folder").string(), Begin::anew), std::system_error);
}

}  // namespace
}  // namespace commd::commctl
