#include "daemon/xmpp/contact_flow.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "daemon/xmpp/disco.h"
#include "daemon/xmpp/namespaces.h"
#include "tests/unit/xmpp/fake_network.h"
#include "tests/unit/xmpp/stanza_of.h"

namespace commd::xmpp {
namespace {

using namespace std::chrono_literals;
using model::Availability;
using test::stanza_of;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::SizeIs;

struct Told final : ports::ContactEvents {
  void roster_report(ports::RosterReport report) override {
    for (const auto& each : report.entries)
      said.push_back("entry " + each.address + " " + model::to_string(each.subscription));
    for (const auto& each : report.removed) said.push_back("removed " + each);
    if (report.complete) said.push_back("complete");
  }
  void presence_report(ports::PresenceReport report) override {
    said.push_back((report.every_device ? "all of " : "") + report.address + "/" +
                   report.resource.name + " " +
                   model::to_string(report.resource.presence.availability) + " " +
                   report.resource.presence.status + report.resource.client);
    last = report.resource;
  }
  void presence_lost(const model::AccountId&) override { said.push_back("lost"); }
  void subscription_requested(ports::SubscriptionRequest request) override {
    said.push_back((request.withdrawn ? "withdrawn " : "asks ") + request.address + " " +
                   request.text + request.nickname);
  }
  void block_report(ports::BlockReport report) override {
    std::string text = report.blocked ? "blocked" : "unblocked";
    for (const auto& each : report.addresses) text += " " + each;
    said.push_back(text + (report.whole ? " whole" : ""));
  }
  std::vector<std::string> said;
  model::Resource last;
};

class ContactFlowTest : public testing::Test {
 protected:
  void begin(const std::string& items = "<item jid='bob@example.org' subscription='both'/>") {
    flow.session_began({});
    const std::string id = id_of("jabber:iq:roster");
    iq("<iq type='result' id='" + id + "'><query xmlns='jabber:iq:roster'>" + items +
       "</query></iq>");
    told.said.clear();
  }
  void can_block() {
    iq("<iq type='result' id='" + id_of("blocklist") +
       "'><blocklist xmlns='urn:xmpp:blocking'/></iq>");
    told.said.clear();
  }
  bool iq(const std::string& text) { return flow.take_iq(stanza_of(text)); }
  void presence(const std::string& from, const std::string& type = "",
                const std::string& inside = "") {
    flow.take_presence(stanza_of("<presence from='" + from + "'" +
                                 (type.empty() ? "" : " type='" + type + "'") + ">" + inside +
                                 "</presence>"));
  }
  // The id of the last request that holds such a word.
  std::string id_of(const std::string& word) const {
    for (size_t i = sent.size(); i-- > 0;)
      if (sent[i].find(word) != std::string::npos && sent[i].starts_with("<iq")) {
        const size_t at = sent[i].find(" id=\"") + 5;
        return sent[i].substr(at, sent[i].find('"', at) - at);
      }
    ADD_FAILURE() << "nothing with " << word << " was sent";
    return "";
  }
  ports::Contacts::Done note() {
    return [this](base::Result<void> result) {
      results.push_back(result ? "done" : result.error().reason);
    };
  }
  std::vector<std::string> heard() { return std::exchange(told.said, {}); }

