// An account, its archive and its other devices.
#include "tests/unit/xmpp/account_fixture.h"

namespace commd::xmpp {
namespace {

using testing::ElementsAre;
using testing::Not;

TEST_F(XmppAccountTest, ReadsTheArchiveFromWhereItKnewEverything) {
  told.facts["account/me/xmpp.archive"] = "a1";
  up();
  const std::string said = log_in();
  EXPECT_THAT(said, HasSubstr("<enable xmlns=\"urn:xmpp:carbons:2\""));
  EXPECT_THAT(said, HasSubstr("<after>a1</after>"));
  const std::string first = archive_question(said);
  say(archived(first, "a2",
               inner("bob@example.org/x", "user@example.org", "b1", "<body>one</body>")));
  ASSERT_EQ(told.received.size(), 1U);
  EXPECT_EQ(told.received[0].time, base::WallTime(std::chrono::seconds(981'173'106)));
  // The place moves when the page is on disk, and the next page is not asked for before.
  EXPECT_EQ(say(fin(first, "a2", "")), "");
  EXPECT_EQ(told.facts["account/me/xmpp.archive"], "a1");
  account_->message_stored(told.received[0].ticket);
  network.run();
  const std::string more = sent();
  EXPECT_EQ(told.facts["account/me/xmpp.archive"], "a2");
  EXPECT_THAT(more, HasSubstr("<after>a2</after>"));
  say(fin(archive_question(more)));
  EXPECT_THAT(sent(), Not(HasSubstr("queryid")));
}

TEST_F(XmppAccountTest, TheFirstTimeTheBeginningIsLookedForBackwards) {
  up();
  std::string said = log_in();
  EXPECT_THAT(said, HasSubstr("<before"));
  EXPECT_THAT(said, HasSubstr("var=\"start\""));
  std::string question = archive_question(said);
  for (int i = 0; i < 100; ++i)
    say(archived(question, "x",
                 inner("bob@example.org/x", "user@example.org", "b", "<body>y</body>")));
  EXPECT_TRUE(told.received.empty()) << "only counted";
  said = say(fin(question, "a100", ""));
  EXPECT_THAT(said, HasSubstr("<before>a100</before>"));
  question = archive_question(said);
  said = say(fin(question, "a1"));
  EXPECT_THAT(said, Not(HasSubstr("<before")));
  EXPECT_THAT(said, HasSubstr("var=\"start\"")) << "all of the last days";
}

TEST_F(XmppAccountTest, APlaceThatTheArchiveHasForgottenIsLookedForAnew) {
  told.facts["account/me/xmpp.archive"] = "gone";
  up();
  const std::string question = archive_question(log_in());
  EXPECT_THAT(say("<iq type='error' id='" + question +
                  "'><error type='cancel'><item-not-found "
                  "xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error></iq>"),
              HasSubstr("<before"));
}

TEST_F(XmppAccountTest, WhatOthersSayOfTheArchiveIsForNothing) {
  told.facts["account/me/xmpp.archive"] = "a1";
  up();
  const std::string question = archive_question(log_in());
  const std::string forged =
      inner("bob@example.org/x", "user@example.org", "b1", "<body>forged</body>");
  say(archived(question, "a2", forged, "eve@example.org/x"));
  say(archived(question, "a2", forged, "user@example.org/x"));
  say(archived("another", "a2", forged));
  say("<iq type='result' from='eve@example.org' id='" + question +
      "'><fin xmlns='urn:xmpp:mam:2' complete='true'/></iq>");
  EXPECT_TRUE(told.received.empty());
  say(archived(question, "a2", forged, "user@example.org"));
  EXPECT_EQ(told.received.size(), 1U);
}

TEST_F(XmppAccountTest, CarbonCopiesComeFromTheAccountAlone) {
  up();
  log_in();
  const auto carbon = [&](const std::string& from, const char* kind, const std::string& message) {
    say("<message from='" + from + "'><" + kind +
        " xmlns='urn:xmpp:carbons:2'><forwarded xmlns='urn:xmpp:forward:0'>" + message +
        "</forwarded></" + kind + "></message>");
  };
  const std::string came =
      inner("bob@example.org/x", "user@example.org/y", "b1", "<body>came</body>");
  const std::string went =
      inner("user@example.org/y", "bob@example.org", "u1", "<body>went</body>");
  for (const char* forger : {"eve@example.org", "user@example.org/y", "example.org"})
    carbon(forger, "received", came);
  carbon("user@example.org", "received", went);
  carbon("user@example.org", "sent", came);
  EXPECT_TRUE(told.received.empty());
  carbon("user@example.org", "received", came);
  carbon("user@example.org", "sent", went);
  ASSERT_EQ(told.received.size(), 2U);
  EXPECT_FALSE(told.received[0].outgoing);
  EXPECT_TRUE(told.received[1].outgoing);
  EXPECT_EQ(told.received[1].peer, "xmpp:bob@example.org");
  EXPECT_EQ(told.received[1].sender, "xmpp:user@example.org/y");
  EXPECT_EQ(told.received[1].remote_id, "u1");
}

TEST_F(XmppAccountTest, WhatMayHaveGoneOutWaitsForTheArchiveAndIsNotSentTwice) {
  told.facts["account/me/xmpp.archive"] = "a0";
  up();
  for (const char* id : {"m1", "m2"})
    account_->send_message(
        {model::AccountId("me"), model::MessageId(id), "xmpp:bob@example.org", id, {}, true});
  account_->send_message(
      {model::AccountId("me"), model::MessageId("m3"), "xmpp:bob@example.org", "m3", {}, false});
  std::string said = log_in();
  EXPECT_THAT(said, Not(HasSubstr("<body>")));
  const std::string question = archive_question(said);
  say(archived(question, "a1",
               inner("user@example.org/z", "bob@example.org", "m1", "<body>m1</body>")));
  EXPECT_THAT(told.news, ElementsAre("m1 sent "));
  EXPECT_TRUE(told.received.empty());
  said = say(fin(question, "a1"));
  EXPECT_THAT(said, Not(HasSubstr("<body>m1</body>")));
  EXPECT_THAT(said, HasSubstr("<body>m2</body>"));
  EXPECT_LT(said.find("<body>m2"), said.find("<body>m3")) << "in their order";
}

// Else the next daemon would look for it behind itself.
TEST_F(XmppAccountTest, ThePlaceIsNotBehindWhatTheServerHasNotAcknowledged) {
  told.facts["account/me/xmpp.archive"] = "a0";
  up();
  account_->send_message(
      {model::AccountId("me"), model::MessageId("m1"), "xmpp:bob@example.org", "m1"});
  const std::string question = archive_question(log_in());
  say(archived(question, "a1",
               inner("user@example.org/z", "bob@example.org", "m1", "<body>m1</body>")));
  say(fin(question, "a1"));
  EXPECT_THAT(told.news, ElementsAre());
  EXPECT_EQ(told.facts["account/me/xmpp.archive"], "a0");
  acknowledge(first_stanzas + 1);
  EXPECT_THAT(told.news, ElementsAre("m1 sent "));
  EXPECT_EQ(told.facts["account/me/xmpp.archive"], "a1");
}

TEST_F(XmppAccountTest, AnArchiveThatSaysNothingHoldsNothingUpForEver) {
  up();
  account_->send_message(
      {model::AccountId("me"), model::MessageId("m1"), "xmpp:bob@example.org", "m1", {}, true});
  EXPECT_THAT(log_in(), Not(HasSubstr("<body>")));
  acknowledge(first_stanzas);
  pass(MessageFlow::archive_patience);
  EXPECT_THAT(sent(), HasSubstr("<body>m1</body>"));
}

TEST_F(XmppAccountTest, WhatWasOnAStreamThatIsGoneIsAskedOfTheArchiveFirst) {
  up();
  say(fin(archive_question(log_in())));
  acknowledge(first_stanzas);
  account_->send_message(
      {model::AccountId("me"), model::MessageId("m1"), "xmpp:bob@example.org", "m1"});
  network.run();
  EXPECT_THAT(sent(), HasSubstr("<body>m1</body>"));
  hang_up();
  pass(2s);
  EXPECT_THAT(authenticate(), HasSubstr("<resume"));
  const std::string bind = say("<failed xmlns='urn:xmpp:sm:3'/>");
  EXPECT_THAT(say(bound(bind)), HasSubstr("<enable"));
  const std::string said = say("<enabled xmlns='urn:xmpp:sm:3' id='s2' resume='true'/>");
  EXPECT_THAT(said, Not(HasSubstr("<body>")));
  EXPECT_THAT(say(fin(archive_question(said))), HasSubstr("<body>m1</body>"));
}

// While the stream is cut nobody could say whether it arrived.
TEST_F(XmppAccountTest, TheWaitForTheArchiveStandsStillWhileTheStreamIsCut) {
  told.facts["account/me/xmpp.archive"] = "a0";
  up();
  account_->send_message(
      {model::AccountId("me"), model::MessageId("m1"), "xmpp:bob@example.org", "m1", {}, true});
  const std::string question = archive_question(log_in());
  acknowledge(first_stanzas);
  pass(MessageFlow::archive_patience - 1s);
  hang_up();
  pass(2s);
  EXPECT_THAT(authenticate(), HasSubstr("<resume"));
  EXPECT_THAT(
      say("<resumed xmlns='urn:xmpp:sm:3' h='" + std::to_string(first_stanzas) + "' previd='s1'/>"),
      Not(HasSubstr("<body>")));
  EXPECT_EQ(state(), AccountState::online);
  say(archived(question, "a1",
               inner("user@example.org/x", "bob@example.org", "m1", "<body>m1</body>")));
  EXPECT_THAT(say(fin(question)), Not(HasSubstr("<body>"))) << "the archive has it";
  EXPECT_THAT(told.news, testing::Contains("m1 sent "));
}

// Both are accounts here: the same stanza is a message of each.
TEST_F(XmppAccountTest, WhatTwoAccountsHaveOfOneMessageIsNotTheSame) {
  for (const char* id : {"me", "other"}) {
    model::Account account = user();
    account.id = model::AccountId(id);
    told.facts.clear();
    up(account);
    const std::string bind = authenticate();
    say(bound(bind));
    say("<enabled xmlns='urn:xmpp:sm:3' id='s1' resume='true'/>");
    say("<message from='bob@example.org/x' id='b1'><body>one</body></message>");
  }
  ASSERT_EQ(told.received.size(), 2U);
  EXPECT_NE(told.received[0].fingerprint, told.received[1].fingerprint);
}

// The archive knows when it came; what the sender has put in is his own.
TEST_F(XmppAccountTest, TheArchivesTimeComesBeforeThatOfTheMessage) {
  told.facts["account/me/xmpp.archive"] = "a1";
  up();
  const std::string question = archive_question(log_in());
  say(archived(question, "a2",
               inner("bob@example.org/x", "user@example.org", "b1",
                     "<body>one</body><delay xmlns='urn:xmpp:delay' from='example.org' "
                     "stamp='2000-01-01T00:00:00Z'/>")));
  ASSERT_EQ(told.received.size(), 1U);
  EXPECT_EQ(told.received[0].time, base::WallTime(std::chrono::seconds(981'173'106)));
}

// A server that dies with the last one in its hands may have kept it and not sent it on.
TEST_F(XmppAccountTest, TheLastThatIsFoundAfterACutIsSentAgainUnlessItWasAcknowledged) {
  for (const bool acknowledged : {false, true}) {
    told = {};
    told.facts["account/me/xmpp.archive"] = "a0";
    up();
    say(fin(archive_question(log_in())));
    acknowledge(first_stanzas);
    for (const char* id : {"m1", "m2", "m3"})
      account_->send_message(
          {model::AccountId("me"), model::MessageId(id), "xmpp:bob@example.org", id});
    network.run();
    hang_up();
    pass(2s);
    authenticate();
    say(bound(say("<failed xmlns='urn:xmpp:sm:3'/>")));
    const std::string question =
        archive_question(say("<enabled xmlns='urn:xmpp:sm:3' id='s2' resume='true'/>"));
    for (const char* id : {"m1", "m2"})
      say(archived(question, id,
                   inner("user@example.org/z", "bob@example.org", id,
                         "<body>" + std::string(id) + "</body>")));
    EXPECT_THAT(told.news, ElementsAre("m1 sent "));
    if (acknowledged)
      say(archived(question, "r",
                   inner("bob@example.org/x", "user@example.org", "r",
                         "<received xmlns='urn:xmpp:receipts' id='m2'/>")));
    const std::string said = say(fin(question, "r"));
    EXPECT_THAT(said, Not(HasSubstr("<body>m1</body>")));
    EXPECT_EQ(said.find("<body>m2</body>") == std::string::npos, acknowledged);
    EXPECT_THAT(said, HasSubstr("<body>m3</body>"));
    EXPECT_TRUE(told.received.empty());
  }
}

TEST_F(XmppAccountTest, WhatComesLiveMovesThePlaceButOthersDoNot) {
  up();
  say(fin(archive_question(log_in())));
  acknowledge(first_stanzas);
  const auto live = [&](const std::string& id, const std::string& by) {
    say("<message from='bob@example.org/x' id='" + id +
        "'><body>x</body><stanza-id "
        "xmlns='urn:xmpp:sid:0' by='" +
        by + "' id='" + id + "'/></message>");
    account_->message_stored(told.received.back().ticket);
    pass(3s);
    return told.facts["account/me/xmpp.archive"];
  };
  EXPECT_EQ(live("a7", "user@example.org"), "a7");
  EXPECT_EQ(live("forged", "bob@example.org"), "a7");
}

TEST_F(XmppAccountTest, TypingIsToldAsItChangesAndOnlyToContacts) {
  up();
  log_in();
  say("<iq type='set' id='p'><query xmlns='jabber:iq:roster'>"
      "<item jid='bob@example.org' subscription='both'/></query></iq>");
  const std::string composing =
      "<message from='bob@example.org/x'><composing "
      "xmlns='http://jabber.org/protocol/chatstates'/></message>";
  say(composing + composing);
  say("<message from='bob@example.org/x'><body>done</body><active "
      "xmlns='http://jabber.org/protocol/chatstates'/></message>");
  EXPECT_THAT(told.typers, ElementsAre("xmpp:bob@example.org types", "xmpp:bob@example.org rests"));
  for (const char* who : {"bob", "eve"})
    account_->set_typing({model::AccountId("me"), "xmpp:" + std::string(who) + "@example.org",
                          model::Typing::composing});
  network.run();
  const std::string said = sent();
  EXPECT_THAT(said, HasSubstr("<composing"));
  EXPECT_THAT(said, Not(HasSubstr("eve@")));
}

TEST_F(XmppAccountTest, WhoTypedOnAStreamThatIsGoneIsNotToldInTheNext) {
  up();
  log_in();
  say("<iq type='set' id='p'><query xmlns='jabber:iq:roster'>"
      "<item jid='bob@example.org' subscription='both'/></query></iq>");
  account_->set_typing({model::AccountId("me"), "xmpp:bob@example.org", model::Typing::composing});
  network.run();
  EXPECT_THAT(sent(), HasSubstr("<composing"));
  hang_up();
  pass(2s);
  EXPECT_THAT(authenticate(), HasSubstr("<resume"));
  say(bound(say("<failed xmlns='urn:xmpp:sm:3'/>")));
  const std::string said = say("<enabled xmlns='urn:xmpp:sm:3' id='s2' resume='true'/>");
  EXPECT_THAT(said, HasSubstr("<presence"));
  EXPECT_THAT(said, Not(HasSubstr("<composing")));
}

TEST_F(XmppAccountTest, OnlyContactsAreToldWhatWasRead) {
  up();
  const std::string question = archive_question(log_in());
  say("<iq type='set' id='p'><query xmlns='jabber:iq:roster'>"
      "<item jid='bob@example.org' subscription='both'/></query></iq>");
  for (const char* who : {"bob", "eve"}) {
    model::Amendment marker;
    marker.id = model::MessageId(std::string("of ") + who);
    marker.peer = "xmpp:" + std::string(who) + "@example.org";
    marker.kind = model::AmendmentKind::displayed;
    marker.target = "b1";
    account_->send_amendment(marker, false);
  }
  network.run();
  EXPECT_THAT(sent(), Not(HasSubstr("<displayed"))) << "who may know is not known yet";
  const std::string said = say(fin(question));
  EXPECT_THAT(said, HasSubstr("<displayed id=\"b1\""));
  EXPECT_THAT(said, Not(HasSubstr("eve@")));
  EXPECT_THAT(told.news, ElementsAre("of eve failed "));
}

}  // namespace
}  // namespace commd::xmpp
