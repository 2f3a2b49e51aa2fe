#include "daemon/xmpp/component_account.h"

#include "tests/unit/xmpp/account_fixture.h"

namespace commd::xmpp {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::Not;

const std::string kComponentHeader =
    "<stream:stream xmlns='jabber:component:accept' "
    "xmlns:stream='http://etherx.jabber.org/streams' from='gw.example.org' id='3BF96D32'>";

class ComponentAccountTest : public XmppAccountTest {
 protected:
  ComponentAccountTest() {
    network.places = {{"127.0.0.1", 5347, int(TlsMode::starttls), {}}};
    network.remote = "127.0.0.1:5347";
  }
  static model::Account gateway() {
    model::Account account;
    account.id = model::AccountId("gw");
    account.address = "xmpp:gw.example.org";
    account.protocol = model::Protocol::xmpp_component;
    account.settings.server = "127.0.0.1";
    return account;
  }
  void start(const model::Account& account = gateway()) {
    component = std::make_unique<ComponentAccount>(
        AccountSurroundings{network, timers, clock, told, base::null_logger(),
                            [] { return 0xFFFFFFFFU; }},
        account, base::Secret("secret"));
    network.run();
  }
  void log_in_component() {
    sent();
    EXPECT_THAT(say(kComponentHeader),
                HasSubstr("<handshake>b09ea9b3b7f586be8a08d0a3dd7466f110aeb136</handshake>"));
    say("<handshake/>");
  }
  void send(const std::string& id, const std::string& local = {}) {
    ports::OutgoingMessage message;
    message.account = model::AccountId("gw");
    message.id = model::MessageId(id);
    message.to = "xmpp:bob@example.org";
    message.text = "text of " + id;
    message.local = local;
    component->send_message(message);
    network.run();
  }
  std::unique_ptr<ComponentAccount> component;
};

TEST_F(ComponentAccountTest, LogsInOnThisMachineWithoutTls) {
  start();
  EXPECT_TRUE(network.handshakes.empty());
  EXPECT_EQ(network.queries.front().server, (HostPort{"127.0.0.1", 5347}));
  EXPECT_THAT(network.wire().sent, HasSubstr("to='gw.example.org'"));
  log_in_component();
  EXPECT_EQ(state(), AccountState::online);
  EXPECT_THAT(told.reports.back().server_in_use, HasSubstr("tcp 127.0.0.1"));
}

TEST_F(ComponentAccountTest, NothingGoesOverANetworkInClear) {
  network.remote = "192.0.2.1:5347";
  start();
  EXPECT_EQ(state(), AccountState::failed);
  EXPECT_EQ(reason(), "COMPONENT_NOT_PROTECTED");
  EXPECT_THAT(network.wires, IsEmpty()) << "not one byte";
  model::Account allowed = gateway();
  allowed.settings.allow_clear_text = true;
  component->update(allowed, base::Secret("secret"));
  network.run();
  log_in_component();
  EXPECT_EQ(state(), AccountState::online);
}

TEST_F(ComponentAccountTest, TlsIsForTheServersName) {
  network.places = {{"xmpp.example.org", 5348, int(TlsMode::direct), {}}};
  network.remote = "192.0.2.1:5348";
  model::Account account = gateway();
  account.settings.server = "xmpp.example.org:5348";
  account.settings.transport = model::SipTransport::tls;
  start(account);
  ASSERT_EQ(network.handshakes.size(), 1U);
  EXPECT_EQ(network.handshakes[0].domain, "xmpp.example.org");
  log_in_component();
  EXPECT_EQ(state(), AccountState::online);
}

TEST_F(ComponentAccountTest, AWrongSecretIsNotTriedAgain) {
  start();
  sent();
  say(kComponentHeader);
  say("<stream:error><not-authorized xmlns='urn:ietf:params:xml:ns:xmpp-streams'/></stream:error>");
  EXPECT_EQ(state(), AccountState::failed);
  EXPECT_EQ(reason(), "COMPONENT_SECRET_REFUSED");
}

TEST_F(ComponentAccountTest, ComesBackAfterACut) {
  start();
  log_in_component();
  send("one");
  hang_up();
  EXPECT_EQ(state(), AccountState::retrying);
  send("two");
  pass(60s);
  log_in_component();
  EXPECT_EQ(state(), AccountState::online);
  EXPECT_THAT(told.news, ElementsAre("one sent ", "two sent "));
}

TEST_F(ComponentAccountTest, SpeaksForTheAddressesOfItsDomain) {
  start();
  log_in_component();
  send("one");
  EXPECT_THAT(sent(), HasSubstr("from=\"gw.example.org\""));
  send("two", "xmpp:weather@gw.example.org");
  EXPECT_THAT(sent(), AllOf(HasSubstr("from=\"weather@gw.example.org\""),
                            HasSubstr("to=\"bob@example.org\"")));
  send("three", "xmpp:weather@other.example.org");
  EXPECT_THAT(sent(), IsEmpty());
  EXPECT_THAT(told.news, ElementsAre("one sent ", "two sent ", "three failed "));
}

TEST_F(ComponentAccountTest, TellsWhomAMessageWasFor) {
  start();
  log_in_component();
  say("<message from='bob@example.org/x' to='weather@gw.example.org/a' id='m1'><body>rain?</body>"
      "</message>"
      "<message from='bob@example.org/x' to='weather@other.example.org'><body>no</body></message>"
      "<message from='bob@example.org/x'><body>no</body></message>");
  ASSERT_EQ(told.received.size(), 1U);
  EXPECT_EQ(told.received[0].peer, "xmpp:bob@example.org");
  EXPECT_EQ(told.received[0].local, "xmpp:weather@gw.example.org");
  EXPECT_EQ(told.received[0].text, "rain?");
}

TEST_F(ComponentAccountTest, AnswersForWhomeverWasAsked) {
  start();
  log_in_component();
  const std::string answer =
      say("<iq type='get' id='1' from='bob@example.org/x' to='weather@gw.example.org'>"
          "<ping xmlns='urn:xmpp:ping'/></iq>");
  EXPECT_THAT(answer, AllOf(HasSubstr("type=\"result\""), HasSubstr("to=\"bob@example.org/x\""),
                            HasSubstr("from=\"weather@gw.example.org\"")));
  EXPECT_THAT(say("<iq type='set' id='2' from='bob@example.org/x' to='gw.example.org'>"
                  "<x xmlns='y'/></iq>"),
              HasSubstr("service-unavailable"));
}

TEST_F(ComponentAccountTest, ReadsNoMoreThanTheDiskTakes) {
  start();
  log_in_component();
  std::string many;
  for (int i = 0; i < 1000; ++i)
    many += "<message from='b@example.org' to='gw.example.org'><body>x</body></message>";
  say(many);
  EXPECT_FALSE(network.wire().read);
  component->message_stored(told.received.front().ticket);
  EXPECT_TRUE(network.wire().read);
}

TEST_F(ComponentAccountTest, ADiskThatIsFullDoesNotMakeItDeaf) {
  start();
  log_in_component();
  std::string many;
  for (int i = 0; i < 1000; ++i)
    many += "<message from='b@example.org' to='gw.example.org'><body>x</body></message>";
  say(many);
  EXPECT_FALSE(network.wire().read);
  component->message_not_stored();
  EXPECT_TRUE(network.wire().read);
}

}  // namespace
}  // namespace commd::xmpp
