#include "daemon/xmpp/message_extras.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "daemon/xmpp/xml_reader.h"

namespace commd::xmpp {
namespace {

using model::AmendmentKind;
using testing::ElementsAre;
using testing::IsEmpty;

const base::WallTime kNow{std::chrono::seconds(1'700'000'000)};
const Jid kMe = *Jid::parse("me@example.org");
const Jid kBob = *Jid::parse("bob@example.org");

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

MessageContent read(const std::string& inside) {
  auto content = read_message(
      parse("<message from='bob@example.org/x' type='chat' id='m2'>" + inside + "</message>"), kMe,
      kNow);
  EXPECT_TRUE(content);
  return content ? std::move(*content) : MessageContent();
}

// What was made here, as the other end reads it.
MessageContent as_read(const Stanza& made) {
  MutableElement(made.raw()).set("from", "me@example.org/x");
  auto content = read_message(parse(made.to_text()), kBob, kNow);
  EXPECT_TRUE(content);
  return content ? std::move(*content) : MessageContent();
}

const std::string kReplyTo = "<reply xmlns='urn:xmpp:reply:0' to='me@example.org' id='m1'/>";

TEST(MessageExtras, ReadsACorrection) {
  const auto content =
      read("<body>new</body><replace xmlns='urn:xmpp:message-correct:0' id='m1'/>");
  ASSERT_TRUE(content.amends && content.chat);
  EXPECT_EQ(content.amends->kind, AmendmentKind::correct);
  EXPECT_EQ(content.amends->target, "m1");
  EXPECT_EQ(content.chat->text, "new");
  EXPECT_FALSE(content.fingerprint.empty());
  EXPECT_FALSE(read("<replace xmlns='urn:xmpp:message-correct:0' id='m1'/>").amends)
      << "to nothing";
  EXPECT_FALSE(read("<body>x</body><replace xmlns='urn:xmpp:message-correct:0'/>").amends);
  EXPECT_FALSE(read("<body>x</body><replace xmlns='urn:xmpp:message-correct:0' id='" +
                    std::string(600, 'a') + "'/>")
                   .amends);
}

TEST(MessageExtras, ReadsARetractionOfBothForms) {
  for (const char* form : {"<retract xmlns='urn:xmpp:message-retract:1' id='m1'/>",
                           "<apply-to xmlns='urn:xmpp:fasten:0' id='m1'><retract "
                           "xmlns='urn:xmpp:message-retract:0'/></apply-to>"}) {
    const auto content = read(std::string("<body>took it back</body>") + form);
    ASSERT_TRUE(content.amends) << form;
    EXPECT_EQ(content.amends->kind, AmendmentKind::retract);
    EXPECT_EQ(content.amends->target, "m1");
    EXPECT_FALSE(content.chat) << "its text is for who does not know it";
  }
}

TEST(MessageExtras, ReadsReactionsWithinBounds) {
  std::string many;
  for (int i = 0; i < 40; ++i) many += "<reaction>" + std::to_string(i) + "</reaction>";
  const auto reactions = [](const std::string& inside) {
    const auto content =
        read("<reactions xmlns='urn:xmpp:reactions:0' id='m1'>" + inside + "</reactions>");
    return content.amends ? content.amends->emojis : std::vector<std::string>{"none"};
  };
  EXPECT_THAT(reactions("<reaction>\U0001f44d</reaction><reaction>\U0001f44d</reaction>"
                        "<reaction>a b</reaction><reaction/><other>x</other>"),
              ElementsAre("\U0001f44d"));
  EXPECT_EQ(reactions(many).size(), model::max_emojis);
  EXPECT_THAT(reactions("<reaction>" + std::string(65, 'x') + "</reaction>"), IsEmpty());
  EXPECT_THAT(reactions(""), IsEmpty());
}

TEST(MessageExtras, AReplyLosesWhatStandsThereForOthers) {
  const auto with = [](const std::string& range) {
    return read("<body>&gt; \u00fcber\nyes</body>" + kReplyTo +
                "<fallback xmlns='urn:xmpp:fallback:0' for='urn:xmpp:reply:0'><body " + range +
                "/></fallback>")
        .chat->text;
  };
  EXPECT_EQ(with("start='0' end='7'"), "yes") << "characters, not bytes";
  EXPECT_EQ(with("start='7' end='999999999999999999'"), "> \u00fcber\n");
  for (const char* wrong : {"", "start='7' end='7'", "start='9' end='1'", "start='-1' end='4'",
                            "start='0' end='99'", "start='0' end='99999999999999999999999'"})
    EXPECT_EQ(with(wrong), "> \u00fcber\nyes") << wrong;
  const auto content = read("<body>yes</body>" + kReplyTo);
  EXPECT_EQ(content.chat->reply.wire_id, "m1");
  EXPECT_TRUE(content.chat->reply.to_own);
}

TEST(MessageExtras, WhatIsWrittenIsReadAgain) {
  model::Amendment amendment;
  amendment.id = model::MessageId("a1");
  amendment.target = "m1";
  amendment.text = "new";
  amendment.emojis = {"\U0001f44d", "ok"};
  for (const auto kind : {AmendmentKind::correct, AmendmentKind::retract, AmendmentKind::react}) {
    amendment.kind = kind;
    const auto content = as_read(make_amendment(kBob, amendment));
    ASSERT_TRUE(content.amends);
    EXPECT_EQ(content.id, "a1");
    EXPECT_EQ(content.amends->kind, kind);
    EXPECT_EQ(content.amends->target, "m1");
    EXPECT_EQ(bool(content.chat), kind == AmendmentKind::correct);
    EXPECT_EQ(content.amends->emojis,
              kind == AmendmentKind::react ? amendment.emojis : std::vector<std::string>());
  }
  amendment.kind = AmendmentKind::displayed;
  const auto marker = as_read(make_amendment(kBob, amendment));
  ASSERT_EQ(marker.news.size(), 1U);
  EXPECT_EQ(marker.news[0].state, model::MessageState::read);
  const Stanza reply =
      make_reply(kBob, kBob, "r1", "yes", {{}, "m1", false, "l\u00e4ne\nline & <2>"});
  const auto content = as_read(reply);
  ASSERT_TRUE(content.chat);
  EXPECT_EQ(content.chat->text, "yes");
  EXPECT_EQ(content.chat->reply.wire_id, "m1");
  EXPECT_TRUE(content.chat->reply.to_own) << "bob reads it";
  EXPECT_EQ(as_read(make_typing(kBob, model::Typing::paused)).typing, model::Typing::paused);
}

}  // namespace
}  // namespace commd::xmpp
