// What the doctor looks at, and when it ends.
#include "daemon/core/doctor.h"

#include <gmock/gmock.h>

#include <map>

#include "daemon/core/login_check.h"
#include "tests/unit/core/core_fixture.h"

namespace commd::core {
namespace {

using model::CheckResult;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

class FakeProber final : public ports::Prober {
 public:
  struct Open {
    ports::AccountProbe what;
    Each each;
    Done done;
  };
  std::unique_ptr<ports::Probing> probe(ports::AccountProbe what, Each each, Done done) override {
    open.push_back({std::move(what), std::move(each), std::move(done)});
    return std::make_unique<Handle>(*this);
  }
  std::unique_ptr<ports::Probing> probe_machine(Each each, Done done) override {
    machine = {{}, std::move(each), std::move(done)};
    return std::make_unique<Handle>(*this);
  }
  std::vector<Open> open;
  Open machine;
  int cancelled = 0;

 private:
  struct Handle final : ports::Probing {
    explicit Handle(FakeProber& p) : prober(p) {}
    ~Handle() override { ++prober.cancelled; }
    FakeProber& prober;
  };
};

// Knows the time alone, and tells it when the test says so.
struct Timekeeper final : ports::Services {
  void list_services(const model::AccountId&, const std::string&,
                     Done<std::vector<model::Service>>) override {}
  void list_commands(const model::AccountId&, const std::string&,
                     Done<std::vector<model::Command>>) override {}
  void run_command(const model::AccountId&, ports::CommandRequest,
                   Done<model::CommandStep>) override {}
  void get_registration(const model::AccountId&, const std::string&,
                        Done<ports::RegistrationAsked>) override {}
  void do_register(const model::AccountId&, const std::string&, ports::RegistrationAsked,
                   Done<void>) override {}
  void unregister(const model::AccountId&, const std::string&, Done<void>) override {}
  void server_time(const model::AccountId&, Done<base::WallTime> done) override {
    waiting.push_back(std::move(done));
  }
  void show_presence(const model::AccountId&, const std::string&, bool, Done<void>) override {}
  std::vector<Done<base::WallTime>> waiting;
};

class DoctorTest : public CoreFixture {
 protected:
  void SetUp() override {
    prober = &network;
    services = {{model::Protocol::xmpp, &timekeeper}};
    start({}, true);
    model::AccountSettings settings;
    settings.stun = "stun.example.org";
    settings.turn = "turn:relay.example.org";
    settings.turn_username = "alice";
    AccountBook::Draft draft;
    draft.address = "sip:alice@example.org";
    draft.id = "alice";
    draft.settings = settings;
    draft.turn_password = base::Secret("relay secret");
    core->accounts().create(std::move(draft), [](const auto& made) { ASSERT_TRUE(made); });
    core->account_report(model::AccountId("alice"),
                         {model::AccountState::online, {}, {}, "test", {}});
    add_account("xmpp:carol@example.org", {}, "carol");
  }
  base::Result<std::shared_ptr<Doctor::Visit>> examine(const std::string& account = {}) {
    auto visit = core->doctor().examine(
        account,
        [this](const model::Check& check) { checks[check.id + " " + check.account.str()] = check; },
        [this] { ++ended; });
    return visit;
  }
  void begin() { timers.advance(base::Duration::zero()); }
  std::vector<std::string> probed() const {
    std::vector<std::string> ids;
    for (const auto& each : network.open) ids.push_back(each.what.account.id.str());
    return ids;
  }

  // All that is asked of others is answered.
  void answer_all() {
    for (auto& each : network.open) each.done();
    network.machine.done();
    for (auto& each : timekeeper.waiting) each(clock.wall);
  }

