#include "daemon/core/service_book.h"

#include "tests/unit/core/contacts_fixture.h"

namespace commd::core {
namespace {

using namespace std::chrono_literals;
using model::CommandAction;
using model::CommandStatus;
using model::CommandStep;
using model::FieldType;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

// Answers when the test says so, with what it says.
struct FakeServices final : ports::Services {
  void list_services(const model::AccountId& account, const std::string& address,
                     Done<std::vector<model::Service>> done) override {
    asked.push_back("services " + account.str() + " " + address);
    done(std::vector<model::Service>{});
  }
  void list_commands(const model::AccountId& account, const std::string& address,
                     Done<std::vector<model::Command>> done) override {
    asked.push_back("commands " + account.str() + " " + address);
    done(std::vector<model::Command>{});
  }
  void run_command(const model::AccountId&, ports::CommandRequest request,
                   Done<CommandStep> done) override {
    requests.push_back(request);
    waiting.push_back(std::move(done));
  }
  void get_registration(const model::AccountId&, const std::string& address,
                        Done<ports::RegistrationAsked> done) override {
    asked.push_back("registration " + address);
    done(registration);
  }
  void do_register(const model::AccountId&, const std::string& address,
                   ports::RegistrationAsked filled, Done<void> done) override {
    asked.push_back("register " + address);
    registered = std::move(filled);
    done({});
  }
  void unregister(const model::AccountId&, const std::string& address, Done<void> done) override {
    asked.push_back("unregister " + address);
    done({});
  }
  void server_time(const model::AccountId&, Done<base::WallTime> done) override {
    done(base::WallTime{});
  }
  void show_presence(const model::AccountId&, const std::string& address, bool available,
                     Done<void> done) override {
    asked.push_back((available ? "in " : "out ") + address);
    done({});
  }
  std::vector<std::string> asked;
  std::vector<ports::CommandRequest> requests;
  std::vector<Done<CommandStep>> waiting;
  ports::RegistrationAsked registration, registered;
};

class ServiceBookTest : public ContactsFixture {
 protected:
  ServiceBook& book() { return *book_; }
  void SetUp() override {
    ContactsFixture::SetUp();
    book_ = std::make_unique<ServiceBook>(
        core->accounts(), ServicesByProtocol{{model::Protocol::xmpp, &services}}, timers);
  }
  static CommandStep asking(const std::string& session = "theirs") {
    CommandStep step;
    step.session = session;
    step.actions = {CommandAction::next, CommandAction::complete};
    step.default_action = CommandAction::next;
    step.form.emplace();
    step.form->fields = {{"way", FieldType::hidden, {}, {}, false, {"kept"}},
                         {"dish", FieldType::list_single, {}, {}, true, {}, {{"soup", ""}}}};
    return step;
  }
  static model::DataForm answers(const std::string& name, const std::string& value) {
    model::DataForm form;
    form.fields.push_back({name, FieldType::unspecified, {}, {}, false, {value}});
    return form;
  }
  void run(ServiceBook::Step step) {
    last.reset();
    book().run_command(step, [this](auto result) { last = std::move(result); });
  }
  // Begins one; gives our session.
  std::string begin() {
    run({{"", "kitchen.example.org"}, "order", {}, {}, {}});
    services.waiting.back()(asking());
    EXPECT_TRUE(last && *last);
    return last && *last ? (*last)->session : std::string();
  }
  std::string reason() const { return !last ? "waits" : *last ? "done" : last->error().reason; }