  test::StillClock clock;
  test::StillTimers timers{clock};
  Told told;
  std::vector<std::string> sent, results;
  bool full = false;
  Roster roster{*Jid::parse("me@example.org")};
  ContactFlow flow{{model::AccountId("me"), *Jid::parse("me@example.org"), roster, timers, clock,
                    told, [this](const Stanza& stanza, StanzaKind) {
                      if (!full) sent.push_back(stanza.to_text());
                      return !full;
                    }}};
};

const std::string kBob = "bob@example.org/phone";

TEST_F(ContactFlowTest, AsksForTheListsAndThenSaysThatItIsThere) {
  flow.session_began({});
  ASSERT_EQ(sent.size(), 3U);
  EXPECT_THAT(sent[0], HasSubstr("jabber:iq:roster"));
  EXPECT_THAT(sent[1], HasSubstr("urn:xmpp:blocking"));
  EXPECT_THAT(sent[2], HasSubstr("<presence"));
  EXPECT_THAT(heard(), ElementsAre("lost"));
  iq("<iq type='result' id='" + id_of("jabber:iq:roster") +
     "'><query xmlns='jabber:iq:roster'><item jid='bob@example.org' "
     "subscription='to'/></query></iq>");
  EXPECT_THAT(heard(), ElementsAre("entry xmpp:bob@example.org to", "complete"));
}

TEST_F(ContactFlowTest, TellsWhoComesAndGoes) {
  begin();
  presence(kBob, "", "<status>hi</status>");
  presence("bob@example.org/pc", "", "<show>away</show>");
  presence(kBob, "unavailable", "<status>bye</status>");
  presence("bob@example.org", "error");
  EXPECT_THAT(heard(), ElementsAre("xmpp:bob@example.org/phone available hi",
                                   "xmpp:bob@example.org/pc away ",
                                   "xmpp:bob@example.org/phone unavailable bye",
                                   "all of xmpp:bob@example.org/ unavailable "));
  presence("bob@example.org", "unavailable");
  presence(kBob, "unavailable");
  EXPECT_THAT(heard(), IsEmpty()) << "he was not there";
  presence("bob@example.org", "unavailable",
           "<delay xmlns='urn:xmpp:delay' stamp='2023-11-14T22:13:19Z'/>");
  EXPECT_THAT(heard(), SizeIs(1)) << "when he was last";
}

TEST_F(ContactFlowTest, WhoIsOnNoListIsNotHeard) {
  begin();
  presence("eve@example.org/x");
  presence("eve@example.org/x", "unavailable");
  presence("me@example.org/other");
  EXPECT_THAT(heard(), IsEmpty());
}

TEST_F(ContactFlowTest, OnePersonHasSoManyDevices) {
  begin();
  for (int i = 0; i < 100; ++i) presence("bob@example.org/d" + std::to_string(i));
  EXPECT_EQ(heard().size(), model::max_resources);
  presence("bob@example.org/d3", "", "<show>xa</show>");
  EXPECT_EQ(heard().size(), 1U) << "those that are known go on";
}

TEST_F(ContactFlowTest, TheSameAgainBeginsNothing) {
  begin();
  presence(kBob, "", "<show>away</show>");
  const auto since = told.last.presence.time;
  clock.wall += 60s;
  presence(kBob, "", "<show>away</show>");
  EXPECT_EQ(told.last.presence.time, since);
  presence(kBob);
  EXPECT_EQ(told.last.presence.time, since + 60s);
}

TEST_F(ContactFlowTest, WhoAsksIsTold) {
  begin();
  presence("eve@example.org", "subscribe",
           "<status>please</status><nick xmlns='http://jabber.org/protocol/nick'>Eve</nick>");
  presence("bob@example.org", "subscribe");
  presence("eve@example.org", "unsubscribe");
  EXPECT_THAT(heard(), ElementsAre("asks xmpp:eve@example.org pleaseEve",
                                   "withdrawn xmpp:eve@example.org "));
}

TEST_F(ContactFlowTest, WhatWasKnownOutlivesAShortCut) {
  begin();
  presence(kBob);
  heard();
  flow.session_cut(true);
  flow.session_resumed();
  while (timers.fire(clock.mono + 10min)) {
  }
  EXPECT_THAT(heard(), IsEmpty());
  flow.session_cut(true);
  while (timers.fire(clock.mono + 10min)) {
  }
  EXPECT_THAT(heard(), ElementsAre("lost"));
  flow.session_resumed();
  EXPECT_THAT(heard(), ElementsAre("xmpp:bob@example.org/phone available "));
  flow.session_cut(false);
  EXPECT_THAT(heard(), ElementsAre("lost"));
  flow.session_began({});
  EXPECT_THAT(heard(), ElementsAre("lost"));
}

// ---- what this end says of itself --------------------------------------------------------

TEST_F(ContactFlowTest, SaysWhatItWasTold) {
  flow.set_presence({Availability::away, "out", {}});
  EXPECT_THAT(sent, IsEmpty());
  begin();
  EXPECT_THAT(sent[2], HasSubstr("<show>away</show><status>out</status>"));
  sent.clear();
  flow.set_presence({Availability::away, "out", {}});
  EXPECT_THAT(sent, IsEmpty()) << "once is enough";
  flow.set_presence({Availability::available, {}, {}});
  EXPECT_THAT(sent, ElementsAre(HasSubstr("<presence")));
  presence(kBob);
  heard();
  flow.set_presence({Availability::unavailable, {}, {}});
  EXPECT_EQ(sent.back(), "<presence type=\"unavailable\"/>");
  EXPECT_THAT(heard(), ElementsAre("lost"));
  sent.clear();
  begin();
  for (const std::string& each : sent) EXPECT_THAT(each, Not(HasSubstr("<presence")));
}

TEST_F(ContactFlowTest, WhatItWasToldDuringACutIsSaidWhenTheStreamGoesOn) {
  begin();
  flow.session_cut(true);
  sent.clear();
  flow.set_presence({Availability::dnd, {}, {}});
  EXPECT_THAT(sent, IsEmpty());
  flow.session_resumed();
  EXPECT_THAT(sent, ElementsAre(HasSubstr("<show>dnd</show>")));
}

TEST_F(ContactFlowTest, IsIdleSinceItWasUsed) {
  clock.mono += 90s;
  EXPECT_EQ(flow.idle(), 90s);
  flow.used();
  EXPECT_EQ(flow.idle(), 0s);
}

// ---- what is asked of the server ---------------------------------------------------------

TEST_F(ContactFlowTest, ChangesAreTrueWhenTheServerSaysSo) {
  begin();
  flow.put_contact({"xmpp:carol@example.org", "Carol", {"Work"}, {}, false}, note());
  EXPECT_THAT(sent.back(), HasSubstr("<group>Work</group>"));
  EXPECT_THAT(results, IsEmpty());
  EXPECT_FALSE(iq("<iq type='result' from='eve@example.org' id='" + id_of("Carol") + "'/>"))
      << "somebody else's answer";
  EXPECT_THAT(results, IsEmpty());
  EXPECT_TRUE(iq("<iq type='result' id='" + id_of("Carol") + "'/>"));
  flow.remove_contact("xmpp:bob@example.org", note());
  iq("<iq type='error' id='" + id_of("remove") +
     "'><error type='cancel'><item-not-found "
     "xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error></iq>");
  EXPECT_THAT(results, ElementsAre("done", "XMPP_ITEM_NOT_FOUND"));
}

TEST_F(ContactFlowTest, PresenceIsSentWhenWhatIsAskedBehindItIsAnswered) {
  begin();
  flow.ask_presence("xmpp:carol@example.org", "Me", note());
  const size_t at = sent.size() - 2;
  EXPECT_THAT(sent[at], HasSubstr("type=\"subscribe\""));
  EXPECT_THAT(results, IsEmpty());
  iq("<iq type='error' from='example.org' id='" + id_of("urn:xmpp:ping") + "'/>");
  flow.allow_presence("xmpp:carol@example.org", false, note());
  EXPECT_THAT(sent[sent.size() - 2], HasSubstr("type=\"unsubscribed\""));
  iq("<iq type='result' from='example.org' id='" + id_of("urn:xmpp:ping") + "'/>");
  EXPECT_THAT(results, ElementsAre("done", "done"));
}

TEST_F(ContactFlowTest, WhatCannotBeAskedFailsAtOnceAndWhatIsNotAnsweredLater) {
  flow.remove_contact("xmpp:bob@example.org", note());
  begin();
  full = true;
  flow.remove_contact("xmpp:bob@example.org", note());
  full = false;
  flow.remove_contact("xmpp:not@@one", note());
  EXPECT_THAT(results, ElementsAre("ACCOUNT_NOT_ONLINE", "OUTBOX_FULL", "JID_MALFORMED"));
  results.clear();
  flow.remove_contact("xmpp:bob@example.org", note());
  while (timers.fire(clock.mono + 29s)) {
  }
  EXPECT_THAT(results, IsEmpty());
  while (timers.fire(clock.mono + 31s)) {
  }
  EXPECT_THAT(results, ElementsAre("SERVER_SILENT"));
  flow.remove_contact("xmpp:bob@example.org", note());
  flow.session_cut(true);
  flow.session_began({});
  EXPECT_THAT(results, ElementsAre("SERVER_SILENT", "CONNECTION_LOST"));
}

// ---- blocking ----------------------------------------------------------------------------

TEST_F(ContactFlowTest, BlocksWhereTheServerCan) {
  begin();
  flow.set_blocked("xmpp:eve@example.org", true, note());
  EXPECT_THAT(results, ElementsAre("BLOCKING_NOT_SUPPORTED"));
  can_block();
  flow.set_blocked("xmpp:eve@example.org", true, note());
  EXPECT_THAT(sent.back(), HasSubstr("<block xmlns=\"urn:xmpp:blocking\"><item jid=\"eve@"));
  iq("<iq type='result' id='" + id_of("<block ") + "'/>");
  EXPECT_EQ(results.back(), "done");
}

TEST_F(ContactFlowTest, BlockListsComeFromTheOwnServerAlone) {
  begin();
  const std::string block =
      "<block xmlns='urn:xmpp:blocking'><item jid='eve@example.org'/><item "
      "jid='spam.org'/></block>";
  EXPECT_FALSE(iq("<iq type='set' id='p' from='eve@example.org'>" + block + "</iq>"));
  EXPECT_THAT(heard(), IsEmpty());
  EXPECT_TRUE(iq("<iq type='set' id='p'>" + block + "</iq>"));
  EXPECT_THAT(sent.back(), HasSubstr("type=\"result\""));
  EXPECT_TRUE(iq("<iq type='set' id='p'><unblock xmlns='urn:xmpp:blocking'/></iq>"));
  EXPECT_THAT(heard(),
              ElementsAre("blocked xmpp:eve@example.org xmpp:spam.org", "unblocked whole"));
  iq("<iq type='result' id='" + id_of("blocklist") +
     "'><blocklist xmlns='urn:xmpp:blocking'><item jid='eve@example.org'/></blocklist></iq>");
  EXPECT_THAT(heard(), ElementsAre("blocked xmpp:eve@example.org whole"));
}

// ---- programs ------------------------------------------------------------------------------

class CapsTest : public ContactFlowTest {
 protected:
  static std::string ver() {
    return caps_ver({{{"client", "phone", "", "Dino"}}, {"a", "b"}, {}}, Hash::sha1);
  }
  static std::string caps(const std::string& ver) {
    return "<c xmlns='http://jabber.org/protocol/caps' hash='sha-1' node='n' ver='" + ver + "'/>";
  }
  void answer(const std::string& from, const std::string& name = "Dino") {
    iq("<iq type='result' id='" + id_of("disco#info") + "' from='" + from +
       "'><query xmlns='http://jabber.org/protocol/disco#info'><identity category='client' "
       "type='phone' name='" +
       name + "'/><feature var='b'/><feature var='a'/></query></iq>");
  }
  size_t questions() const {
    return static_cast<size_t>(std::count_if(sent.begin(), sent.end(), [](const auto& each) {
      return each.find("disco#info\"") != std::string::npos;
    }));
  }
};

TEST_F(CapsTest, OneAnswersForAllWhoSayTheSame) {
  begin(
      "<item jid='bob@example.org' subscription='both'/>"
      "<item jid='carol@example.org' subscription='both'/>");
  presence(kBob, "", caps(ver()));
  presence("carol@example.org/x", "", caps(ver()));
  EXPECT_EQ(questions(), 1U);
  EXPECT_THAT(sent.back(), HasSubstr("node=\"n#" + ver() + "\""));
  heard();
  answer(kBob);
  EXPECT_THAT(heard(), ElementsAre("xmpp:bob@example.org/phone available Dino",
                                   "xmpp:carol@example.org/x available Dino"));
  EXPECT_EQ(told.last.client_type, "phone");
  presence("bob@example.org/2", "", caps(ver()));
  EXPECT_EQ(told.last.client, "Dino");
  EXPECT_EQ(questions(), 1U);
}

TEST_F(CapsTest, ALiarSpeaksForNobody) {
  begin(
      "<item jid='bob@example.org' subscription='both'/>"
      "<item jid='eve@example.org' subscription='both'/>");
  presence("eve@example.org/x", "", caps(ver()));
  presence(kBob, "", caps(ver()));
  heard();
  answer("eve@example.org/x", "Evil");
  EXPECT_THAT(heard(), IsEmpty());
  EXPECT_EQ(questions(), 2U) << "the next one is asked";
  answer(kBob);
  EXPECT_EQ(told.last.client, "Dino");
}

TEST_F(CapsTest, WhoMayNotKnowIsNotAsked) {
  begin("<item jid='bob@example.org' subscription='to'/>");
  presence(kBob, "", caps(ver()));
  EXPECT_EQ(questions(), 0U);
}

TEST_F(CapsTest, NotMoreAreAskedThanMayBe) {
  std::string items;
  for (int i = 0; i < 1000; ++i)
    items += "<item jid='p" + std::to_string(i) + "@example.org' subscription='both'/>";
  begin(items);
  for (int i = 0; i < 1000; ++i)
    presence("p" + std::to_string(i) + "@example.org/x", "", caps("v" + std::to_string(i)));
  EXPECT_EQ(questions(), CapsLookup::most_asked);
  // Who does not answer gives way to the next.
  while (timers.fire(clock.mono + 30min)) {
  }
  EXPECT_EQ(questions(), CapsLookup::most_wanted);
}

}  // namespace
}  // namespace commd::xmpp
