#include "tests/unit/xmpp/account_fixture.h"

namespace commd::xmpp {
namespace {

using namespace test;
using namespace std::chrono_literals;
using model::AccountState;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

TEST_F(XmppAccountTest, SignsInSaysThatItIsThereAndRemembersHow) {
  up();
  EXPECT_EQ(state(), AccountState::connecting);
  ASSERT_EQ(network.handshakes.size(), 1U);
  EXPECT_EQ(network.handshakes[0].domain, "example.org");
  EXPECT_THAT(log_in(), HasSubstr("<presence"));
  EXPECT_EQ(state(), AccountState::online);
  EXPECT_EQ(told.reports.back().server_in_use, "tls a.example.org (192.0.2.1:5223)");
  EXPECT_EQ(told.facts["account/me/xmpp.pins"], "scram");
  EXPECT_THAT(told.notices, ElementsAre());
}

TEST_F(XmppAccountTest, StartTlsLeavesTheStreamInClearBehind) {
  network.places = {{"a.example.org", 5222, int(TlsMode::starttls), {}}};
  up();
  EXPECT_THAT(sent(), Not(HasSubstr("user@")));
  EXPECT_EQ(say(kHeader + features(kStartTls)), kStartTls);
  say(kProceed);
  ASSERT_EQ(network.handshakes.size(), 1U);
  ASSERT_EQ(network.wires.size(), 2U);
  EXPECT_FALSE(network.wires[0]->open);
  log_in();
  EXPECT_EQ(told.reports.back().server_in_use, "starttls a.example.org (192.0.2.1:5222)");
}

TEST_F(XmppAccountTest, BytesBehindProceedEndTheAttempt) {
  network.places = {{"a.example.org", 5222, int(TlsMode::starttls), {}}};
  up();
  say(kHeader + features(kStartTls));
  say(kProceed + "<presence/>");
  EXPECT_EQ(state(), AccountState::retrying);
  EXPECT_EQ(reason(), "TLS_INJECTION");
  EXPECT_THAT(network.handshakes, ElementsAre());
}

TEST_F(XmppAccountTest, AWrongPasswordWaitsForAPerson) {
  scram.settings.password = "other";
  up();
  sent();
  const std::string auth = say(kHeader + features(mechanisms({"SCRAM-SHA-256"})));
  say(sasl("challenge", scram.first(Login::text_of(auth))));
  say("<failure xmlns='urn:ietf:params:xml:ns:xmpp-sasl'><not-authorized/></failure>");
  EXPECT_EQ(state(), AccountState::failed);
  EXPECT_EQ(reason(), "WRONG_PASSWORD");
  pass(24h);
  EXPECT_EQ(network.connects.size(), 1U) << "another try might lock the account";
  account_->update(user(), base::Secret("other"));
  network.run();
  log_in();
  EXPECT_EQ(state(), AccountState::online);
}

TEST_F(XmppAccountTest, WaitsLongerFromFailureToFailure) {
  network.reachable.assign(8, false);
  up();
  EXPECT_EQ(state(), AccountState::retrying);
  EXPECT_EQ(reason(), "CONNECTION_REFUSED");
  std::vector<long> waits;
  for (int i = 0; i < 5; ++i) {
    waits.push_back(told.reports.back().retry_in.count());
    pass(told.reports.back().retry_in);
  }
  EXPECT_THAT(waits, ElementsAre(2000, 4000, 8000, 16000, 32000));
}

TEST_F(XmppAccountTest, TheNextPlaceIsTriedBeforeAnybodyWaits) {
  network.places = {{"a.example.org", 5223, int(TlsMode::direct), {}},
                    {"b.example.org", 5223, int(TlsMode::direct), {}}};
  network.tls_errors = {base::Error{base::Code::unavailable, "TLS_CLOSED", "", {}}};
  up();
  ASSERT_EQ(network.connects.size(), 2U);
  EXPECT_EQ(network.connects[1].size(), 1U);
  log_in();
  EXPECT_EQ(told.reports.back().server_in_use, "tls b.example.org (192.0.2.1:5223)");
}

TEST_F(XmppAccountTest, AMuteServerIsLeftAfterItsTime) {
  up();
  pass(LoginAttempt::patience - 1s);
  EXPECT_EQ(state(), AccountState::connecting);
  pass(1s);
  EXPECT_EQ(state(), AccountState::retrying);
  EXPECT_EQ(reason(), "LOGIN_TIMEOUT");
  EXPECT_FALSE(network.wire().open);
}

TEST_F(XmppAccountTest, FollowsARedirectToTheSameDomain) {
  up();
  sent();
  say(kHeader + stream_error("<see-other-host xmlns='urn:ietf:params:xml:ns:xmpp-streams'>"
                             "other.example.net:5299</see-other-host>"));
  ASSERT_EQ(network.queries.size(), 2U);
  EXPECT_EQ(network.queries[1].server, (HostPort{"other.example.net", 5299}));
  EXPECT_EQ(network.handshakes.back().domain, "example.org");
  log_in();
  EXPECT_EQ(state(), AccountState::online);
}

TEST_F(XmppAccountTest, ACutStreamIsResumedWithoutNewKeys) {
  up();
  log_in();
  say("<r xmlns='urn:xmpp:sm:3'/>");
  say("<message from='a@example.org'/><presence from='a@example.org/x'/>");
  hang_up();
  EXPECT_EQ(state(), AccountState::retrying);
  EXPECT_EQ(reason(), "CONNECTION_CLOSED");
  pass(2s);
  const std::string resume = authenticate();
  EXPECT_EQ(resume, "<resume xmlns='urn:xmpp:sm:3' h='2' previd='s1'/>");
  EXPECT_EQ(network.derived, 1) << "the keys of the first login do";
  const std::string after =
      say("<resumed xmlns='urn:xmpp:sm:3' h='" + std::to_string(first_stanzas) + "' previd='s1'/>");
  EXPECT_THAT(after, Not(HasSubstr("<presence"))) << "nothing was lost, nothing is said again";
  EXPECT_EQ(state(), AccountState::online);
}

TEST_F(XmppAccountTest, AServerThatAcknowledgesNothingIsGone) {
  up();
  log_in();  // the presence is not acknowledged
  pass(10s);
  EXPECT_EQ(state(), AccountState::online);
  pass(6s);
  EXPECT_EQ(state(), AccountState::retrying);
  EXPECT_EQ(reason(), "SERVER_SILENT");
}

TEST_F(XmppAccountTest, AfterALongSilenceTheServerIsAsked) {
  up();
  log_in();
  acknowledge(first_stanzas);
  pass(LiveStream::quiet - 1s);
  EXPECT_EQ(sent(), "") << "an idle account wakes nobody";
  pass(1s);
  EXPECT_THAT(sent(), HasSubstr("<ping xmlns=\"urn:xmpp:ping\""));
  acknowledge(first_stanzas + 1);
  pass(LiveStream::answer);
  EXPECT_EQ(state(), AccountState::online);
  pass(LiveStream::quiet);
  EXPECT_TRUE(was("SERVER_SILENT")) << "nothing was answered this time";
}

TEST_F(XmppAccountTest, AnotherNetworkIsAReasonToLook) {
  up();
  log_in();
  acknowledge(first_stanzas);
  account_->network_changed();
  network.run();
  EXPECT_THAT(sent(), HasSubstr("<ping"));
  pass(LiveStream::quick_answer);
  EXPECT_EQ(reason(), "SERVER_SILENT");
  // And one that waits does not wait any longer.
  account_->network_changed();
  network.run();
  EXPECT_EQ(state(), AccountState::connecting);
}

TEST_F(XmppAccountTest, WhatIsNoXmlEndsTheStreamWithAWord) {
  up();
  log_in();
  say("<message><!DOCTYPE x></message>");
  EXPECT_EQ(reason(), "XML_DOCTYPE");
  EXPECT_FALSE(network.wire().open);
}

TEST_F(XmppAccountTest, AnAcknowledgementOfMoreThanWasSentEndsTheStream) {
  up();
  log_in();
  say("<a xmlns='urn:xmpp:sm:3' h='77'/>");
  EXPECT_EQ(reason(), "SM_ACK_TOO_HIGH");
  pass(2s);
  EXPECT_THAT(authenticate(), HasSubstr("<bind")) << "such a stream is not resumed";
}

TEST_F(XmppAccountTest, WhomTheServerSendsAwayGoesThere) {
  up();
  log_in();
  say(
      stream_error("<see-other-host xmlns='urn:ietf:params:xml:ns:xmpp-streams'>"
                   "other.example.net:5299</see-other-host>"));
  EXPECT_EQ(reason(), "STREAM_REDIRECT");
  pass(2s);
  EXPECT_EQ(network.queries.back().server, (HostPort{"other.example.net", 5299}));
  hang_up();
  pass(told.reports.back().retry_in);
  EXPECT_EQ(network.queries.back().server, std::nullopt) << "once";
}

TEST_F(XmppAccountTest, LeavesInOrder) {
  up();
  log_in();
  say("<message from='a@example.org'/>");
  bool left = false;
  account_->leave([&] { left = true; });
  network.run();
  EXPECT_TRUE(left);
  EXPECT_EQ(sent(), "<a xmlns='urn:xmpp:sm:3' h='1'/></stream:stream>");
  EXPECT_TRUE(network.wire().ended);
}

TEST_F(XmppAccountTest, AServerThatTakesNothingKeepsNobody) {
  up();
  log_in();
  network.wire().stuck = true;
  bool left = false;
  account_->leave([&] { left = true; });
  pass(1s);
  EXPECT_FALSE(left);
  pass(200ms);
  EXPECT_TRUE(left);
}

TEST_F(XmppAccountTest, OnlyAChangedWayIsTakenAnew) {
  up();
  log_in();
  const size_t before = told.reports.size();
  model::Account changed = user();
  changed.settings.display_name = "Me";
  account_->update(changed, base::Secret("pencil"));
  network.run();
  EXPECT_EQ(network.connects.size(), 1U);
  ASSERT_EQ(told.reports.size(), before + 1) << "whoever asked waits for a state";
  EXPECT_EQ(state(), AccountState::online);
  changed.settings.server = "b.example.org";
  account_->update(changed, base::Secret("pencil"));
  network.run();
  EXPECT_EQ(network.queries.back().server, (HostPort{"b.example.org", 0}));
  EXPECT_TRUE(network.wires[0]->ended);
}

TEST_F(XmppAccountTest, LessThanWasOnceOfferedIsRefusedAfterARestart) {
  told.facts["account/me/xmpp.pins"] = "scram";
  up();
  sent();
  const std::string said = say(kHeader + features(mechanisms({"PLAIN"})));
  EXPECT_EQ(reason(), "SASL_DOWNGRADE");
  EXPECT_THAT(said, Not(HasSubstr("<auth")));
}

TEST_F(XmppAccountTest, AToldPasswordIsToldOf) {
  up();
  sent();
  EXPECT_THAT(say(kHeader + features(mechanisms({"PLAIN"}))), HasSubstr("mechanism='PLAIN'"));
  say(sasl("success", ""));
  const std::string bind = say(kHeader + features(kBind));
  say(bound(bind));
  EXPECT_EQ(state(), AccountState::online);
  EXPECT_THAT(told.notices, ElementsAre("PASSWORD_DISCLOSED"));
  EXPECT_EQ(told.facts["account/me/xmpp.pins"], "plain");
}

TEST_F(XmppAccountTest, AnAddressThatIsNoneIsSaidAtOnce) {
  model::Account account = user();
  account.address = "xmpp:us er@example.org";
  up(account);
  EXPECT_EQ(state(), AccountState::failed);
  EXPECT_EQ(reason(), "JID_MALFORMED");
  account_->update(account, base::Secret("x"));
  EXPECT_EQ(reason(), "JID_MALFORMED");
}

// ---- messages --------------------------------------------------------------------------

TEST_F(XmppAccountTest, AMessageIsSentWhenTheServerSaysSoAndOnlyOnce) {
  up();
  const ports::OutgoingMessage message{model::AccountId("me"), model::MessageId("m1"),
                                       "xmpp:bob@example.org", "hi"};
  account_->send_message(message);
  account_->send_message(message);
  const std::string first = log_in();
  EXPECT_THAT(first, HasSubstr("<body>hi</body>"));
  EXPECT_EQ(first.find("<body>"), first.rfind("<body>"));
  EXPECT_THAT(told.news, ElementsAre());
  acknowledge(first_stanzas + 1);
  EXPECT_THAT(told.news, ElementsAre("m1 sent "));
  account_->send_message(message);
  network.run();
  EXPECT_THAT(sent(), Not(HasSubstr("<body>"))) << "the core may not know yet";
}

TEST_F(XmppAccountTest, AMessageIsAcknowledgedWhenItIsStoredAndSoAreThoseBehindIt) {
  up();
  log_in();
  say("<message from='bob@example.org/x' id='b1'><body>one</body></message>"
      "<presence from='bob@example.org/x'/><r xmlns='urn:xmpp:sm:3'/>");
  ASSERT_EQ(told.received.size(), 1U);
  EXPECT_EQ(told.received[0].peer, "xmpp:bob@example.org");
  EXPECT_EQ(told.received[0].sender, "xmpp:bob@example.org/x");
  EXPECT_THAT(say("<r xmlns='urn:xmpp:sm:3'/>"), HasSubstr("h='0'"));
  account_->message_stored(told.received[0].ticket);
  network.run();
  EXPECT_THAT(say("<r xmlns='urn:xmpp:sm:3'/>"), HasSubstr("h='2'"));
}

TEST_F(XmppAccountTest, WhatWasNotStoredComesAgainAndOldTicketsCountForNothing) {
  up();
  log_in();
  const std::string message =
      "<message from='bob@example.org/x' id='b1'><body>one</body></message>";
  say(message);
  account_->message_not_stored();
  EXPECT_EQ(reason(), "STORE_WRITE_FAILED");
  pass(2s);
  EXPECT_THAT(authenticate(), HasSubstr("<resume xmlns='urn:xmpp:sm:3' h='0'"));
  say("<resumed xmlns='urn:xmpp:sm:3' h='2' previd='s1'/>" + message);
  ASSERT_EQ(told.received.size(), 2U);
  account_->message_stored(told.received[0].ticket);
  EXPECT_THAT(say("<r xmlns='urn:xmpp:sm:3'/>"), HasSubstr("h='0'"));
  account_->message_stored(told.received[1].ticket);
  EXPECT_THAT(say("<r xmlns='urn:xmpp:sm:3'/>"), HasSubstr("h='1'"));
}

TEST_F(XmppAccountTest, OnlyContactsGetReceipts) {
  up();
  log_in();
  say("<iq type='set' id='p'><query xmlns='jabber:iq:roster'>"
      "<item jid='bob@example.org' subscription='both'/></query></iq>");
  for (const char* who : {"bob", "eve"})
    say("<message from='" + std::string(who) + "@example.org/x' id='" + who +
        "'><body>x</body><request xmlns='urn:xmpp:receipts'/></message>");
  ASSERT_EQ(told.received.size(), 2U);
  EXPECT_EQ(sent(), "") << "not before it is stored";
  for (const auto& each : told.received) account_->message_stored(each.ticket);
  network.run();
  const std::string said = sent();
  EXPECT_THAT(said, HasSubstr("bob@example.org/x"));
  EXPECT_THAT(said, Not(HasSubstr("eve@")));
}

TEST_F(XmppAccountTest, TheServerWaitsWhileTheDiskDoes) {
  up();
  log_in();
  std::string many;
  for (int i = 0; i < 1000; ++i) many += "<message from='bob@example.org'><body>x</body></message>";
  say(many);
  EXPECT_FALSE(network.wire().read) << "as many wait as may";
  account_->message_stored(told.received[0].ticket);
  EXPECT_TRUE(network.wire().read);
}

// ---- contacts --------------------------------------------------------------------------

TEST_F(XmppAccountTest, AListOfManyPartsIsOneStanza) {
  up();
  const std::string first = log_in();
  const std::string request = first.substr(0, first.find("jabber:iq:roster"));
  const std::string id = Login::attribute_of(request.substr(request.rfind("<iq")), "id");
  std::string items;
  for (int i = 0; i < 5000; ++i)
    items += "<item jid='p" + std::to_string(i) + "@example.org' subscription='both'/>";
  say("<iq type='result' id='" + id + "'><query xmlns='jabber:iq:roster'>" + items +
      "</query></iq><presence from='p4999@example.org/x'/>");
  size_t entries = 0;
  for (const auto& each : told.rosters) entries += each.entries.size();
  EXPECT_EQ(entries, 5000U);
  EXPECT_GT(told.rosters.size(), 50U);
  EXPECT_TRUE(told.rosters.front().begins);
  EXPECT_TRUE(told.rosters.back().complete);
  EXPECT_EQ(told.presences.size(), 1U);
  EXPECT_THAT(say("<r xmlns='urn:xmpp:sm:3'/>"), HasSubstr("h='2'"));
}

TEST_F(XmppAccountTest, AListThatIsKnownIsNotToldAgain) {
  ports::KnownRoster known{{{"xmpp:bob@example.org", "Bob", {}, model::Subscription::both, false}},
                           "v7"};
  up(user(), "pencil", known);
  const std::string bind = authenticate(kBind + kSm + "<ver xmlns='urn:xmpp:features:rosterver'/>");
  say(bound(bind));
  const std::string first = say("<enabled xmlns='urn:xmpp:sm:3' id='s1' resume='true'/>");
  const size_t query = first.find("jabber:iq:roster");
  EXPECT_THAT(first.substr(query, 40), HasSubstr("ver=\"v7\""));
  const std::string id = Login::attribute_of(first.substr(first.rfind("<iq", query)), "id");
  say("<iq type='result' id='" + id + "'/><presence from='bob@example.org/x'/>");
  EXPECT_THAT(told.rosters, testing::IsEmpty());
  EXPECT_EQ(told.presences.size(), 1U) << "he is known";
}

TEST_F(XmppAccountTest, WithoutVersionsTheWholeListIsAskedFor) {
  up(user(), "pencil", {{{"xmpp:bob@example.org", "Bob", {}, {}, false}}, "v7"});
  EXPECT_THAT(log_in(), testing::Not(HasSubstr("ver=\"v7\"")));
}

// ---- whether anybody uses it -------------------------------------------------------------

const std::string kCsi = "<csi xmlns='urn:xmpp:csi:0'/>";

TEST_F(XmppAccountTest, TellsTheServerWhetherAnybodyUsesIt) {
  up();
  const std::string bind = authenticate(kBind + kSm + kCsi);
  say(bound(bind));
  EXPECT_THAT(say("<enabled xmlns='urn:xmpp:sm:3' id='s1' resume='true'/>"),
              testing::Not(HasSubstr("urn:xmpp:csi:0")));
  acknowledge(first_stanzas);
  account_->set_in_use(false, [] {});
  network.run();
  EXPECT_THAT(sent(), HasSubstr("<inactive xmlns='urn:xmpp:csi:0'/>"));
  bool caught_up = false;
  account_->set_in_use(true, [&] { caught_up = true; });
  network.run();
  const std::string said = sent();
  EXPECT_THAT(said, HasSubstr("<active xmlns='urn:xmpp:csi:0'/><iq"));
  EXPECT_FALSE(caught_up);
  say("<iq type='result' from='example.org' id='" +
      Login::attribute_of(said.substr(said.find("<iq")), "id") + "'/>");
  EXPECT_TRUE(caught_up);
  // What says so is no stanza, and counts for none.
  acknowledge(first_stanzas + 1);
  EXPECT_EQ(state(), AccountState::online);
}

TEST_F(XmppAccountTest, AServerThatDoesNotAskIsToldNothing) {
  up();
  log_in();
  account_->set_in_use(false, [] {});
  bool caught_up = false;
  account_->set_in_use(true, [&] { caught_up = true; });
  network.run();
  EXPECT_TRUE(caught_up);
  EXPECT_THAT(sent(), testing::Not(HasSubstr("urn:xmpp:csi:0")));
}

TEST_F(XmppAccountTest, SaysItAnewInEachSession) {
  up();
  account_->set_in_use(false, [] {});
  const std::string bind = authenticate(kBind + kSm + kCsi);
  say(bound(bind));
  EXPECT_THAT(say("<enabled xmlns='urn:xmpp:sm:3' id='s1' resume='true'/>"),
              HasSubstr("<inactive xmlns='urn:xmpp:csi:0'/>"));
  hang_up();
  bool caught_up = false;
  account_->set_in_use(true, [&] { caught_up = true; });
  EXPECT_TRUE(caught_up) << "there is nobody to wait for";
  pass(60s);
  authenticate(kBind + kSm + kCsi);
  EXPECT_THAT(say("<resumed xmlns='urn:xmpp:sm:3' previd='s1' h='0'/>"),
              HasSubstr("<active xmlns='urn:xmpp:csi:0'/>"))
      << "it is not known what the server remembers";
}

TEST_F(XmppAccountTest, NobodyIsThereOnceItHasLeft) {
  up();
  log_in();
  EXPECT_EQ(told.lost, 1);
  account_->leave([] {});
  network.run();
  EXPECT_EQ(told.lost, 2);
}

TEST_F(XmppAccountTest, WhatIsAskedOfTheContactsGoesOut) {
  up();
  log_in();
  account_->with_contacts([](ContactFlow& contacts) {
    contacts.set_presence({model::Availability::away, "out", {}});
  });
  network.run();
  EXPECT_THAT(sent(), HasSubstr("<show>away</show><status>out</status>"));
}

TEST_F(XmppAccountTest, AnswersWhoAsks) {
  up();
  log_in();
  EXPECT_THAT(say("<iq type='get' id='1' from='a@b/c'><ping xmlns='urn:xmpp:ping'/></iq>"),
              HasSubstr("type=\"result\""));
  EXPECT_THAT(say("<iq type='set' id='2' from='a@b/c'><x xmlns='y'/></iq>"),
              HasSubstr("service-unavailable"));
}

TEST_F(XmppAccountTest, WhoSpeaksInPrivateIsWhoTheRoomSays) {
  up();
  log_in();
  const auto from = [](const std::string& who, const std::string& more) {
    return "<message type='chat' from='" + who + "' id='p1'><body>x</body>" + more +
           "<occupant-id xmlns='urn:xmpp:occupant-id:0' id='o-bob'/></message>";
  };
  say(from("tea@rooms.example.org/Bob", "<x xmlns='http://jabber.org/protocol/muc#user'/>"));
  say(from("bob@example.org/x", ""));
  ASSERT_EQ(told.received.size(), 2U);
  EXPECT_EQ(told.received[0].occupant, "o-bob");
  EXPECT_TRUE(told.received[0].lasting);
  EXPECT_EQ(told.received[1].occupant, "") << "who has an address is that";
}

}  // namespace
}  // namespace commd::xmpp