  FakeServices services;
  std::unique_ptr<ServiceBook> book_;
  std::optional<base::Result<CommandStep>> last;
};

TEST_F(ServiceBookTest, AsksByTheOnlyAccountThatCan) {
  book().list_services({"", "irc.example.org"}, [](auto) {});
  book().list_services({"", "xmpp:irc.example.org"}, [](auto) {});
  book().list_commands({"alice", ""}, [](auto) {});
  EXPECT_THAT(services.asked, ElementsAre("services " + kAlice + " xmpp:irc.example.org",
                                          "services " + kAlice + " xmpp:irc.example.org",
                                          "commands " + kAlice + " "));
}

TEST_F(ServiceBookTest, SaysWhyNobodyCanAsk) {
  std::vector<std::string> reasons;
  const auto note = [&](auto result) {
    reasons.push_back(result ? "none" : result.error().reason);
  };
  book().list_services({"", "sip:irc.example.org"}, note);
  book().list_services({"local", ""}, note);
  add_account("xmpp:other@example.org");
  book().list_services({"", ""}, note);
  EXPECT_THAT(reasons,
              ElementsAre("INVALID_ARGUMENT", "SERVICES_NOT_SUPPORTED", "ACCOUNT_REQUIRED"));
}

TEST_F(ServiceBookTest, ACommandGoesOnByASessionOfOurs) {
  const std::string session = begin();
  EXPECT_NE(session, "theirs");
  run({{}, {}, session, CommandAction::usual, answers("dish", "soup")});
  ASSERT_THAT(services.requests, SizeIs(2));
  EXPECT_EQ(services.requests[1].session, "theirs");
  EXPECT_EQ(services.requests[1].address, "xmpp:kitchen.example.org");
  ASSERT_TRUE(services.requests[1].form);
  EXPECT_THAT(services.requests[1].form->field("way")->values, ElementsAre("kept"))
      << "what is hidden goes back as it came";
  EXPECT_THAT(services.requests[1].form->field("dish")->values, ElementsAre("soup"));
  CommandStep done;
  done.status = CommandStatus::completed;
  services.waiting.back()(done);
  ASSERT_TRUE(last && *last);
  run({{}, {}, session, {}, {}});
  EXPECT_EQ(reason(), "NOT_FOUND") << "it is over";
}

TEST_F(ServiceBookTest, WrongAnswersDoNotGoOut) {
  const std::string session = begin();
  run({{}, {}, session, {}, answers("dish", "steak")});
  EXPECT_EQ(reason(), "INVALID_ARGUMENT");
  run({{}, {}, session, {}, {}});
  EXPECT_EQ(reason(), "INVALID_ARGUMENT") << "it is required";
  run({{}, {}, session, CommandAction::prev, {}});
  EXPECT_EQ(reason(), "ACTION_NOT_POSSIBLE");
  EXPECT_THAT(services.requests, SizeIs(1));
  run({{}, {}, session, CommandAction::cancel, {}});
  ASSERT_THAT(services.requests, SizeIs(2));
  EXPECT_FALSE(services.requests[1].form) << "who goes away answers nothing";
}

TEST_F(ServiceBookTest, OneStepAtATime) {
  const std::string session = begin();
  run({{}, {}, session, {}, answers("dish", "soup")});
  run({{}, {}, session, {}, answers("dish", "soup")});
  EXPECT_EQ(reason(), "COMMAND_BUSY");
  services.waiting.back()(base::fail(base::Code::invalid_argument, "XMPP_BAD_REQUEST", "no"));
  EXPECT_EQ(reason(), "XMPP_BAD_REQUEST");
  run({{}, {}, session, {}, answers("dish", "soup")});
  EXPECT_EQ(reason(), "waits") << "it can be tried again";
}

TEST_F(ServiceBookTest, IsForgottenAfterAWhile) {
  const std::string session = begin();
  timers.advance(ServiceBook::run_patience);
  run({{}, {}, session, {}, answers("dish", "soup")});
  EXPECT_EQ(reason(), "NOT_FOUND");
}

TEST_F(ServiceBookTest, GoesWithItsAccount) {
  const std::string session = begin();
  run({{}, {}, session, {}, answers("dish", "soup")});
  book().account_removed(model::AccountId(kAlice));
  services.waiting.back()(asking());
  ASSERT_TRUE(last && *last);
  run({{}, {}, session, {}, answers("dish", "soup")});
  EXPECT_EQ(reason(), "NOT_FOUND");
}

TEST_F(ServiceBookTest, SoManyAreRemembered) {
  const std::string first = begin();
  std::string newest;
  for (size_t i = 0; i < ServiceBook::most_runs + 5; ++i) newest = begin();
  run({{}, {}, newest, {}, answers("dish", "soup")});
  EXPECT_EQ(reason(), "waits");
}

TEST_F(ServiceBookTest, ARegistrationIsFilledIn) {
  services.registration.legacy = true;
  services.registration.registration.form.fields = {
      {"username", FieldType::text_single, {}, {}, true},
      {"key", FieldType::hidden, {}, {}, false, {"k1"}}};
  std::vector<std::string> reasons;
  const auto note = [&](auto result) {
    reasons.push_back(result ? "done" : result.error().reason);
  };
  book().do_register({"", "sms.example.org"}, answers("nick", "bob"), note);
  book().do_register({"", "sms.example.org"}, {}, note);
  book().do_register({"", "sms.example.org"}, answers("username", "bob"), note);
  EXPECT_THAT(reasons, ElementsAre("FIELD_UNKNOWN", "INVALID_ARGUMENT", "done"));
  EXPECT_TRUE(services.registered.legacy);
  EXPECT_THAT(services.registered.registration.form.field("username")->values, ElementsAre("bob"));
  EXPECT_THAT(services.registered.registration.form.field("key")->values, ElementsAre("k1"));
}

}  // namespace
}  // namespace commd::core
