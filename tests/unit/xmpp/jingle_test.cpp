// Jingle on the wire, and whose a stanza is: nobody but the peer touches a session.
#include <gmock/gmock.h>

#include "daemon/xmpp/crypto.h"
#include "daemon/xmpp/jingle_file.h"
#include "daemon/xmpp/jingle_sessions.h"
#include "daemon/xmpp/namespaces.h"
#include "tests/unit/xmpp/stanza_of.h"

namespace commd::xmpp::test {
namespace {

using testing::HasSubstr;

std::string jingle(const std::string& action, const std::string& inner = "",
                   const std::string& from = "bob@x.test/a", const std::string& sid = "s1") {
  return "<iq type='set' id='i1' from='" + from +
         "' to='alice@x.test/c'><jingle xmlns='urn:xmpp:jingle:1' action='" + action + "' sid='" +
         sid + "'>" + inner + "</jingle></iq>";
}

const std::string offer =
    "<content creator='initiator' name='a' senders='initiator'>"
    "<description "
    "xmlns='urn:xmpp:jingle:apps:file-transfer:5'><file><name>../x.txt</name><size>5</size>"
    "<media-type>text/plain</media-type><range/>"
    "<hash xmlns='urn:xmpp:hashes:2' "
    "algo='sha-256'>LPJNul+wow4m6DsqxbninhsWHlwfp0JecwQzYpOLmCQ=</hash>"
    "</file></description>"
    "<transport xmlns='urn:xmpp:jingle:transports:ibb:1' block-size='4096' sid='t1'/></content>";

TEST(Jingle, IsRead) {
  const Stanza iq = stanza_of(jingle("session-initiate", offer));
  const auto read = read_jingle(iq);
  ASSERT_TRUE(read);
  EXPECT_EQ(read->action, JingleAction::session_initiate);
  EXPECT_EQ(read->sid, "s1");
  EXPECT_EQ(read->from.str(), "bob@x.test/a");
  ASSERT_EQ(read->contents.size(), 1U);
  EXPECT_EQ(read->contents[0].senders, JingleParty::initiator);
  const auto file = read_jingle_file(read->contents[0].description);
  ASSERT_TRUE(file);
  EXPECT_EQ(file->name, "x.txt");
  EXPECT_EQ(file->size, 5U);
  EXPECT_EQ(file->offset, 0U);
  EXPECT_EQ(to_hex(file->sha256),
            "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824");
  const auto ibb = read_ibb(read->contents[0].transport);
  ASSERT_TRUE(ibb);
  EXPECT_EQ(ibb->block_size, 4096U);
}

TEST(Jingle, WhatIsNone) {
  for (const std::string& text :
       {jingle("nonsense"), jingle("session-info", "", "bob@x.test/a", ""),
        jingle("session-info", "", ""), jingle("session-info", "<content name='a'/>"),
        jingle("session-info", "<content creator='both' name='a'/>"),
        jingle("session-info", "<content creator='initiator'/>"),
        jingle("session-info", "<content creator='initiator' name='a' senders='x'/>"),
        jingle("session-info", "", "bob@x.test/a", std::string(300, 's'))})
    EXPECT_FALSE(read_jingle(stanza_of(text))) << text;
  std::string many;
  for (int i = 0; i < 40; ++i) many += "<content creator='initiator' name='a'/>";
  EXPECT_FALSE(read_jingle(stanza_of(jingle("session-info", many))));
}

TEST(Jingle, IsWrittenAsItIsRead) {
  const Jid to = *Jid::parse("bob@x.test/a"), self = *Jid::parse("alice@x.test/c");
  Stanza iq = make_jingle(to, JingleAction::session_initiate, "s9", self);
  const MutableElement content =
      add_content(iq, "f", JingleParty::initiator, JingleParty::initiator);
  JingleFile file{"a b.txt", "text/plain", "words", 7, std::string(32, 'h'), 3};
  write_jingle_file(file, content);
  S5bTransport way{
      "t1",
      {{"c1", "192.0.2.1", 4000, self, 99, CandidateType::direct},
       {"c2", "proxy.x.test", 7777, *Jid::parse("proxy.x.test"), 5, CandidateType::proxy}}};
  write_s5b(way, content);
  const Stanza again = stanza_of(iq.to_text().insert(3, " from='alice@x.test/c'"));
  const auto read = read_jingle(again);
  ASSERT_TRUE(read) << iq.to_text();
  const auto got = read_jingle_file(read->contents.at(0).description);
  ASSERT_TRUE(got);
  EXPECT_EQ(got->name, file.name);
  EXPECT_EQ(got->description, file.description);
  EXPECT_EQ(got->sha256, file.sha256);
  EXPECT_EQ(got->offset, 3U);
  const auto transport = read_s5b(read->contents.at(0).transport);
  ASSERT_TRUE(transport);
  ASSERT_EQ(transport->candidates.size(), 2U);
  EXPECT_EQ(transport->candidates[1].host, "proxy.x.test");
  EXPECT_EQ(transport->candidates[1].type, CandidateType::proxy);
  EXPECT_EQ(transport->candidates[0].priority, 99U);
  const auto end =
      read_jingle(stanza_of(make_jingle_end(to, "s9", JingleReason::failed_transport, "so")
                                .to_text()
                                .insert(3, " from='alice@x.test/c'")));
  ASSERT_TRUE(end);
  EXPECT_EQ(end->reason, JingleReason::failed_transport);
  EXPECT_EQ(end->reason_text, "so");
}

TEST(Jingle, BadCandidatesAreLeftOut) {
  std::string inner;
  for (const char* bad :
       {"cid='' host='a' jid='j' priority='1'", "cid='c' host='' jid='j' priority='1'",
        "cid='c' host='a' jid='@' priority='1'", "cid='c' host='a' jid='j'",
        "cid='c' host='a' jid='j' priority='-1'", "cid='c' host='a' jid='j' priority='1' port='0'",
        "cid='c' host='a' jid='j' priority='1' port='70000'"})
    inner += std::string("<candidate ") + bad + "/>";
  for (int i = 0; i < 40; ++i) inner += "<candidate cid='g' host='a' jid='j' priority='1'/>";
  const Stanza iq = stanza_of("<iq><transport xmlns='urn:xmpp:jingle:transports:s5b:1' sid='t'>" +
                              inner + "</transport></iq>");
  const auto read = read_s5b(iq.first_child());
  ASSERT_TRUE(read);
  EXPECT_EQ(read->candidates.size(), 16U);
  for (const auto& each : read->candidates) EXPECT_EQ(each.cid, "g");
}

class Session : public JingleSession {
 public:
  std::optional<JingleRefusal> judge(const JingleStanza&) override { return refusal; }
  void take(const JingleStanza& stanza) override { taken.push_back(to_string(stanza.action)); }
  std::optional<Condition> refusal;
  std::vector<std::string> taken;
};

struct Sessions : testing::Test {
  std::vector<std::string> sent;
  std::vector<std::string> offers;
  std::optional<JingleRefusal> refusal;
  JingleSessions sessions{[this](const Stanza& iq) { sent.push_back(iq.to_text()); }};
  Sessions() {
    sessions.add_kind({[](const JingleStanza& s) { return s.sid != "other"; },
                       [this](const JingleStanza&) { return refusal; },
                       [this](const JingleStanza& s) { offers.push_back(s.sid); }});
  }
  Session session;
  std::string take(const std::string& text) {
    sent.clear();
    EXPECT_TRUE(sessions.take_iq(stanza_of(text)));
    return sent.size() == 1 ? sent[0] : "not one answer";
  }
};

TEST_F(Sessions, AnOfferIsAcknowledgedAndBegun) {
  EXPECT_THAT(take(jingle("session-initiate", offer)), HasSubstr("type=\"result\""));
  EXPECT_THAT(offers, testing::ElementsAre("s1"));
  refusal = Condition::service_unavailable;
  EXPECT_THAT(take(jingle("session-initiate", offer)), HasSubstr("service-unavailable"));
  refusal.reset();
  EXPECT_THAT(take(jingle("session-initiate", offer, "bob@x.test/a", "other")),
              HasSubstr("service-unavailable"))
      << "of no kind that is spoken here";
  EXPECT_EQ(offers.size(), 1U);
}

TEST_F(Sessions, NobodyElseTouchesASession) {
  sessions.add(*Jid::parse("bob@x.test/a"), "s1", session);
  EXPECT_THAT(take(jingle("session-info")), HasSubstr("type=\"result\""));
  EXPECT_THAT(session.taken, testing::ElementsAre("session-info"));
  for (const char* from : {"bob@x.test/b", "bob@x.test", "eve@x.test/a"})
    EXPECT_THAT(take(jingle("session-terminate", "", from)), HasSubstr("unknown-session"));
  EXPECT_THAT(take(jingle("session-terminate", "", "bob@x.test/a", "s2")),
              HasSubstr("unknown-session"));
  EXPECT_THAT(take(jingle("session-initiate", offer)), HasSubstr("out-of-order"));
  session.refusal = Condition::unexpected_request;
  EXPECT_THAT(take(jingle("session-accept", offer)), HasSubstr("unexpected-request"));
  EXPECT_EQ(session.taken.size(), 1U);
  EXPECT_THAT(take(jingle("nonsense")), HasSubstr("bad-request"));
  sessions.remove(*Jid::parse("bob@x.test/a"), "s1");
  EXPECT_THAT(take(jingle("session-info")), HasSubstr("unknown-session"));
}

TEST_F(Sessions, OtherThingsAreNotTheirs) {
  EXPECT_FALSE(sessions.take_iq(
      stanza_of("<iq type='get' from='a@b/c' id='1'><jingle xmlns='urn:xmpp:jingle:1'/></iq>")));
  EXPECT_FALSE(
      sessions.take_iq(stanza_of("<iq type='set' from='a@b/c' id='1'><query xmlns='q'/></iq>")));
}

}  // namespace
}  // namespace commd::xmpp::test
