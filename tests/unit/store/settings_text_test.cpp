#include "daemon/store/settings_text.h"

#include <algorithm>

#include "tests/unit/store/store_fixture.h"

namespace commd::store {
namespace {

const std::string header = "commd-settings 1\n";

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  for (size_t at = 0; at < text.size();) {
    const size_t end = text.find('\n', at);
    lines.push_back(text.substr(at, end - at));
    at = end + 1;
  }
  return lines;
}

TEST(SettingsText, KeepsEverySetting) {
  const auto settings = full_account("a").settings;
  const auto decoded = decode_settings(encode_settings(settings, ""));
  ASSERT_TRUE(decoded);
  EXPECT_EQ(decoded->settings, settings);
  EXPECT_EQ(decoded->unknown_lines, "");
}

// The test above proves nothing about a setting that has its default.
TEST(SettingsText, IsTestedWithSettingsThatAllDifferFromTheirDefaults) {
  const auto full = lines_of(encode_settings(full_account("a").settings, ""));
  const auto plain = lines_of(encode_settings({}, ""));
  ASSERT_EQ(full.size(), plain.size());
  for (size_t i = 1; i < full.size(); ++i) EXPECT_NE(full[i], plain[i]);
}

TEST(SettingsText, GivesAMissingSettingItsDefault) {
  const auto decoded = decode_settings(header + "server=s.example.org\n");
  ASSERT_TRUE(decoded);
  model::AccountSettings expected;
  expected.server = "s.example.org";
  EXPECT_EQ(decoded->settings, expected);
}

TEST(SettingsText, TellsAnEmptyListFromAMissingOneAndFromAnEmptyElement) {
  EXPECT_THAT(decode_settings(header + "codecs=\n")->settings.codecs, testing::IsEmpty());
  EXPECT_THAT(decode_settings(header + "codecs=;\n")->settings.codecs, testing::ElementsAre(""));
  EXPECT_THAT(decode_settings(header)->settings.codecs, testing::SizeIs(4));
}

TEST(SettingsText, WritesUnknownKeysBackAsTheyWere) {
  const std::string unknown = "video=on\nroom.theme=a\\nb\n";
  const auto decoded = decode_settings(header + "stun=s\n" + unknown);
  ASSERT_TRUE(decoded);
  EXPECT_EQ(decoded->unknown_lines, unknown);
  EXPECT_TRUE(encode_settings(decoded->settings, decoded->unknown_lines).ends_with("\n" + unknown));
}

struct Refused {
  const char* text;
  const char* reason;
};
class SettingsTextRefuses : public testing::TestWithParam<Refused> {};

TEST_P(SettingsTextRefuses, TextThatIsNotItsOwn) {
  const auto decoded = decode_settings(GetParam().text);
  ASSERT_FALSE(decoded);
  EXPECT_EQ(decoded.error().reason, GetParam().reason);
  EXPECT_EQ(decoded.error().code, base::Code::failed_precondition);
}

INSTANTIATE_TEST_SUITE_P(
    All, SettingsTextRefuses,
    testing::Values(Refused{"", "STORE_DAMAGED"}, Refused{"stun=x\n", "STORE_DAMAGED"},
                    Refused{"commd-settings 2\n", "STORE_NEWER_VERSION"},
                    Refused{"commd-settings 1", "STORE_NEWER_VERSION"},
                    Refused{"commd-settings 1\nstun=x", "STORE_DAMAGED"},
                    Refused{"commd-settings 1\nstun\n", "STORE_DAMAGED"},
                    Refused{"commd-settings 1\n=x\n", "STORE_DAMAGED"},
                    Refused{"commd-settings 1\nstun=x\nstun=y\n", "STORE_DAMAGED"},
                    Refused{"commd-settings 1\nencryption=quantum\n", "STORE_NEWER_VERSION"},
                    Refused{"commd-settings 1\nregister=1\n", "STORE_NEWER_VERSION"},
                    Refused{"commd-settings 1\nkeepalive_s=-1\n", "STORE_NEWER_VERSION"},
                    Refused{"commd-settings 1\nkeepalive_s=99999999999\n", "STORE_NEWER_VERSION"},
                    Refused{"commd-settings 1\nstun=a;b\n", "STORE_NEWER_VERSION"},
                    Refused{"commd-settings 1\nstun=a\\\n", "STORE_NEWER_VERSION"},
                    Refused{"commd-settings 1\nstun=a\\x\n", "STORE_NEWER_VERSION"},
                    Refused{"commd-settings 1\ncodecs=opus\n", "STORE_NEWER_VERSION"}));

}  // namespace
}  // namespace commd::store
