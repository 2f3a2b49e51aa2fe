#include "clients/commctl/arguments.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "clients/commctl/commands.h"

namespace commd::commctl {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

class Parsing : public testing::Test {
 protected:
  Arguments good(const std::vector<std::string>& line) { return parse(commands_, line); }

  std::string mistake(const std::vector<std::string>& line) {
    try {
      parse(commands_, line);
    } catch (const UsageError& error) {
      return error.what();
    }
    return "no mistake";
  }

  const std::vector<Command> commands_ = all_commands();
};

TEST_F(Parsing, FindsCommandsOfOneAndTwoWords) {
  EXPECT_EQ(good({"status"}).command->name, "status");
  EXPECT_EQ(good({"calls", "list"}).command->name, "calls list");
}

TEST_F(Parsing, TakesOptionsAnywhere) {
  const Arguments a =
      good({"--json", "call", "bob@x", "--from=work", "--socket", "/s", "--timeout=5"});
  EXPECT_EQ(a.command->name, "call");
  EXPECT_THAT(a.words, ElementsAre("bob@x"));
  EXPECT_TRUE(a.has("--json"));
  EXPECT_EQ(a.value("--from"), "work");
  EXPECT_EQ(a.value("--socket"), "/s");
  EXPECT_EQ(good({"--from=work", "call", "bob@x"}).value("--from"), "work");
  EXPECT_TRUE(good({"-q", "status"}).has("--quiet"));
}

TEST_F(Parsing, CollectsRepeatedOptions) {
  const Arguments a = good({"call", "b", "--set", "ice=on", "--set=codecs=opus"});
  EXPECT_THAT(a.options.at("--set"), ElementsAre("ice=on", "codecs=opus"));
}

TEST_F(Parsing, TwoDashesEndTheOptions) {
  EXPECT_THAT(good({"call", "--", "--from"}).words, ElementsAre("--from"));
}

TEST_F(Parsing, AskingForHelpNeedsNothingElse) {
  EXPECT_TRUE(good({"call", "--help"}).has("--help"));
  EXPECT_EQ(good({"calls", "-h"}).group, "calls");
  EXPECT_EQ(good({}).command, nullptr);
}

TEST_F(Parsing, NamesTheNearestWord) {
  EXPECT_THAT(mistake({"stauts"}), HasSubstr("Did you mean \"status\"?"));
  EXPECT_THAT(mistake({"account", "ad"}), HasSubstr("Did you mean \"add\"?"));
  EXPECT_THAT(mistake({"status", "--jsn"}), HasSubstr("Did you mean \"--json\"?"));
  EXPECT_THAT(mistake({"expound"}), HasSubstr("unknown command \"expound\""));
  EXPECT_THAT(mistake({"calls", "lists"}), HasSubstr("\"list\""));
}

TEST_F(Parsing, TellsWhatIsAgreedOnButNotThereYet) {
  for (const std::string_view planned : planned_commands()) {
    std::vector<std::string> line;
    const size_t blank = planned.find(' ');
    line.emplace_back(planned.substr(0, blank));
    if (blank != std::string_view::npos) line.emplace_back(planned.substr(blank + 1));
    line.emplace_back("sip:bob@example.org");
    EXPECT_THAT(mistake(line), HasSubstr("\" is not available yet")) << planned;
  }
}

TEST_F(Parsing, TakesHelpInFrontOfACommand) {
  EXPECT_EQ(good({"--socket", "/s", "help", "calls", "show"}).command->name, "calls show");
  EXPECT_TRUE(good({"help", "call"}).has("--help"));
  EXPECT_EQ(good({"calls", "help"}).group, "calls");
  EXPECT_TRUE(good({"calls", "help"}).has("--help"));
  EXPECT_THAT(good({"call", "help"}).words, ElementsAre("help"));
}

// "commctl calls hangup $id" with $id unset must not hang up another call.
TEST_F(Parsing, RefusesEmptyWordsAndValues) {
  EXPECT_THAT(mistake({"calls", "hangup", ""}), HasSubstr("CALL is empty"));
  EXPECT_THAT(mistake({"calls", "dtmf", "x", ""}), HasSubstr("DIGITS is empty"));
  EXPECT_THAT(mistake({"call", "bob", "--from", ""}), HasSubstr("--from is empty"));
  EXPECT_THAT(mistake({"call", "bob", "--from="}), HasSubstr("--from is empty"));
  EXPECT_EQ(good({"watch", "--from", ""}).value("--from"), "");
}

TEST_F(Parsing, RefusesWhatTheApiCannotCarry) {
  EXPECT_THAT(mistake({"call", "b\xff@x"}), HasSubstr("UTF-8"));
  EXPECT_EQ(good({"call", "zoë@x"}).words[0], "zoë@x");
}

TEST_F(Parsing, SaysWhatIsMissingOrTooMuch) {
  EXPECT_THAT(mistake({"call"}), HasSubstr("ADDRESS is missing"));
  EXPECT_THAT(mistake({"calls", "dtmf", "c1"}), HasSubstr("DIGITS is missing"));
  EXPECT_THAT(mistake({"status", "now"}), HasSubstr("too many words"));
  EXPECT_THAT(mistake({"call", "b", "--from"}), HasSubstr("wants a value"));
  EXPECT_THAT(mistake({"status", "--json=yes"}), HasSubstr("takes no value"));
  EXPECT_THAT(mistake({"call", "b", "--from", "x", "--from", "y"}), HasSubstr("more than once"));
}

TEST(Nearest, IsSilentWhenNothingIsNear) {
  EXPECT_EQ(nearest("zzz", {"call", "calls"}), "");
  EXPECT_EQ(nearest("dtfm", {"dtmf", "hold"}), "dtmf");
  EXPECT_EQ(nearest("trans", {"transfer", "stats"}), "transfer");
  EXPECT_EQ(nearest(std::string(100000, 'x'), {"call"}), "");
}

TEST(Commands, AreCompleteInEveryPart) {
  for (const Command& command : all_commands()) {
    SCOPED_TRACE(command.name);
    EXPECT_NE(command.run, nullptr);
    EXPECT_FALSE(command.summary.empty());
    EXPECT_FALSE(command.summary.ends_with('.'));
    EXPECT_FALSE(command.examples.empty());
    for (const Example& example : command.examples)
      EXPECT_THAT(std::string(example.line), HasSubstr(std::string(command.name)));
    for (const Option& option : command.options) EXPECT_FALSE(option.help.empty()) << option.name;
  }
}

}  // namespace
}  // namespace commd::commctl