  FakeProber network;
  Timekeeper timekeeper;
  std::map<std::string, model::Check> checks;
  int ended = 0;
};

TEST_F(DoctorTest, LooksAtEveryAccountTheDevicesAndTheMachine) {
  const auto visit = examine();
  ASSERT_TRUE(visit);
  EXPECT_THAT(checks, IsEmpty()) << "told inside of the call";
  begin();
  EXPECT_EQ(checks.at("login alice").result, CheckResult::ok);
  EXPECT_EQ(checks.at("login carol").result, CheckResult::ok);
  EXPECT_TRUE(checks.contains("ports.sip "));
  EXPECT_EQ(checks.at("devices.capture ").reason, "NO_SOUND_DEVICE");
  EXPECT_THAT(probed(), ElementsAre("alice", "carol"));
  EXPECT_EQ(ended, 0);
  network.open[0].each({"dns.srv", model::AccountId("alice"), {}, {}, {}, {}});
  EXPECT_TRUE(checks.contains("dns.srv alice"));
  answer_all();
  EXPECT_EQ(ended, 1);
}

TEST_F(DoctorTest, TheEndIsThatOfTheLastCheck) {
  const auto visit = examine("carol");
  begin();
  network.machine.done();
  network.open[0].done();
  EXPECT_EQ(ended, 0) << "nobody has said what time it is";
  timekeeper.waiting[0](clock.wall);
  EXPECT_EQ(ended, 1);
}

TEST_F(DoctorTest, AClockThatIsWrongIsAWarning) {
  const auto visit = examine();
  begin();
  timekeeper.waiting[0](clock.wall - std::chrono::minutes(5));
  EXPECT_EQ(checks.at("clock carol").reason, "CLOCK_WRONG");
  EXPECT_THAT(checks.at("clock carol").found, HasSubstr("300 s behind"));
  EXPECT_EQ(checks.at("clock alice").result, CheckResult::skipped) << "it has not said";
  core->account_report(model::AccountId("alice"),
                       {model::AccountState::online, {}, {}, "test", {}, std::chrono::seconds(2)});
  const auto again = examine("alice");
  begin();
  EXPECT_EQ(checks.at("clock alice").result, CheckResult::ok);
}

TEST_F(DoctorTest, AServerThatDoesNotSayTheTimeHoldsNobodyUp) {
  const auto visit = examine("carol");
  begin();
  network.machine.done();
  network.open[0].done();
  timers.advance(std::chrono::seconds(5));
  EXPECT_EQ(ended, 1);
  EXPECT_EQ(checks.at("clock carol").result, CheckResult::skipped);
  timekeeper.waiting[0](clock.wall);  // too late to matter
  EXPECT_EQ(ended, 1);
}

TEST_F(DoctorTest, OneAccountIsLookedAtAlone) {
  const auto visit = examine("alice");
  begin();
  EXPECT_THAT(probed(), ElementsAre("alice"));
  EXPECT_EQ(network.open[0].what.servers.at(0).host, "stun.example.org");
  EXPECT_FALSE(checks.contains("login carol"));
  EXPECT_EQ(examine("nobody").error().code, base::Code::not_found);
}

TEST_F(DoctorTest, ADisabledAccountIsLookedAtWhenItIsNamed) {
  core->accounts().set_enabled(model::AccountId("carol"), false, [](const auto&) {});
  const auto all = examine();
  begin();
  EXPECT_THAT(probed(), ElementsAre("alice"));
  const auto named = examine("carol");
  begin();
  EXPECT_THAT(probed(), ElementsAre("alice", "carol"));
  EXPECT_EQ(checks.at("login carol").result, CheckResult::skipped);
}

TEST_F(DoctorTest, RelaysComeWithTheirCredentials) {
  const auto visit = examine("alice");
  begin();
  const auto& servers = network.open[0].what.servers;
  ASSERT_EQ(servers.size(), 2U);
  EXPECT_TRUE(servers[1].relays());
  EXPECT_EQ(servers[1].username, "alice");
  EXPECT_EQ(servers[1].password, base::Secret("relay secret"));
}

TEST_F(DoctorTest, ALockedKeyringIsTold) {
  secrets.available = false;
  const auto visit = examine("alice");
  begin();
  EXPECT_EQ(checks.at("turn alice").reason, "PASSWORD_UNAVAILABLE");
  EXPECT_THAT(probed(), ElementsAre("alice")) << "the rest is looked at all the same";
}

TEST_F(DoctorTest, WhoLetsGoIsToldNothingMore) {
  auto visit = examine();
  begin();
  const int before = network.cancelled;
  visit->reset();
  EXPECT_EQ(network.cancelled, before + 3);
  timers.advance(std::chrono::minutes(1));
  EXPECT_EQ(ended, 0);
}

TEST_F(DoctorTest, ANetworkThatHangsIsNotWaitedForLong) {
  const auto visit = examine();
  begin();
  timers.advance(std::chrono::seconds(15));
  EXPECT_EQ(ended, 1);
  EXPECT_EQ(network.cancelled, 3);
}

TEST_F(DoctorTest, ThereAreNoMoreThanAFewAtOnce) {
  std::vector<std::shared_ptr<Doctor::Visit>> visits;
  for (size_t i = 0; i < Doctor::most_visits; ++i) visits.push_back(*examine());
  EXPECT_EQ(examine().error().reason, "DOCTOR_BUSY");
  visits.pop_back();
  EXPECT_TRUE(examine());
}

TEST(LoginCheckTest, SaysStateReasonAndRemedy) {
  model::Account account;
  account.id = model::AccountId("alice");
  account.state = model::AccountState::failed;
  account.state_reason = "WRONG_PASSWORD";
  account.state_message = "the server refused it";
  model::Check check = login_check(account);
  EXPECT_EQ(check.result, CheckResult::failed);
  EXPECT_EQ(check.reason, "WRONG_PASSWORD");
  EXPECT_EQ(check.found, "the server refused it");
  EXPECT_THAT(check.remedy, HasSubstr("commctl account set alice --password-file -"));
  account.state = model::AccountState::retrying;
  account.state_reason = "DNS_TIMEOUT";
  EXPECT_THAT(login_check(account).remedy, HasSubstr("dns.srv"));
  account.state = model::AccountState::connecting;
  EXPECT_EQ(login_check(account).result, CheckResult::warning);
  account.state = model::AccountState::online;
  account.state_message.clear();
  account.server_in_use = "tls example.org (192.0.2.1)";
  EXPECT_EQ(login_check(account).result, CheckResult::ok);
  EXPECT_THAT(login_check(account).found, HasSubstr("tls example.org"));
}

TEST(LoginCheckTest, APortThatWasTakenIsAWarning) {
  model::Account local;
  local.state = model::AccountState::online;
  EXPECT_EQ(local_port_check(local).result, CheckResult::ok);
  local.state_reason = "LOCAL_PORT_TAKEN";
  local.state_message = "port 5060 is taken";
  EXPECT_EQ(local_port_check(local).result, CheckResult::warning);
  EXPECT_THAT(local_port_check(local).remedy, HasSubstr("local_port"));
}

}  // namespace
}  // namespace commd::core
