#include <gmock/gmock.h>

#include <utility>

#include "daemon/core/account_rules.h"
#include "tests/unit/core/core_fixture.h"

namespace commd::core {
namespace {

using model::AccountState;

class AccountBookTest : public CoreFixture {
 protected:
  void SetUp() override { start(); }
  base::Result<model::Account> create(AccountBook::Draft draft) {
    base::Result<model::Account> made = base::fail(base::Code::internal, "NEVER", "never called");
    core->accounts().create(std::move(draft), [&](auto result) { made = std::move(result); });
    return made;
  }
  template <class Verb>
  base::Result<model::Account> told_account(Verb verb) {
    base::Result<model::Account> result = base::fail(base::Code::internal, "NEVER", "never called");
    verb([&](base::Result<model::Account> told) { result = std::move(told); });
    return result;
  }
  AccountBook::Draft draft(const std::string& address) {
    AccountBook::Draft d;
    d.address = address;
    d.password = base::Secret("secret");
    return d;
  }
};

TEST_F(AccountBookTest, TheLocalAccountIsThereAndCannotBeRemoved) {
  EXPECT_EQ(core->accounts().list().size(), 1U);
  base::Result<void> removed;
  core->accounts().remove(model::AccountId("local"),
                          [&](auto result) { removed = std::move(result); });
  ASSERT_FALSE(removed);
  EXPECT_EQ(removed.error().reason, "ACCOUNT_IS_BUILT_IN");
}

TEST_F(AccountBookTest, ThePasswordGoesToTheSecretsAndToTheWireOnly) {
  const auto made = create(draft("alice@Example.ORG"));
  ASSERT_TRUE(made) << made.error().message;
  EXPECT_EQ(made->id.str(), "sip:alice@example.org");
  EXPECT_TRUE(made->has_password);
  EXPECT_EQ(secrets.kept.at(made->id).reveal(), "secret");
  EXPECT_EQ(wire.passwords.at(made->id), "secret");
  EXPECT_EQ(core->accounts().get(made->id)->state, AccountState::connecting);
}

// A client that waits for "online" must not take the state before for the last word.
TEST_F(AccountBookTest, WhoeverEnablesAnAccountHearsThatItConnects) {
  const auto made = create(draft("sip:a@example.org"));
  ASSERT_TRUE(made) << made.error().message;
  EXPECT_EQ(made->state, AccountState::connecting);
  const auto switched = [&](bool enabled) {
    AccountState state = AccountState::failed;
    core->accounts().set_enabled(made->id, enabled, [&](auto account) { state = account->state; });
    return state;
  };
  EXPECT_EQ(switched(false), AccountState::disabled);
  EXPECT_EQ(switched(true), AccountState::connecting);
}

TEST_F(AccountBookTest, AProtocolThatNothingSpeaksIsRefusedAtOnce) {
  const auto made = create(draft("xmpp:a@example.org"));
  ASSERT_FALSE(made);
  EXPECT_EQ(made.error().reason, "PROTOCOL_NOT_SUPPORTED");
  EXPECT_EQ(core->accounts().list().size(), 1U);
  EXPECT_TRUE(secrets.kept.empty());
}

TEST_F(AccountBookTest, MistakesNameTheirField) {
  const auto field = [&](AccountBook::Draft d) {
    const auto made = create(std::move(d));
    return made ? std::string("made") : made.error().details.at("field");
  };
  EXPECT_EQ(field(draft("alice")), "address");
  EXPECT_EQ(field(draft("http://alice@example.org")), "address");
  EXPECT_EQ(field(draft("sip:alice@example.org;transport=tcp")), "address");
  auto short_expiry = draft("sip:a@example.org");
  short_expiry.settings.register_expiry_s = 5;
  EXPECT_EQ(field(short_expiry), "register_expiry_s");
  auto relative = draft("sip:a@example.org");
  relative.settings.tls_ca_file = "ca.pem";
  EXPECT_EQ(field(relative), "tls_ca_file");
  auto bad_id = draft("sip:a@example.org");
  bad_id.id = "a b";
  EXPECT_EQ(field(bad_id), "id");
}

TEST(AccountRules, CallsOfXmppAreNotSentOn) {
  using model::AccountSettings;
  for (const auto& [field, member] :
       {std::pair("forward_always", &AccountSettings::forward_always),
        std::pair("forward_busy", &AccountSettings::forward_busy),
        std::pair("forward_no_answer", &AccountSettings::forward_no_answer)}) {
    AccountSettings settings;
    settings.server = "127.0.0.1:5347";
    settings.*member = "sip:desk@example.org";
    EXPECT_TRUE(check_for_protocol(model::Protocol::sip, settings)) << field;
    EXPECT_TRUE(check_for_protocol(model::Protocol::local, settings)) << field;
    for (const auto protocol : {model::Protocol::xmpp, model::Protocol::xmpp_component}) {
      const auto ok = check_for_protocol(protocol, settings);
      ASSERT_FALSE(ok) << field;
      EXPECT_EQ(ok.error().details.at("field"), field);
      EXPECT_THAT(ok.error().message, testing::HasSubstr(std::string(field) + "="));
    }
    (settings.*member).clear();
    EXPECT_TRUE(check_for_protocol(model::Protocol::xmpp, settings)) << field;
  }
}

TEST_F(AccountBookTest, AnOpenMicrophoneMustBeConfirmed) {
  auto open = draft("sip:a@example.org");
  open.settings.auto_answer = model::AutoAnswer::always;
  EXPECT_EQ(create(open).error().reason, "CONFIRMATION_REQUIRED");
  open.confirm_open_microphone = true;
  EXPECT_TRUE(create(open));
}

TEST_F(AccountBookTest, TheSameRequestMakesOneAccountAndAnotherOneConflicts) {
  auto first = draft("sip:a@example.org");
  first.request_id = "r1";
  ASSERT_TRUE(create(first));
  EXPECT_TRUE(create(first));
  EXPECT_EQ(create(draft("sip:a@example.org")).error().reason, "ACCOUNT_EXISTS");
}

// However many others were made meanwhile, and over a restart; for a day.
TEST_F(AccountBookTest, ARequestIsRememberedForADay) {
  auto first = draft("sip:a@example.org");
  first.request_id = "r1";
  ASSERT_TRUE(create(first));
  for (const ports::PutFact& fact : store.all<ports::PutFact>())
    store.state.facts[fact.key] = fact.value;
  for (const ports::PutAccount& put : store.all<ports::PutAccount>())
    if (put.account.id.str() == "sip:a@example.org") store.state.accounts = {put.account};
  start();
  EXPECT_TRUE(create(first));
  clock.wall += std::chrono::hours(25);
  EXPECT_EQ(create(first).error().reason, "ACCOUNT_EXISTS");
}

TEST_F(AccountBookTest, ARequestThatFailedMayBeRepeated) {
  auto first = draft("sip:a@example.org");
  first.request_id = "r1";
  secrets.available = false;
  ASSERT_FALSE(create(first));
  secrets.available = true;
  EXPECT_TRUE(create(first));
}

// Only what the protocol says takes an account down that is up.
TEST_F(AccountBookTest, ASettingThatChangesLeavesTheAccountOnline) {
  const auto made = create(draft("sip:a@example.org"));
  core->account_report(made->id, {AccountState::online, {}, {}, "server", {}});
  AccountBook::Update change;
  change.settings = made->settings;
  change.settings.display_name = "A";
  const auto changed =
      told_account([&](auto done) { core->accounts().update(made->id, change, done); });
  ASSERT_TRUE(changed);
  EXPECT_EQ(changed->state, AccountState::online);
  EXPECT_EQ(changed->server_in_use, "server");
  EXPECT_EQ(wire.count("up sip:a@example.org"), 2U);
  core->account_report(made->id, {AccountState::failed, "WRONG_PASSWORD", "no", {}, {}});
  const auto again =
      told_account([&](auto done) { core->accounts().update(made->id, change, done); });
  EXPECT_EQ(again->state, AccountState::connecting);
}

TEST_F(AccountBookTest, WordsOfListsAreChecked) {
  const auto refused = [&](auto set) {
    auto bad = draft("sip:a@example.org");
    set(bad.settings);
    const auto result = create(bad);
    return result ? base::Error{} : result.error();
  };
  const auto codec = refused([](auto& s) { s.codecs = {"opus", "foo"}; });
  EXPECT_EQ(codec.details.at("field"), "codecs");
  EXPECT_EQ(codec.details.at("value"), "foo");
  EXPECT_EQ(codec.details.at("choices"), "opus G722 PCMU PCMA L16");
  EXPECT_NE(codec.message.find("G722"), std::string::npos);
  EXPECT_EQ(refused([](auto& s) { s.codecs = {}; }).details.at("field"), "codecs");
  for (const char* address : {"foo", "224.0.0.1", "192.0.2.1:0", "[::1", ""}) {
    const auto listen = refused([&](auto& s) { s.listen = {"192.0.2.1", address}; });
    EXPECT_EQ(listen.details.at("field"), "listen") << address;
    EXPECT_EQ(listen.details.at("value"), address);
  }
  auto good = draft("sip:a@example.org");
  good.settings.codecs = {"pcmu", "OPUS"};
  good.settings.listen = {"192.0.2.1", "[2001:db8::1]:5062", "2001:db8::1"};
  EXPECT_TRUE(create(good));
}

TEST_F(AccountBookTest, AKeyringThatIsLockedMakesNoAccount) {
  secrets.available = false;
  EXPECT_EQ(create(draft("sip:a@example.org")).error().reason, "KEYRING_LOCKED");
  EXPECT_EQ(core->accounts().list().size(), 1U);
}

TEST_F(AccountBookTest, DisabledIsTakenDownAndReportsOfItAreIgnored) {
  const auto made = create(draft("sip:a@example.org"));
  core->accounts().set_enabled(made->id, false, [](auto) {});
  EXPECT_EQ(wire.said.back(), "down sip:a@example.org");
  core->account_report(made->id, {AccountState::online, {}, {}, {}, {}});
  EXPECT_EQ(core->accounts().get(made->id)->state, AccountState::disabled);
}

TEST_F(AccountBookTest, ReportsBecomeEventsOnce) {
  const auto made = create(draft("sip:a@example.org"));
  const size_t before = encoder.events.size();
  const ports::AccountReport report{
      AccountState::retrying, "DNS_FAILED", "no address", {}, std::chrono::seconds(4)};
  core->account_report(made->id, report);
  EXPECT_EQ(encoder.events.size(), before + 1);
  EXPECT_EQ(core->accounts().get(made->id)->retry_time, clock.wall + std::chrono::seconds(4));
  core->account_report(made->id, report);
  EXPECT_EQ(encoder.events.size(), before + 1);
}

TEST_F(AccountBookTest, FactsComeBackToTheirAccountOnly) {
  const auto made = create(draft("sip:a@example.org"));
  core->remember("account/sip:a@example.org/digest", "x");
  core->remember("account/other/digest", "y");
  core->accounts().set_enabled(made->id, true, [](auto) {});
  EXPECT_EQ(wire.last_facts.size(), 1U);
  EXPECT_EQ(store.all<ports::PutFact>().size(), 1U) << "there is no such account";
  core->accounts().remove(made->id, [](auto) {});
  EXPECT_TRUE(store.all<ports::PutFact>().back().value.empty());
  core->remember("account/sip:a@example.org/digest", "told by a room that is about to end");
  EXPECT_TRUE(store.all<ports::PutFact>().back().value.empty());
  EXPECT_FALSE(secrets.kept.contains(made->id));
}

TEST_F(AccountBookTest, AReferenceIsAnIdAPrefixOrAnAddress) {
  create(draft("sip:alice@example.org"));
  create(draft("sip:albert@example.org"));
  const auto found = [&](const std::string& reference) {
    const auto account = core->accounts().find(reference);
    return account ? (*account)->id.str() : account.error().reason;
  };
  EXPECT_EQ(found("sip:alice@example.org"), "sip:alice@example.org");
  EXPECT_EQ(found("alice@example.org"), "sip:alice@example.org");
  EXPECT_EQ(found("ali"), "sip:alice@example.org");
  EXPECT_EQ(found("al"), "AMBIGUOUS");
  EXPECT_EQ(found("bob"), "NOT_FOUND");
  EXPECT_EQ(found("loc"), "local");
}

TEST_F(AccountBookTest, ThePasswordOfRelaysGoesToTheSecretsAlone) {
  auto with_relay = draft("sip:a@example.org");
  with_relay.settings.stun = "192.0.2.1";
  with_relay.settings.turn = "turn:relay.example.org,turns:relay.example.org";
  with_relay.settings.turn_username = "alice";
  with_relay.turn_password = base::Secret("hunter2");
  const auto made = create(with_relay);
  ASSERT_TRUE(made) << made.error().message;
  EXPECT_TRUE(made->has_turn_password);
  EXPECT_EQ(wire.passwords.at(made->id), "secret");
  std::vector<model::IceServer> servers;
  const auto ask = [&] {
    core->accounts().ice_servers(made->id, [&](const auto& all) { servers = all.value(); });
  };
  ask();
  ASSERT_EQ(servers.size(), 3U);
  EXPECT_TRUE(servers[0].password.empty() && servers[0].username.empty());
  for (const size_t i : {1U, 2U}) {
    EXPECT_EQ(servers[i].username, "alice");
    EXPECT_EQ(servers[i].password.reveal(), "hunter2");
  }
  // Another one; the account's own stays.
  AccountBook::Update change{made->settings, true, {}, base::Secret("hunter3"), false};
  core->accounts().update(made->id, change, [](const auto& done) { EXPECT_TRUE(done); });
  ask();
  EXPECT_EQ(servers[1].password.reveal(), "hunter3");
  EXPECT_EQ(secrets.kept.at(made->id).reveal(), "secret");
  secrets.available = false;
  base::Error error;
  core->accounts().ice_servers(made->id, [&](const auto& all) { error = all.error(); });
  EXPECT_EQ(error.reason, "PASSWORD_UNAVAILABLE");
  secrets.available = true;
  core->accounts().remove(made->id, [](const auto& done) { EXPECT_TRUE(done); });
  for (const auto& [id, secret] : secrets.kept)
    EXPECT_EQ(id.str().find("a@example.org"), std::string::npos) << id.str();
}

TEST_F(AccountBookTest, RelaysNeedWhatTheyAreAskedWith) {
  const auto field = [&](AccountBook::Draft d) {
    const auto made = create(std::move(d));
    return made ? std::string("made") : made.error().details.at("field");
  };
  auto d = draft("sip:a@example.org");
  d.settings.turn = "relay.example.org";
  EXPECT_EQ(field(d), "turn");
  d.settings.turn = "turn:relay.example.org";
  EXPECT_EQ(field(d), "turn_username");
  d.settings.turn_username = "a\nb";
  EXPECT_EQ(field(d), "turn_username");
  d.settings.turn_username = "alice";
  EXPECT_EQ(field(d), "turn_password");
  d.turn_password = base::Secret("hunter2");
  d.settings.relay_only = true;
  EXPECT_EQ(field(d), "relay_only");  // ice is off
  d.settings.ice = model::Toggle::on;
  EXPECT_EQ(field(d), "made");
  auto without = draft("sip:b@example.org");
  without.settings.relay_only = true;
  without.settings.ice = model::Toggle::on;
  EXPECT_EQ(field(without), "relay_only");
  without.settings.relay_only = false;
  without.settings.stun = "stun://x";
  EXPECT_EQ(field(without), "stun");
}

}  // namespace
}  // namespace commd::core
