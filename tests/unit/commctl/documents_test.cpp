// The help, the man page and the completion scripts name every command and option,
// and the files of the repository are what the program prints.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <sstream>

#include "clients/commctl/commands.h"
#include "clients/commctl/complete.h"
#include "clients/commctl/help.h"
#include "clients/commctl/man.h"

namespace commd::commctl {
namespace {

using testing::HasSubstr;

std::string file(const std::string& name) {
  std::ifstream stream(std::string(COMMD_CLIENTS_DIR) + "/" + name);
  std::stringstream text;
  text << stream.rdbuf();
  return text.str();
}

std::string as_roff(std::string_view text) {
  std::string out;
  for (const char c : text) out += c == '-' ? "\\-" : std::string(1, c);
  return out;
}

constexpr const char* how_to_mend = "run clients/scripts/generate COMMCTL";

TEST(Documents, CheckedInFilesAreCurrent) {
  EXPECT_EQ(file("man/commctl.1"), man_page(all_commands())) << how_to_mend;
  EXPECT_EQ(file("completions/commctl.bash"), completion_script("bash")) << how_to_mend;
  EXPECT_EQ(file("completions/_commctl"), completion_script("zsh")) << how_to_mend;
  EXPECT_EQ(file("completions/commctl.fish"), completion_script("fish")) << how_to_mend;
}

TEST(Documents, TheManPageNamesEverything) {
  const std::string page = man_page(all_commands());
  for (const Option& option : common_options())
    EXPECT_THAT(page, HasSubstr("\\fB" + as_roff(option.name) + "\\fR"));
  for (const Command& command : all_commands()) {
    EXPECT_THAT(page, HasSubstr(".SS \"" + as_roff(command.name)));
    for (const Option& option : command.options)
      EXPECT_THAT(page, HasSubstr("\\fB" + as_roff(option.name) + "\\fR"));
  }
}

TEST(Documents, NoLineOfTheManPageIsAStrayRequest) {
  std::istringstream page(man_page(all_commands()));
  for (std::string line; std::getline(page, line);) {
    EXPECT_FALSE(line.starts_with("'")) << line;
    if (!line.starts_with(".")) continue;
    EXPECT_TRUE(line.starts_with(".S") || line.starts_with(".T") || line.starts_with(".B") ||
                line.starts_with(".R") || line.starts_with(".PP") || line.starts_with(".nf") ||
                line.starts_with(".fi") || line.starts_with(".\\\""))
        << line;
  }
}

TEST(Documents, HelpShowsExamplesFirst) {
  for (const Command& command : all_commands()) {
    const std::string help = help_of(command);
    const size_t examples = help.find("Examples:");
    ASSERT_NE(examples, std::string::npos) << command.name;
    EXPECT_LT(examples, help.find("Usage:")) << command.name;
    for (const Option& option : command.options)
      EXPECT_THAT(help, HasSubstr(std::string(option.name)));
  }
}

TEST(Documents, HelpFitsAHundredColumns) {
  std::string all = overview(all_commands(), "") + overview(all_commands(), "calls");
  for (const Command& command : all_commands()) all += help_of(command);
  std::istringstream lines(all);
  for (std::string line; std::getline(lines, line);) EXPECT_LE(line.size(), 100u) << line;
}

TEST(Documents, TheOverviewNamesEveryNoun) {
  const std::string text = overview(all_commands(), "");
  for (const char* noun : {"status", "account ...", "call ", "listen", "calls ...", "watch", "wait",
                           "device ...", "completion"})
    EXPECT_THAT(text, HasSubstr(noun));
  EXPECT_THAT(overview(all_commands(), "calls"), HasSubstr("transfer"));
}

}  // namespace
}  // namespace commd::commctl
