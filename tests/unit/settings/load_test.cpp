#include "daemon/settings/load.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <algorithm>
#include <sstream>

#include "daemon/settings/keys.h"
#include "tests/support/temp_folder.h"

namespace commd::settings {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::StartsWith;

std::vector<std::string> messages(const Loaded& loaded) {
  std::vector<std::string> messages;
  for (const base::Error& error : loaded.errors) messages.push_back(error.message);
  return messages;
}

std::vector<std::string> mistakes(const std::string& toml) {
  return messages(parse_settings(toml, "c.toml"));
}

TEST(Load, AnEmptyFileIsTheDefaults) {
  const Loaded loaded = parse_settings("", "c.toml");
  EXPECT_TRUE(loaded.errors.empty());
  EXPECT_EQ(loaded.settings, Settings{});
  EXPECT_EQ(loaded.settings.sip.local_port, 5060);
  EXPECT_EQ(loaded.settings.media.rtp_ports, (PortRange{20000, 29999}));
  EXPECT_EQ(loaded.settings.media.jitter, (JitterRange{0, 400}));
  EXPECT_EQ(loaded.settings.media.lost_ends_call_s, 300U);
}

TEST(Load, ReadsWhatIsWritten) {
  const Loaded loaded = parse_settings(R"(
[sip]
local_port = 0
local_listen = ["192.0.2.7"]
[audio]
capture = "tone:440"
playback = "file:/tmp/heard.wav"
gain_control = false
[log]
json = true
[media]
rtp_ports = "30000-30099"
)",
                                       "c.toml");
  EXPECT_THAT(messages(loaded), ElementsAre());
  Settings wanted;
  wanted.sip.local_port = 0;
  wanted.sip.local_listen = {"192.0.2.7"};
  wanted.audio.capture = {model::AudioSource::Kind::tone, 440, "", false};
  wanted.audio.playback = {model::AudioSink::Kind::file, "/tmp/heard.wav"};
  wanted.audio.gain_control = false;
  wanted.log.json = true;
  wanted.media.rtp_ports = {30000, 30099};
  EXPECT_EQ(loaded.settings, wanted);
}

TEST(Load, TellsAllMistakesInTheirOrder) {
  EXPECT_THAT(
      mistakes("[sip]\n"
               "local_prot = 5060\n"
               "  local_port = 70000\n"
               "[sipp]\n"
               "x = 1\n"
               "[log]\n"
               "level = 3\n"
               "capture = \"none\"\n"),
      ElementsAre("c.toml:2:1: there is no key \"sip.local_prot\"; did you mean "
                  "\"sip.local_port\"?",
                  "c.toml:3:3: sip.local_port is 70000, but must be a whole number from 0 to "
                  "65535 (0 = any free port)",
                  "c.toml:4:2: there is no section [sipp]; did you mean \"sip\"?",
                  "c.toml:7:1: log.level is 3, but must be \"trace\", \"debug\", \"info\", "
                  "\"warn\", \"error\" or \"off\"",
                  "c.toml:8:1: there is no key \"log.capture\"; did you mean "
                  "\"audio.capture\"?"));
}

TEST(Load, KeepsTheRightKeysBesideTheWrongOnes) {
  const Loaded loaded = parse_settings("[limits]\ncalls = 0\nringing = 3\n", "c.toml");
  ASSERT_EQ(loaded.errors.size(), 1U);
  EXPECT_EQ(loaded.errors[0].reason, "CONFIG_BAD_VALUE");
  EXPECT_EQ(loaded.errors[0].details.at("key"), "limits.calls");
  EXPECT_EQ(loaded.errors[0].details.at("line"), "2");
  EXPECT_EQ(loaded.settings.limits.calls, 200U);
  EXPECT_EQ(loaded.settings.limits.ringing, 3U);
}

TEST(Load, TellsWhereTheSyntaxIsWrong) {
  const Loaded loaded = parse_settings("[sip]\nlocal_port = = 1\n", "c.toml");
  ASSERT_EQ(loaded.errors.size(), 1U);
  EXPECT_EQ(loaded.errors[0].reason, "CONFIG_SYNTAX");
  EXPECT_THAT(loaded.errors[0].message, StartsWith("c.toml:2:"));
  EXPECT_THAT(mistakes("[{ip]\n"), ElementsAre(StartsWith("c.toml:1:")));
  EXPECT_THAT(mistakes("[sip]\nlocal_port = 1\nlocal_port = 2\n"),
              ElementsAre(StartsWith("c.toml:3:")));
}

TEST(Load, SectionsAreSectionsAndKeysAreInThem) {
  EXPECT_THAT(mistakes("sip = 5\n"),
              ElementsAre("c.toml:1:1: sip is a section: write it as [sip]"));
  EXPECT_THAT(mistakes("[[sip]]\nlocal_port = 1\n"), ElementsAre(HasSubstr("is a section")));
  EXPECT_THAT(mistakes("local_port = 1\n"),
              ElementsAre("c.toml:1:1: there is no key \"local_port\"; did you mean "
                          "\"sip.local_port\"?"));
  EXPECT_THAT(mistakes("[sip.local_port]\n"), ElementsAre(HasSubstr("sip.local_port is a table")));
  EXPECT_THAT(mistakes("[api]\ntcp = \"0.0.0.0:50051\"\n"),
              ElementsAre("c.toml:2:1: there is no key \"api.tcp\""));
}

