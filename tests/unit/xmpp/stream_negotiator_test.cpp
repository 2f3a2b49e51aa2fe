#include "daemon/xmpp/stream_negotiator.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "daemon/xmpp/namespaces.h"
#include "tests/unit/xmpp/login_fixture.h"

namespace commd::xmpp {
namespace {

using namespace test;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

// ---- the good cases --------------------------------------------------------------------

TEST(StreamNegotiator, LogsInByStartTls) {
  Login login(config(TlsMode::starttls));
  EXPECT_EQ(Login::attribute_of(login.sent, "to"), "example.org");
  EXPECT_EQ(Login::attribute_of(login.sent, "from"), "") << "nobody's business before TLS";
  EXPECT_EQ(login.server(kHeader + features(kStartTls)), kStartTls);
  login.server(kProceed);
  EXPECT_TRUE(login.start_tls);
  login.sent.clear();
  login.tls();
  EXPECT_EQ(Login::attribute_of(login.sent, "from"), "user@example.org");
  const std::string auth = login.server(kHeader + features(mechanisms({"SCRAM-SHA-256", "PLAIN"})));
  EXPECT_EQ(Login::attribute_of(auth, "mechanism"), "SCRAM-SHA-256");
  const std::string response =
      login.server(sasl("challenge", login.scram.first(Login::text_of(auth))));
  EXPECT_EQ(login.derived, 1);
  EXPECT_THAT(login.server(sasl("success", login.scram.final(Login::text_of(response)))),
              HasSubstr("<stream:stream"));
  const std::string bind = login.server(kHeader + features(kBind + kSm));
  EXPECT_EQ(login.server(bound(bind)), "<enable xmlns='urn:xmpp:sm:3' resume='true'/>");
  login.server("<enabled xmlns='urn:xmpp:sm:3' id='s1' resume='true'/><message/>");
  ASSERT_TRUE(login.ready) << login.reason();
  EXPECT_EQ(login.ready->jid.str(), "user@example.org/r1");
  EXPECT_EQ(login.ready->mechanism, "SCRAM-SHA-256");
  EXPECT_EQ(login.ready->pins, (SaslPins{.scram = true}));
  EXPECT_TRUE(login.ready->keys);
  EXPECT_FALSE(login.ready->disclosed_password);
  EXPECT_FALSE(login.secret);
  EXPECT_TRUE(login.management.can_resume());
  // What came behind the last answer is still there for the session.
  const auto reader = login.negotiator.take_reader();
  const auto event = reader->next();
  ASSERT_TRUE(event && *event);
  EXPECT_EQ(std::get<Stanza>(**event).name(), "message");
}

TEST(StreamNegotiator, HowBytesAreCutChangesNothing) {
  Login whole;
  const std::string bind = whole.log_in();
  ASSERT_NE(bind, "");
  Login cut;
  const std::string request = cut.log_in();
  for (const char c : bound(request) + "<enabled xmlns='urn:xmpp:sm:3' id='s1' resume='1'/>")
    cut.server(std::string(1, c));
  EXPECT_TRUE(cut.ready);
}

TEST(StreamNegotiator, AsksForAResource) {
  LoginConfig mine = config();
  mine.resource = "commd <1>";
  Login login(std::move(mine));
  EXPECT_THAT(login.log_in(), HasSubstr("<resource>commd &lt;1&gt;</resource>"));
}

TEST(StreamNegotiator, WorksWithoutStreamManagement) {
  Login login;
  login.server(bound(login.log_in(kBind)));
  ASSERT_TRUE(login.ready);
  EXPECT_FALSE(login.management.active());

  Login refused;
  refused.server(bound(refused.log_in()));
  refused.server("<failed xmlns='urn:xmpp:sm:3'/>");
  ASSERT_TRUE(refused.ready);
  EXPECT_FALSE(refused.management.active());
}

TEST(StreamNegotiator, KeepsWhatComesBeforeTheEnd) {
  Login login;
  login.server(bound(login.log_in()));
  login.server("<iq type='get' id='v1'/><message/><enabled xmlns='urn:xmpp:sm:3'/>");
  ASSERT_TRUE(login.ready);
  ASSERT_EQ(login.ready->early.size(), 2U);
  EXPECT_EQ(login.ready->early[0].id(), "v1");
  EXPECT_EQ(login.management.handled_count(), 0U) << "counting begins at <enabled/>";
}

TEST(StreamNegotiator, BindsTheLoginToTheConnection) {
  LoginConfig mine = config();
  Login login(std::move(mine));
  login.scram.settings.binding_data = "exported";
  login.tls({{{BindingType::tls_exporter, "exported"}}});
  const std::string auth =
      login.server(kHeader + features(mechanisms({"SCRAM-SHA-256", "SCRAM-SHA-256-PLUS"}) +
                                      "<sasl-channel-binding xmlns='urn:xmpp:sasl-cb:0'>"
                                      "<channel-binding type='tls-exporter'/>"
                                      "</sasl-channel-binding>"));
  EXPECT_EQ(Login::attribute_of(auth, "mechanism"), "SCRAM-SHA-256-PLUS");
  const std::string response =
      login.server(sasl("challenge", login.scram.first(Login::text_of(auth))));
  login.server(sasl("success", login.scram.final(Login::text_of(response))));
  login.server(bound(login.server(kHeader + features(kBind))));
  ASSERT_TRUE(login.ready) << login.reason();
  EXPECT_TRUE(login.ready->pins.plus);
}

TEST(StreamNegotiator, UsesAUserNameOfItsOwnAndAClientCertificate) {
  LoginConfig mine = config();
  mine.credentials.username = "another";
  Login login(std::move(mine));
  login.authenticate();
  EXPECT_EQ(login.scram.user(), "another");

  Login external;
  external.tls({{}, ClientCertificate::shown});
  EXPECT_EQ(external.server(kHeader + features(mechanisms({"EXTERNAL", "PLAIN"}))),
            "<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='EXTERNAL'>=</auth>");
}

TEST(StreamNegotiator, PlainIsReportedAndMarkedSecret) {
  Login login;
  login.tls();
  login.server(kHeader + features(mechanisms({"PLAIN"})));
  EXPECT_TRUE(login.secret);
  login.server("<success xmlns='urn:ietf:params:xml:ns:xmpp-sasl'/>");
  login.server(bound(login.server(kHeader + features(kBind))));
  ASSERT_TRUE(login.ready) << login.reason();
  EXPECT_TRUE(login.ready->disclosed_password);
  EXPECT_EQ(login.ready->pins, (SaslPins{.plain = true}));
}

// ---- resume ------------------------------------------------------------------------------

StreamManagement interrupted() {
  StreamManagement state;
  Stanza enabled("enabled", ns::kStreamManagement);
  enabled.set("id", "s1").set("resume", "true");
  state.enabled(enabled, "user@example.org/old");
  for (uint64_t tag = 1; tag <= 3; ++tag)
    EXPECT_TRUE(state.submit({tag, tag == 2 ? StanzaKind::iq : StanzaKind::message, "<m/>"}));
  state.output({});
  state.disconnected();
  return state;
}

TEST(StreamNegotiator, Resumes) {
  Login login(config(), interrupted());
  EXPECT_EQ(login.log_in(), "<resume xmlns='urn:xmpp:sm:3' h='0' previd='s1'/>");
  login.server("<resumed xmlns='urn:xmpp:sm:3' h='1' previd='s1'/>");
  ASSERT_TRUE(login.ready) << login.reason();
  EXPECT_TRUE(login.ready->resumed);
  EXPECT_EQ(login.ready->jid.str(), "user@example.org/old");
  EXPECT_THAT(login.ready->acked, ElementsAre(1U));
  EXPECT_EQ(login.management.output({}).bytes, "<m/><m/>");
}

TEST(StreamNegotiator, BindsAfreshWhereNothingCanBeResumed) {
  Login login(config(), interrupted());
  login.log_in();
  const std::string bind = login.server("<failed xmlns='urn:xmpp:sm:3' h='1'/>");
  login.server(bound(bind));
  login.server("<enabled xmlns='urn:xmpp:sm:3' id='s2' resume='true'/>");
  ASSERT_TRUE(login.ready);
  EXPECT_FALSE(login.ready->resumed);
  EXPECT_THAT(login.ready->loss.acked, ElementsAre(1U));
  ASSERT_EQ(login.ready->loss.dropped.size(), 1U);
  EXPECT_EQ(login.ready->loss.dropped[0].tag, 2U);
  EXPECT_THAT(login.ready->loss.uncertain, ElementsAre(3U));

  Login without(config(), interrupted());
  without.server(bound(without.log_in(kBind)));
  ASSERT_TRUE(without.ready);
  EXPECT_EQ(without.ready->loss.dropped.size(), 1U) << "a server that has unlearned it";
}

TEST(StreamNegotiator, AResumptionOfNonsenseBeginsAnew) {
  for (const char* answer : {"<resumed xmlns='urn:xmpp:sm:3' h='9' previd='s1'/>",
                             "<resumed xmlns='urn:xmpp:sm:3' h='1' previd='other'/>",
                             "<resumed xmlns='urn:xmpp:sm:3' previd='s1'/>"}) {
    Login login(config(), interrupted());
    login.log_in();
    login.server(answer);
    ASSERT_TRUE(login.failed);
    EXPECT_THAT(login.reason(), StartsWith("SM_"));
    EXPECT_EQ(login.failed->retry, Retry::later);
    EXPECT_EQ(login.failed->loss.uncertain.size(), 2U);
    EXPECT_FALSE(login.management.can_resume());
  }
}

// ---- a hostile server ----------------------------------------------------------------------

TEST(StreamNegotiator, RefusesToGoOnWithoutTls) {
  Login login(config(TlsMode::starttls));
  login.server(kHeader + features(mechanisms({"PLAIN", "SCRAM-SHA-256"})));
  EXPECT_EQ(login.reason(), "TLS_NOT_OFFERED");
  EXPECT_THAT(login.sent, Not(HasSubstr("auth")));

  Login refused(config(TlsMode::starttls));
  refused.server(kHeader + features(kStartTls));
  refused.server("<failure xmlns='urn:ietf:params:xml:ns:xmpp-tls'/></stream:stream>");
  EXPECT_EQ(refused.reason(), "TLS_REFUSED");
}

TEST(StreamNegotiator, RefusesBytesInjectedBehindProceed) {
  for (const std::string& injected :
       {std::string("\n"), features(mechanisms({"PLAIN"})), kHeader}) {
    Login login(config(TlsMode::starttls));
    login.server(kHeader + features(kStartTls));
    login.server(kProceed + injected);
    EXPECT_EQ(login.reason(), "TLS_INJECTION");
    EXPECT_FALSE(login.start_tls);
  }
  Login later(config(TlsMode::starttls));
  later.server(kHeader + features(kStartTls));
  later.server(kProceed);
  later.server(features(""));
  EXPECT_EQ(later.reason(), "TLS_INJECTION");
}

TEST(StreamNegotiator, RefusesAServerThatDoesNotKnowThePassword) {
  Login wrong;
  const std::string response = wrong.authenticate();
  std::string signature = *base64_decode(wrong.scram.final(Login::text_of(response)));
  signature[5] = signature[5] == 'A' ? 'B' : 'A';
  wrong.server(sasl("success", base64_encode(signature)));
  EXPECT_EQ(wrong.reason(), "SERVER_NOT_AUTHENTIC");
  EXPECT_EQ(wrong.failed->retry, Retry::later);

  Login silent;
  silent.authenticate();
  silent.server(sasl("success", ""));
  EXPECT_TRUE(silent.failed);

  Login early;
  early.tls();
  early.server(kHeader + features(mechanisms({"SCRAM-SHA-256"})));
  early.server(sasl("success", ""));
  EXPECT_EQ(early.reason(), "SERVER_NOT_AUTHENTIC");
}

TEST(StreamNegotiator, RefusesAnIterationCountThatWouldBurnTheProcessor) {
  Login login;
  login.scram.settings.iterations = 2'000'000'000;
  login.tls();
  const std::string auth = login.server(kHeader + features(mechanisms({"SCRAM-SHA-256"})));
  const std::string first =
      *base64_decode(auth.substr(auth.find('>') + 1, auth.rfind('<') - auth.find('>') - 1));
  login.server(sasl("challenge", base64_encode("r=" + first.substr(first.find("r=") + 2) +
                                               "x,s=c2FsdA==,i=2000000000")));
  EXPECT_EQ(login.reason(), "SCRAM_ITERATIONS_TOO_HIGH");
  EXPECT_EQ(login.derived, 0);
}

TEST(StreamNegotiator, RefusesPlainAloneWhereThereWasScram) {
  LoginConfig mine = config();
  mine.pins.scram = true;
  Login login(std::move(mine));
  login.tls();
  login.server(kHeader + features(mechanisms({"PLAIN"})));
  EXPECT_EQ(login.reason(), "SASL_DOWNGRADE");
  EXPECT_FALSE(login.secret);
}

TEST(StreamNegotiator, RefusesForbiddenXmlAndSaysSo) {
  const std::pair<std::string, const char*> cases[] = {
      {"<!DOCTYPE x>", "XML_DOCTYPE"},
      {"<stream:features><!-- x --></stream:features>", "XML_COMMENT"},
      {"<?x y?>", "XML_INSTRUCTION"},
      {"<a>\xff</a>", "XML_NOT_WELL_FORMED"},
      {"<a>" + std::string(1024 * 1024, 'x') + "</a>", "XML_STANZA_SIZE"},
      {"nonsense", "XML_STRAY_TEXT"},
  };
  for (const auto& [bytes, reason] : cases) {
    Login login;
    login.tls();
    login.server(kHeader + bytes);
    EXPECT_EQ(login.reason(), reason);
    EXPECT_THAT(login.sent, HasSubstr("</stream:error></stream:stream>"));
    EXPECT_EQ(login.failed->retry, Retry::later);
  }
  Login deep;
  deep.tls();
  std::string nested;
  for (int i = 0; i < 100000; ++i) nested += "<a>";
  deep.server(kHeader + nested);
  EXPECT_EQ(deep.reason(), "XML_DEPTH");
}

TEST(StreamNegotiator, RefusesWhatIsNoXmppForClients) {
  const std::pair<const char*, const char*> cases[] = {
      {"HTTP/1.1 400 Bad Request\r\n", "NOT_XMPP"},
      {"<html>", "NOT_XMPP"},
      {"<stream:stream xmlns='jabber:server' xmlns:stream='http://etherx.jabber.org/streams' "
       "version='1.0'>",
       "NOT_XMPP"},
      {"<stream xmlns='http://etherx.jabber.org/streams' version='1.0'>", "NOT_XMPP"},
      {"<stream:stream xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams'>",
       "XMPP_VERSION"},
      {"<stream:stream xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams' "
       "version='2.0'>",
       "XMPP_VERSION"},
  };
  for (const auto& [bytes, reason] : cases) {
    Login login;
    login.tls();
    login.server(bytes);
    EXPECT_EQ(login.reason(), reason) << bytes;
  }
}

TEST(StreamNegotiator, RefusesWhatHasNoPlace) {
  Login message;
  message.tls();
  message.server(kHeader + "<message><body>hi</body></message>");
  EXPECT_EQ(message.reason(), "LOGIN_UNEXPECTED");
  EXPECT_EQ(message.failed->error.details.at("element"), "message");

  Login proceed;
  proceed.tls();
  proceed.server(kHeader + features(mechanisms({"SCRAM-SHA-256"})));
  proceed.server(kProceed);
  EXPECT_EQ(proceed.reason(), "LOGIN_UNEXPECTED");

  Login other;
  const std::string bind = other.log_in();
  other.server("<iq type='result' id='guess'/>");
  EXPECT_EQ(other.reason(), "LOGIN_UNEXPECTED");

  Login behind;
  const std::string response = behind.authenticate();
  behind.server(sasl("success", behind.scram.final(Login::text_of(response))) + "<message/>");
  EXPECT_EQ(behind.reason(), "LOGIN_UNEXPECTED");
}

TEST(StreamNegotiator, RefusesAnotherAddressThanItsOwn) {
  for (const char* jid : {"other@example.org/r", "user@evil.org/r", "user@example.org", "", "@@"}) {
    Login login;
    login.server(bound(login.log_in(), jid));
    EXPECT_EQ(login.reason(), "BIND_OTHER_ADDRESS") << jid;
  }
  Login same;
  same.server(bound(same.log_in(kBind), "USER@Example.ORG/r"));
  EXPECT_TRUE(same.ready);
}

TEST(StreamNegotiator, FailuresSayWhetherToTryAgain) {
  Login password;
  password.authenticate();
  password.server("<failure xmlns='urn:ietf:params:xml:ns:xmpp-sasl'><not-authorized/></failure>");
  EXPECT_EQ(password.reason(), "WRONG_PASSWORD");
  EXPECT_EQ(password.failed->retry, Retry::person);
  EXPECT_EQ(password.failed->error.details.at("domain"), "example.org");
  EXPECT_THAT(password.sent, HasSubstr("</stream:stream>"));

  Login busy;
  busy.authenticate();
  busy.server(
      "<failure xmlns='urn:ietf:params:xml:ns:xmpp-sasl'><temporary-auth-failure/></failure>");
  EXPECT_EQ(busy.reason(), "AUTH_TEMPORARY_FAILURE");
  EXPECT_EQ(busy.failed->retry, Retry::later);

  Login bind;
  const std::string request = bind.log_in();
  bind.server("<iq type='error' id='" + Login::attribute_of(request, "id") +
              "'><error type='wait'><resource-constraint "
              "xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error></iq>");
  EXPECT_EQ(bind.reason(), "BIND_REFUSED");
  EXPECT_EQ(bind.failed->retry, Retry::later);

  Login none;
  none.log_in(kSm);
  EXPECT_EQ(none.reason(), "BIND_NOT_OFFERED");

  LoginConfig without = config();
  without.credentials.password = {};
  Login missing(std::move(without));
  missing.tls();
  missing.server(kHeader + features(mechanisms({"PLAIN"})));
  EXPECT_EQ(missing.reason(), "PASSWORD_MISSING");
  EXPECT_EQ(missing.failed->retry, Retry::person);
}

// The end of a login that the owner, or the server, breaks off.
template <class Input>
base::Error end_by(Login& login, Input input) {
  input(login.negotiator);
  for (LoginAction& action : login.negotiator.take_actions())
    if (auto* failed = std::get_if<Failed>(&action)) return failed->error;
  return {};
}

TEST(StreamNegotiator, AServerMayRefuseWhileKeysAreDerived) {
  StreamManagement management;
  StreamNegotiator negotiator(config(), management);
  negotiator.start();
  negotiator.tls_up({});
  negotiator.received(kHeader + features(mechanisms({"SCRAM-SHA-256"})));
  const std::string auth = std::get<SendBytes>(negotiator.take_actions().back()).bytes;
  ScramServer server;
  negotiator.received(sasl("challenge", server.first(Login::text_of(auth))));
  const auto actions = negotiator.take_actions();
  ASSERT_TRUE(std::holds_alternative<DeriveKeys>(actions.back()));
  const ScramChallenge challenge = std::get<DeriveKeys>(actions.back()).challenge;
  negotiator.received(
      "<failure xmlns='urn:ietf:params:xml:ns:xmpp-sasl'><account-disabled/></failure>");
  EXPECT_EQ(std::get<Failed>(negotiator.take_actions().back()).error.reason, "ACCOUNT_DISABLED");
  negotiator.keys_derived({challenge, base::Secret("late"), base::Secret("late")});
  EXPECT_TRUE(negotiator.take_actions().empty());
}

TEST(StreamNegotiator, SilenceAndEndsHaveWords) {
  Login mute;
  mute.tls();
  const base::Error silent = end_by(mute, [](StreamNegotiator& n) { n.timed_out(); });
  EXPECT_EQ(silent.reason, "LOGIN_TIMEOUT");
  EXPECT_THAT(silent.message, HasSubstr("before it began to speak XMPP"));
  Login gone;
  gone.authenticate();
  const base::Error closed = end_by(gone, [](StreamNegotiator& n) { n.closed(); });
  EXPECT_EQ(closed.reason, "CONNECTION_CLOSED");
  EXPECT_THAT(closed.message, HasSubstr("while the password was checked"));
  Login ended;
  ended.tls();
  ended.server(kHeader + "</stream:stream>");
  EXPECT_EQ(ended.reason(), "STREAM_CLOSED");
  EXPECT_EQ(end_by(ended, [](StreamNegotiator& n) { n.timed_out(); }).reason, "") << "only once";
}

// ---- stream errors and redirection -------------------------------------------------------

const std::string kOther =
    "<see-other-host xmlns='urn:ietf:params:xml:ns:xmpp-streams'>c2s.example.net:5223"
    "</see-other-host>";

TEST(StreamNegotiator, FollowsARedirectionOfTheDomainsOwnServer) {
  Login login;
  login.tls();
  login.server(kHeader + stream_error(kOther));
  EXPECT_EQ(login.redirect, (HostPort{"c2s.example.net", 5223}));
}

TEST(StreamNegotiator, DoesNotFollowOthers) {
  Login clear(config(TlsMode::starttls));
  clear.server(kHeader + stream_error(kOther));
  EXPECT_EQ(clear.reason(), "STREAM_REDIRECT") << "before TLS anybody could say so";

  LoginConfig often = config();
  often.redirects = kMaxRedirects;
  Login round(std::move(often));
  round.tls();
  round.server(kHeader + stream_error(kOther));
  EXPECT_EQ(round.reason(), "STREAM_REDIRECT");

  Login nowhere;
  nowhere.tls();
  nowhere.server(kHeader + stream_error("<see-other-host "
                                        "xmlns='urn:ietf:params:xml:ns:xmpp-streams'>a b"
                                        "</see-other-host>"));
  EXPECT_EQ(nowhere.reason(), "STREAM_REDIRECT");
}

TEST(StreamNegotiator, StreamErrorsHaveReasons) {
  const std::pair<const char*, std::pair<const char*, Retry>> cases[] = {
      {"host-unknown", {"STREAM_HOST_UNKNOWN", Retry::person}},
      {"system-shutdown", {"STREAM_SHUTDOWN", Retry::later}},
      {"conflict", {"STREAM_CONFLICT", Retry::later}},
      {"unsupported-stanza-type", {"STREAM_UNSUPPORTED_STANZA_TYPE", Retry::later}},
      {"new", {"STREAM_NEW", Retry::later}},
  };
  for (const auto& [condition, expected] : cases) {
    Login login;
    login.tls();
    login.server(kHeader +
                 stream_error(std::string("<") + condition +
                              " xmlns='urn:ietf:params:xml:ns:xmpp-streams'/><text "
                              "xmlns='urn:ietf:params:xml:ns:xmpp-streams'>why&#10;</text>"));
    EXPECT_EQ(login.reason(), expected.first);
    EXPECT_EQ(login.failed->retry, expected.second);
    EXPECT_THAT(login.failed->error.message, HasSubstr("why\\n"));
  }
  Login bare;
  bare.tls();
  bare.server(kHeader + stream_error(""));
  EXPECT_EQ(bare.reason(), "STREAM_ERROR");
}

}  // namespace
}  // namespace commd::xmpp
