#include "clients/commctl/complete.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "clients/commctl/commands.h"

namespace commd::commctl {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::Not;

class FakeLookup final : public Lookup {
 public:
  std::vector<Candidate> accounts() override {
    return {{"alice@example.org", "online"}, {"work", "failed"}, {"sip:bob@example.org", ""}};
  }
  std::vector<Candidate> contacts() override {
    return {{"xmpp:bob@example.org", "Bob"}, {"xmpp:carol@example.org", ""}};
  }
  std::vector<Candidate> people() override { return {{"Bob Marley", ""}}; }
  std::vector<Candidate> rooms() override { return {{"xmpp:tea@conference.example.org", "Tea"}}; }
  std::vector<Candidate> live_calls() override { return {{"4f2a", "active"}}; }
  std::vector<Candidate> ended_calls() override { return {{"77c1", "ended"}}; }
  std::vector<Candidate> captures() override { return {{"pulse:mic", ""}}; }
  std::vector<Candidate> playbacks() override { return {{"pulse:speaker", ""}}; }
};

std::vector<std::string> offered(const std::vector<std::string>& words) {
  static const std::vector<Command> commands = all_commands();
  FakeLookup lookup;
  std::vector<std::string> found;
  for (const Candidate& candidate : completions(commands, words, lookup))
    found.push_back(candidate.word);
  return found;
}

TEST(Completion, OffersCommands) {
  EXPECT_THAT(offered({""}), Contains("status"));
  EXPECT_THAT(offered({"cal"}), ElementsAre("calls", "call"));
  EXPECT_THAT(offered({"account", "en"}), ElementsAre("enable"));
  EXPECT_THAT(offered({"nonsense", ""}), IsEmpty());
  EXPECT_THAT(offered({"he"}), ElementsAre("help"));
  EXPECT_THAT(offered({"help", "calls", "sh"}), ElementsAre("show"));
}

TEST(Completion, OffersOptionsOfTheCommand) {
  EXPECT_THAT(offered({"call", "--c"}), ElementsAre("--capture"));
  EXPECT_THAT(offered({"status", "--"}), Not(Contains("--capture")));
  EXPECT_THAT(offered({"--j"}), ElementsAre("--json"));
  EXPECT_THAT(offered({"call", "--", "--c"}), IsEmpty());
}

TEST(Completion, AsksTheDaemon) {
  EXPECT_THAT(offered({"account", "show", ""}),
              ElementsAre("alice@example.org", "work", "sip:bob@example.org"));
  EXPECT_THAT(offered({"account", "show", "bo"}), ElementsAre("bob@example.org"));
  EXPECT_THAT(offered({"account", "show", "s"}), ElementsAre("sip:bob@example.org"));
  EXPECT_THAT(offered({"call", "x", "--from=bo"}), ElementsAre("--from=bob@example.org"));
  EXPECT_THAT(offered({"contact", "show", "b"}), ElementsAre("bob@example.org"));
  EXPECT_THAT(offered({"presence", "set", "a"}), ElementsAre("available", "away"));
  EXPECT_THAT(offered({"calls", "hold", "4"}), ElementsAre("4f2a"));
  EXPECT_THAT(offered({"calls", "show", ""}), ElementsAre("4f2a", "77c1"));
  EXPECT_THAT(offered({"call", "bob", "--from", "w"}), ElementsAre("work"));
  EXPECT_THAT(offered({"call", "bob", "--from=w"}), ElementsAre("--from=work"));
  EXPECT_THAT(offered({"call", "--capture", "p"}), ElementsAre("pulse:mic"));
}

TEST(Completion, KnowsSettingsAndStates) {
  EXPECT_THAT(offered({"account", "set", "work", "enc"}), ElementsAre("encryption="));
  EXPECT_THAT(offered({"account", "set", "work", "a=b", "encryption="}),
              ElementsAre("encryption=required", "encryption=preferred", "encryption=off"));
  EXPECT_THAT(offered({"call", "bob", "--set", "stun"}), IsEmpty());
  EXPECT_THAT(offered({"wait", "call", "4f2a", "--for=state=h"}), ElementsAre("--for=state=held"));
  EXPECT_THAT(offered({"wait", "account", "work", "--for", "state=o"}),
              ElementsAre("state=online"));
  EXPECT_THAT(offered({"wait", "account", "w"}), ElementsAre("work"));
}

TEST(Completion, LeavesFilesToTheShell) {
  EXPECT_THAT(offered({"calls", "play", "4f2a", "x"}), ElementsAre(files_marker));
  EXPECT_THAT(offered({"--socket", "x"}), ElementsAre(files_marker));
}

TEST(Completion, StopsAfterTheLastWord) {
  EXPECT_THAT(offered({"account", "show", "work", ""}), IsEmpty());
  EXPECT_THAT(offered({"status", ""}), IsEmpty());
  EXPECT_THAT(offered({}), Contains("status"));
}

}  // namespace
}  // namespace commd::commctl