TEST(Load, NamesFromTheFileAreEscaped) {
  EXPECT_THAT(mistakes("[sip]\n\"a\\u001b\\nb\" = 1\n"),
              ElementsAre("c.toml:2:1: there is no key \"sip.a\\x1b\\nb\""));
}

TEST(Load, HostileNestingIsRefused) {
  std::string dots = "a";
  for (int i = 0; i < 20'000; ++i) dots += ".a";
  EXPECT_THAT(mistakes("\n" + dots + " = 1\n"),
              ElementsAre("c.toml:2:34: too many dots in one line"));
  EXPECT_EQ(mistakes("a = " + std::string(20'000, '[')).size(), 1U);
  std::string tables = "a = ";
  for (int i = 0; i < 10'000; ++i) tables += "{a=";
  EXPECT_EQ(mistakes(tables).size(), 1U);
  // Dots in comments are nobody's business.
  EXPECT_THAT(mistakes("# " + std::string(500, '.') + "\n"), ElementsAre());
}

TEST(Load, WhatTheParserCannotStandIsRefusedBefore) {
  EXPECT_THAT(mistakes("\n\xC8\xB3!\n"),
              ElementsAre("c.toml:2:1: a character that is not ASCII, outside of quotation marks"));
  EXPECT_THAT(mistakes("[sip]\nuser_agent = \"\"\"x\"\"\"\n"),
              ElementsAre(StartsWith("c.toml:2:14: strings of several lines")));
  EXPECT_THAT(mistakes("[sip]\nuser_agent = '''x'''\n"),
              ElementsAre(StartsWith("c.toml:2:14: strings of several lines")));
}

TEST(Load, StringsAndCommentsMayHaveAnything) {
  const Loaded loaded = parse_settings(
      "\xEF\xBB\xBF# gr\xC3\xBC\xC3\x9F \"\"\" ...\n[audio] # \xE2\x82\xAC\n"
      "capture = \"pulse:B\xC3\xBCro \\\"1\\\\\"  # \xC3\xBC\n"
      "playback = 'pulse:\xC3\xA4\\' # \xC3\xA4\nring = "
      "\"pulse:#................................\"\n",
      "c.toml");
  EXPECT_THAT(messages(loaded), ElementsAre());
  EXPECT_EQ(loaded.settings.audio.capture.name, "B\xC3\xBCro \"1\\");
  EXPECT_EQ(loaded.settings.audio.playback.name, "\xC3\xA4\\");
}

TEST(Load, TooLongFilesAreRefused) {
  EXPECT_THAT(mistakes(std::string(longest_file, '\n')), ElementsAre());
  EXPECT_THAT(mistakes(std::string(longest_file + 1, '\n')), ElementsAre(HasSubstr("65536 bytes")));
}

TEST(Load, ReadsFilesAndSaysWhyItCannot) {
  const test::TempFolder temp;
  test::write_file(temp / "c.toml", "[sip]\nlocal_port = 7\n");
  EXPECT_EQ(load_settings(temp / "c.toml").settings.sip.local_port, 7);
  EXPECT_TRUE(load_settings("").errors.empty());
  const auto missing = messages(load_settings(temp / "missing.toml"));
  EXPECT_THAT(missing, ElementsAre(HasSubstr("missing.toml: No such file")));
  EXPECT_THAT(messages(load_settings(temp.path())), ElementsAre(HasSubstr("not a regular file")));
  ASSERT_EQ(::mkfifo((temp / "fifo").c_str(), 0600), 0);
  EXPECT_THAT(messages(load_settings(temp / "fifo")), ElementsAre(HasSubstr("not a regular")));
  test::write_file(temp / "long.toml", std::string(longest_file + 1, '\n'));
  EXPECT_THAT(messages(load_settings(temp / "long.toml")), ElementsAre(HasSubstr("65536 bytes")));
}

TEST(ConfigExample, SaysExactlyTheDefaults) {
  const Loaded loaded = load_settings(COMMD_CONFIG_EXAMPLE);
  EXPECT_THAT(messages(loaded), ElementsAre());
  EXPECT_EQ(loaded.settings, Settings{});
}

TEST(ConfigExample, HasEveryKeyWithItsDefaultAndRestartMark) {
  // section.key of each assignment, with its value and the comment above it.
  std::istringstream file(test::read_file(COMMD_CONFIG_EXAMPLE));
  std::string section;
  std::string comment;
  bool after_key = false;
  std::vector<std::string> found;
  for (std::string line; std::getline(file, line);) {
    if (line.empty()) {
      comment.clear();
    } else if (line[0] == '[') {
      section = line.substr(1, line.find(']') - 1);
      comment.clear();
    } else if (line[0] == '#') {
      if (after_key) comment.clear();
      comment += line;
      after_key = false;
    } else {
      const std::string name = section + "." + line.substr(0, line.find(' '));
      const Key* const key = find_key(name);
      ASSERT_NE(key, nullptr) << name;
      EXPECT_EQ(line.substr(line.find('=') + 2), key->text(Settings{})) << name;
      EXPECT_FALSE(comment.empty()) << name << " is not explained";
      EXPECT_EQ(comment.find("[restart]") != std::string::npos, key->applies == Applies::at_restart)
          << name;
      found.push_back(name);
      after_key = true;
    }
  }
  std::vector<std::string> all;
  for (const Key& key : keys()) all.emplace_back(key.name);
  EXPECT_EQ(found, all);
}

}  // namespace
}  // namespace commd::settings
