#include "daemon/xmpp/message_stanza.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "daemon/base/escape.h"
#include "daemon/xmpp/namespaces.h"
#include "daemon/xmpp/roster.h"
#include "daemon/xmpp/xml_reader.h"

namespace commd::xmpp {
namespace {

using model::MessageState;
using testing::IsEmpty;
using testing::SizeIs;

const base::WallTime kNow{std::chrono::seconds(1'700'000'000)};

const Jid& me() {
  static const Jid jid = *Jid::parse("me@example.org");
  return jid;
}

Stanza parse(const std::string& xml) {
  XmlReader reader;
  reader.push(
      "<stream:stream xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams'>" +
      xml);
  while (true) {
    auto event = reader.next();
    if (!event || !*event) {
      ADD_FAILURE() << xml;
      return Stanza("none");
    }
    if (auto* stanza = std::get_if<Stanza>(&**event)) return std::move(*stanza);
  }
}

std::optional<MessageContent> read(const std::string& inside,
                                   const std::string& attributes = "type='chat' id='m1'") {
  return read_message(
      parse("<message from='bob@example.org/phone' " + attributes + ">" + inside + "</message>"),
      me(), kNow);
}

TEST(MessageStanza, ReadsAChat) {
  const auto content = read(
      "<body xml:lang='de'>hallo</body><body>hello &amp; &lt;you&gt;</body>"
      "<request xmlns='urn:xmpp:receipts'/>");
  ASSERT_TRUE(content && content->chat);
  EXPECT_EQ(content->from.str(), "bob@example.org/phone");
  EXPECT_EQ(content->chat->text, "hello & <you>");
  EXPECT_EQ(content->chat->id, "m1");
  EXPECT_TRUE(content->chat->receipt);
  EXPECT_EQ(content->chat->time, base::WallTime{});
  EXPECT_THAT(content->news, IsEmpty());
}

TEST(MessageStanza, TheSameMessageHasTheSameFingerprintAndOthersHaveNot) {
  const auto print = [](const std::string& inside, const std::string& attributes) {
    return read(inside, attributes)->fingerprint;
  };
  const std::string one = print("<body>x</body>", "id='1'");
  EXPECT_THAT(one, SizeIs(40));
  EXPECT_EQ(print("<body>x</body><delay xmlns='urn:xmpp:delay'/>", "id='1' type='chat'"), one);
  EXPECT_NE(print("<body>y</body>", "id='1'"), one) << "some clients count their ids from one";
  EXPECT_NE(print("<body>x</body>", "id='2'"), one);
  EXPECT_EQ(print("<body>x</body>", ""), "") << "without an id nothing tells two apart";
}

TEST(MessageStanza, OnlyOurOwnServerSaysHowLongItWaited) {
  const auto time = [](const std::string& from, const std::string& stamp) {
    return read("<body>x</body><delay xmlns='urn:xmpp:delay' from='" + from + "' stamp='" + stamp +
                "'/>")
        ->chat->time;
  };
  const base::WallTime then{std::chrono::seconds(1'600'000'000)};
  EXPECT_EQ(time("example.org", "2020-09-13T12:26:40Z"), then);
  EXPECT_EQ(time("me@example.org", "2020-09-13T12:26:40Z"), then);
  EXPECT_EQ(time("bob@example.org", "2020-09-13T12:26:40Z"), base::WallTime{});
  EXPECT_EQ(time("example.net", "2020-09-13T12:26:40Z"), base::WallTime{});
  EXPECT_EQ(time("example.org", "2033-01-01T00:00:00Z"), base::WallTime{}) << "the future";
  const std::string one =
      "<delay xmlns='urn:xmpp:delay' from='example.org' stamp='2020-09-13T12:26:40Z'/>";
  EXPECT_EQ(read("<body>x</body>" + one + one)->chat->time, base::WallTime{})
      << "one of them is the sender's";
}

TEST(MessageStanza, ReadsWhatBecameOfOurs) {
  const auto content = read(
      "<received xmlns='urn:xmpp:receipts' id='a'/>"
      "<displayed xmlns='urn:xmpp:chat-markers:0' id='b'/>");
  ASSERT_TRUE(content);
  EXPECT_FALSE(content->chat);
  ASSERT_THAT(content->news, SizeIs(2));
  EXPECT_EQ(content->news[0].id, "a");
  EXPECT_EQ(content->news[0].state, MessageState::delivered);
  EXPECT_EQ(content->news[1].id, "b");
  EXPECT_EQ(content->news[1].state, MessageState::read);
}

TEST(MessageStanza, AnErrorSaysWhatFailedAndIsNoMessage) {
  const auto content = read(
      "<body>what I wrote</body><error type='cancel'><service-unavailable "
      "xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error>",
      "type='error' id='m1'");
  ASSERT_TRUE(content);
  EXPECT_FALSE(content->chat);
  ASSERT_THAT(content->news, SizeIs(1));
  EXPECT_EQ(content->news[0].state, MessageState::failed);
  EXPECT_EQ(content->news[0].error.reason, "XMPP_SERVICE_UNAVAILABLE");
}

TEST(MessageStanza, WhatIsNoMessageOfAPersonIsNone) {
  EXPECT_FALSE(read("<body>x</body>", "type='groupchat'"));
  EXPECT_FALSE(read("<body>x</body>", "type='headline'"));
  EXPECT_FALSE(read_message(parse("<message><body>x</body></message>"), me(), kNow));
  EXPECT_FALSE(read_message(parse("<message from='@x'><body>x</body></message>"), me(), kNow));
  // A carbon copy that nobody has asked for is no message of whom it names.
  const auto carbon = read(
      "<received xmlns='urn:xmpp:carbons:2'><forwarded xmlns='urn:xmpp:forward:0'><message "
      "xmlns='jabber:client' "
      "from='eve@example.org'><body>x</body></message></forwarded></received>");
  ASSERT_TRUE(carbon);
  EXPECT_FALSE(carbon->chat);
  EXPECT_THAT(carbon->news, IsEmpty());
}

TEST(MessageStanza, LongTextsAreCutAndStayText) {
  std::string text;
  while (text.size() < model::max_message_bytes + 10) text += "ü";
  const auto content = read("<body>x" + text + "</body>");
  ASSERT_TRUE(content && content->chat);
  EXPECT_LE(content->chat->text.size(), model::max_message_bytes + 2);
  EXPECT_TRUE(base::is_valid_utf8(content->chat->text));
  EXPECT_EQ(read("<body>x</body>", "id='" + std::string(600, 'a') + "'")->chat->id, "");
}

TEST(MessageStanza, ReadsTyping) {
  const auto typing = [](const char* word) {
    return read("<" + std::string(word) + " xmlns='http://jabber.org/protocol/chatstates'/>")
        ->typing;
  };
  EXPECT_EQ(typing("composing"), model::Typing::composing);
  EXPECT_EQ(typing("gone"), model::Typing::stopped);
  EXPECT_EQ(typing("other"), std::nullopt);
}

TEST(MessageStanza, WhatIsWrittenIsReadAgain) {
  const Stanza made = make_chat(*Jid::parse("bob@example.org"), "id1", "a < b\n\"c\"");
  MutableElement(made.raw()).set("from", "me@example.org/x");
  const auto content = read_message(parse(made.to_text()), me(), kNow);
  ASSERT_TRUE(content && content->chat);
  EXPECT_EQ(content->chat->text, "a < b\n\"c\"");
  EXPECT_TRUE(content->chat->receipt);
  const Stanza receipt = make_receipt(*Jid::parse("bob@example.org/x"), "id1");
  MutableElement(receipt.raw()).set("from", "me@example.org/x");
  EXPECT_EQ(read_message(parse(receipt.to_text()), me(), kNow)->news.at(0).id, "id1");
}

TEST(ParseStamp, TakesTheProfileOfXep0082) {
  const base::WallTime then{std::chrono::seconds(1'600'000'000)};
  for (const char* good : {"2020-09-13T12:26:40Z", "2020-09-13T12:26:40.999Z",
                           "2020-09-13T13:56:40+01:30", "2020-09-13T07:26:40-05:00"})
    EXPECT_EQ(parse_stamp(good), then) << good;
  for (const char* bad :
       {"", "2020-09-13", "20200913T12:26:40", "2020-09-13T12:26:40", "2020-13-01T00:00:00Z",
        "2021-02-29T00:00:00Z", "2020-09-13T24:00:00Z", "2020-09-13T12:26:40+99:00",
        "2020-09-13T12:26:40Zx", "9999-09-13T12:26:40Z", "1969-12-31T23:59:59Z"})
    EXPECT_FALSE(parse_stamp(bad)) << bad;
}

// ---- the roster ------------------------------------------------------------------------

class RosterTest : public testing::Test {
 protected:
  Roster::Taken take(const std::string& type, const std::string& from, const std::string& id,
                     const std::string& items) {
    const std::string sender = from.empty() ? "" : " from='" + from + "'";
    return roster.take(parse("<iq type='" + type + "' id='" + id + "'" + sender +
                             "><query xmlns='jabber:iq:roster'>" + items + "</query></iq>"));
  }
  bool knows(const char* jid) const { return roster.may_know(*Jid::parse(jid)); }
  Roster roster{me()};
};

TEST_F(RosterTest, TakesTheListItAskedForOnce) {
  const std::string id(roster.request(Roster::Wish::whole).id());
  EXPECT_FALSE(take("result", "", "other", "<item jid='x@example.org' subscription='both'/>").ours);
  EXPECT_TRUE(take("result", "", id,
                   "<item jid='bob@example.org' name='Bob' subscription='both'/>"
                   "<item jid='carol@example.org' subscription='to'/>")
                  .ours);
  EXPECT_THAT(roster.items(), SizeIs(2));
  EXPECT_TRUE(knows("bob@example.org/phone"));
  EXPECT_FALSE(knows("carol@example.org")) << "she has not asked to know";
  EXPECT_FALSE(knows("eve@example.org"));
  EXPECT_TRUE(knows("me@example.org/other"));
  EXPECT_FALSE(take("result", "", id, "").ours) << "a second answer is none";
  EXPECT_THAT(roster.items(), SizeIs(2));
}

TEST_F(RosterTest, ChangesComeFromOurOwnServerAlone) {
  for (const char* forger : {"eve@example.org", "example.org", "me@example.org/x", "@"})
    EXPECT_FALSE(take("set", forger, "p", "<item jid='eve@example.org' subscription='both'/>").ours)
        << forger;
  EXPECT_FALSE(knows("eve@example.org"));
  for (const char* good : {"", "me@example.org"}) {
    const auto taken = take("set", good, "p", "<item jid='bob@example.org' subscription='from'/>");
    EXPECT_TRUE(taken.ours && taken.reply) << good;
    EXPECT_TRUE(knows("bob@example.org"));
    take("set", good, "p", "<item jid='bob@example.org' subscription='remove'/>");
    EXPECT_FALSE(knows("bob@example.org"));
  }
}

}  // namespace
}  // namespace commd::xmpp
