#include "daemon/settings/suggest.h"

#include <gtest/gtest.h>

namespace commd::settings {
namespace {

TEST(EditDistance, CountsEdits) {
  EXPECT_EQ(edit_distance("", ""), 0U);
  EXPECT_EQ(edit_distance("", "abc"), 3U);
  EXPECT_EQ(edit_distance("abc", ""), 3U);
  EXPECT_EQ(edit_distance("kitten", "sitting"), 3U);
  EXPECT_EQ(edit_distance("port", "prot"), 2U);
  EXPECT_EQ(edit_distance("same", "same"), 0U);
}

TEST(Suggest, FindsNearKeys) {
  EXPECT_EQ(suggest_key("sip.local_prot"), "sip.local_port");
  EXPECT_EQ(suggest_key("sip.port"), std::nullopt);
  EXPECT_EQ(suggest_key("audio.echo_cancelation"), "audio.echo_cancellation");
  EXPECT_EQ(suggest_key("limits.call"), "limits.calls");
  EXPECT_EQ(suggest_key("retention.days"), std::nullopt);
  EXPECT_EQ(suggest_key("log.playback"), "audio.playback");  // the right word elsewhere
  EXPECT_EQ(suggest_key("sip.something_else"), std::nullopt);
}

TEST(Suggest, FindsNearSections) {
  EXPECT_EQ(suggest_section("limit"), "limits");
  EXPECT_EQ(suggest_section("Audio"), "audio");
  EXPECT_EQ(suggest_section("accounts"), std::nullopt);
}

TEST(Suggest, LongNamesAreNotCompared) {
  EXPECT_EQ(suggest_key("sip." + std::string(60'000, 'x')), std::nullopt);
  EXPECT_EQ(suggest_section(std::string(60'000, 'x')), std::nullopt);
}

}  // namespace
}  // namespace commd::settings
