#include "daemon/core/dial_plan.h"

#include "tests/unit/core/core_fixture.h"

namespace commd::core {
namespace {

class DialPlanTest : public CoreFixture {
 protected:
  void SetUp() override { start(); }
  std::string dialled(const std::string& address, const std::string& from = {}) {
    const auto target = dial(core->accounts(), address, from);
    if (!target) return target.error().reason;
    return target->account.str() + " " + target->uri;
  }
};

TEST_F(DialPlanTest, TheLocalAccountTakesLoopbackAndItsServices) {
  EXPECT_EQ(dialled("echo"), "local sip:echo@localhost");
  EXPECT_EQ(dialled("sip:echo@127.0.0.1:5060"), "local sip:echo@127.0.0.1:5060");
  EXPECT_EQ(dialled("sip:x@[::1]:5060"), "local sip:x@[::1]:5060");
  EXPECT_EQ(dialled("local@localhost"), "local sip:local@localhost");
}

TEST_F(DialPlanTest, WithoutAnAccountItSaysHowToAddOne) {
  EXPECT_EQ(dialled("sip:bob@example.org"), "NO_ACCOUNT");
}

TEST_F(DialPlanTest, TheOnlyAccountIsTaken) {
  add_account("sip:alice@example.org");
  EXPECT_EQ(dialled("sip:bob@example.net"), "sip:alice@example.org sip:bob@example.net");
  EXPECT_EQ(dialled("bob@example.net"), "sip:alice@example.org sip:bob@example.net");
  EXPECT_EQ(dialled("tel:+49-30-1234"),
            "sip:alice@example.org sip:+49301234@example.org;user=phone");
  EXPECT_EQ(dialled("+49 30 1234"), "sip:alice@example.org sip:+49301234@example.org;user=phone");
  EXPECT_EQ(dialled("110"), "sip:alice@example.org sip:110@example.org");
  EXPECT_EQ(dialled("bob"), "sip:alice@example.org sip:bob@example.org");
}

TEST_F(DialPlanTest, WhereOnlyXmppCanItDoes) {
  start({}, true);
  add_account("xmpp:carol@example.com");
  EXPECT_EQ(dialled("bob@example.net"), "xmpp:carol@example.com xmpp:bob@example.net");
  EXPECT_EQ(dialled("sip:bob@example.net"), "NO_ACCOUNT");
  EXPECT_EQ(dialled("echo@localhost"), "local sip:echo@localhost");
  add_account("sip:alice@example.org");
  EXPECT_EQ(dialled("bob@example.net"), "sip:alice@example.org sip:bob@example.net");
  EXPECT_EQ(dialled("bob@example.net", "xmpp:carol@example.com"),
            "xmpp:carol@example.com xmpp:bob@example.net");
  EXPECT_EQ(dialled("xmpp:bob@example.net"), "xmpp:carol@example.com xmpp:bob@example.net");
}

TEST_F(DialPlanTest, OfSeveralTheDefaultElseTheChoices) {
  add_account("sip:alice@example.org");
  add_account("sip:alice@example.net");
  const auto target = dial(core->accounts(), "sip:bob@example.org", {});
  ASSERT_FALSE(target);
  EXPECT_EQ(target.error().reason, "ACCOUNT_REQUIRED");
  EXPECT_EQ(target.error().details.at("choices"), "sip:alice@example.net sip:alice@example.org");
  EXPECT_EQ(dialled("sip:bob@example.org", "alice@example.net"),
            "sip:alice@example.net sip:bob@example.org");
  EXPECT_EQ(dialled("sip:bob@example.org", "alice"), "AMBIGUOUS");
  model::AccountSettings settings;
  settings.is_default = true;
  add_account("sip:boss@example.com", settings);
  EXPECT_EQ(dialled("sip:bob@example.org"), "sip:boss@example.com sip:bob@example.org");
}

TEST_F(DialPlanTest, AnAccountThatIsNotOnlineSaysWhy) {
  add_account("sip:alice@example.org");
  core->account_report(
      model::AccountId("sip:alice@example.org"),
      {model::AccountState::failed, "WRONG_PASSWORD", "the password is wrong", {}, {}});
  const auto target = dial(core->accounts(), "sip:bob@example.org", {});
  ASSERT_FALSE(target);
  EXPECT_EQ(target.error().reason, "ACCOUNT_NOT_ONLINE");
  EXPECT_NE(target.error().message.find("the password is wrong"), std::string::npos);
}

TEST_F(DialPlanTest, NonsenseIsRefusedByName) {
  add_account("sip:alice@example.org");
  for (const std::string text : {"",
                                 "sip:",
                                 "sip:bob@",
                                 "a b@c",
                                 "tel:abc",
                                 "x<y>",
                                 "a\nb",
                                 "http://example.org",
                                 "sip:@example.org",
                                 "@example.org",
                                 "mailto:bob@example.org",
                                 "sip:[::1",
                                 "sip:bob@[::1",
                                 "sip:bob@example.org:99999",
                                 "sip:bob@a..b",
                                 "sips:::1]",
                                 "bob@[x]",
                                 "[::1",
                                 "host:5060",
                                 "sip:bob:secret@example.org",
                                 "sip:bob@example.org@example.net"}) {
    const auto target = dial(core->accounts(), text, {});
    ASSERT_FALSE(target) << text;
    EXPECT_EQ(target.error().details.at("field"), "address") << text;
  }
}

// A message is sent as UTF-8: no character of it is cut in two.
TEST_F(DialPlanTest, AMessageQuotesNoMoreThanItCanHold) {
  for (size_t lead = 0; lead < 4; ++lead) {
    std::string text(lead, 'x');
    while (text.size() < 2000) text += "\xE6\xBC\xA2";
    const auto target = dial(core->accounts(), text, {});
    ASSERT_FALSE(target);
    const std::string& message = target.error().message;
    EXPECT_LT(message.size(), 200U);
    const size_t dots = message.find("...");
    ASSERT_NE(dots, std::string::npos);
    EXPECT_EQ((dots - 1 - lead) % 3, 0U) << message;
  }
}

}  // namespace
}  // namespace commd::core
