#include "daemon/xmpp/stanza.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <vector>

#include "daemon/xmpp/namespaces.h"
#include "daemon/xmpp/stanza_error.h"
#include "daemon/xmpp/xml_text.h"

namespace commd::xmpp {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

TEST(XmlText, EscapesWhatMarksUpAndWhatAnAttributeWouldLose) {
  EXPECT_EQ(escape_xml("a<b>&\"'\n\t\r"), "a&lt;b&gt;&amp;&quot;&apos;&#10;&#9;&#13;");
}

TEST(XmlText, ReplacesWhatXmlCannotCarry) {
  EXPECT_EQ(legal_xml(std::string_view("a\0b", 3)),
            "a\xEF\xBF\xBD"
            "b");
  EXPECT_EQ(legal_xml("\x0b\x1f"), "\xEF\xBF\xBD\xEF\xBF\xBD");
  EXPECT_EQ(legal_xml("\xEF\xBF\xBE|\xEF\xBF\xBF"), "\xEF\xBF\xBD|\xEF\xBF\xBD");
  EXPECT_EQ(legal_xml("\xff"), "\xEF\xBF\xBD");
  EXPECT_EQ(legal_xml("tab\tline\nreturn\r"), "tab\tline\nreturn\r");
  EXPECT_EQ(legal_xml("\xF0\x9F\x98\x80 \xEF\xBF\xBD"), "\xF0\x9F\x98\x80 \xEF\xBF\xBD");
}

TEST(Stanza, IsBuiltAndRead) {
  const Stanza message = make_message("bob@example.org", "chat", "m1");
  message.add_with_text("body", "1 < 2");
  message.add("active", "http://jabber.org/protocol/chatstates");
  EXPECT_TRUE(message.is("message", ns::kClient));
  EXPECT_EQ(message.to(), "bob@example.org");
  EXPECT_EQ(message.type(), "chat");
  EXPECT_EQ(message.id(), "m1");
  EXPECT_EQ(message.from(), "");
  EXPECT_FALSE(message.has_attribute("from"));
  EXPECT_EQ(message.child_text("body", ns::kClient), "1 < 2");
  EXPECT_FALSE(message.child("body", "other"));
  EXPECT_TRUE(message.child("active", "http://jabber.org/protocol/chatstates"));
}

TEST(Stanza, AMissingChildReadsAsEmpty) {
  const Stanza presence = make_presence();
  const Element nobody = presence.child("a", "b").child("c", "d");
  EXPECT_FALSE(nobody);
  EXPECT_EQ(nobody.name(), "");
  EXPECT_EQ(nobody.text(), "");
  EXPECT_EQ(nobody.to_text(), "");
  EXPECT_FALSE(nobody.is("", ""));
  EXPECT_EQ(nobody.begin(), nobody.end());
  EXPECT_FALSE(nobody.first_child());
}

TEST(Stanza, IteratesOverElementsAndNotOverText) {
  const Stanza root("root", "x");
  root.add_text("one").add("a", "x");
  root.add_text("two").add("b", "y");
  root.add_text("three");
  std::vector<std::string> names;
  for (const Element each : root) names.emplace_back(each.name());
  EXPECT_THAT(names, ElementsAre("a", "b"));
  EXPECT_EQ(root.text(), "onetwothree");
}

TEST(Stanza, WritesXmlThatNothingInItCanBreak) {
  const Stanza message = make_message("a\"><x/>", "chat", "1");
  message.add_with_text("body", "</body><evil/>&\x01");
  const std::string text = message.to_text();
  EXPECT_THAT(text, Not(HasSubstr("<x/>")));
  EXPECT_THAT(text, Not(HasSubstr("<evil/>")));
  EXPECT_THAT(text, HasSubstr("&lt;/body&gt;&lt;evil/&gt;&amp;\xEF\xBF\xBD"));
  EXPECT_THAT(text, Not(HasSubstr("xmlns"))) << "jabber:client is the stream's own";
}

TEST(Stanza, WritesLongText) {
  const Stanza message = make_message("a@b", "chat", "1");
  message.add_with_text("body", std::string(100000, '&'));
  EXPECT_GT(message.to_text().size(), 500000U);
}

TEST(Stanza, ACopyIsATreeOfItsOwn) {
  Stanza original("root", "x");
  original.add_with_text("a", "text");
  const Stanza copy = Stanza::copy_of(original.child("a", "x"));
  original = Stanza("other");
  EXPECT_EQ(copy.text(), "text");
  EXPECT_EQ(copy.to_text(), "<a xmlns=\"x\">text</a>");
}

TEST(Stanza, MovesLeaveNothingBehind) {
  Stanza first("first");
  Stanza second = std::move(first);
  EXPECT_FALSE(first);  // NOLINT(bugprone-use-after-move)
  second = Stanza("third");
  EXPECT_EQ(second.name(), "third");
}

TEST(Stanza, AResultGoesBack) {
  const Stanza request = make_iq("get", "alice@example.org", "q7");
  request.set("from", "bob@example.org/x");
  const Stanza result = make_result(request);
  EXPECT_EQ(result.type(), "result");
  EXPECT_EQ(result.to(), "bob@example.org/x");
  EXPECT_EQ(result.id(), "q7");
}

TEST(Stanza, IdsDiffer) {
  EXPECT_NE(make_id(), make_id());
  EXPECT_GE(make_id().size(), 16U);
}

// ---- errors ----------------------------------------------------------------------

TEST(StanzaError, ReplyCarriesConditionTypeAndText) {
  const Stanza request = make_iq("get", "alice@example.org/1", "q7");
  request.set("from", "bob@example.org/x");
  const auto reply = make_error_reply(request, Condition::item_not_found, "no <such> thing");
  ASSERT_TRUE(reply);
  EXPECT_EQ(reply->to(), "bob@example.org/x");
  EXPECT_EQ(reply->from(), "alice@example.org/1");
  EXPECT_EQ(reply->id(), "q7");
  EXPECT_EQ(reply->type(), "error");
  const StanzaError read = read_stanza_error(*reply);
  EXPECT_EQ(read.condition, Condition::item_not_found);
  EXPECT_EQ(read.type, ErrorType::cancel);
  EXPECT_EQ(read.text, "no <such> thing");
}

TEST(StanzaError, EveryConditionIsReadBackAsItWasWritten) {
  const Stanza request = make_iq("set", "a@b", "1");
  for (int i = 0; i <= static_cast<int>(Condition::unexpected_request); ++i) {
    const auto condition = static_cast<Condition>(i);
    const auto reply = make_error_reply(request, condition);
    ASSERT_TRUE(reply);
    EXPECT_EQ(read_stanza_error(*reply).condition, condition) << to_string(condition);
    EXPECT_EQ(read_stanza_error(*reply).type, usual_type(condition)) << to_string(condition);
    EXPECT_EQ(to_error(read_stanza_error(*reply)).details.at("condition"), to_string(condition));
  }
}

TEST(StanzaError, ErrorsAndResultsAreNeverAnsweredSo) {
  EXPECT_FALSE(make_error_reply(make_iq("error", "a@b", "1"), Condition::bad_request));
  EXPECT_FALSE(make_error_reply(make_iq("result", "a@b", "1"), Condition::bad_request));
  EXPECT_FALSE(make_error_reply(make_message("a@b", "error", "1"), Condition::bad_request));
}

TEST(StanzaError, ReadsAddressAndApplicationCondition) {
  const Stanza stanza = make_message("a@b", "error", "1");
  const MutableElement error = stanza.add("error").set("type", "modify");
  error.add_with_text("gone", "xmpp:new@b", ns::kStanzaErrors);
  error.add("too-many", "urn:app");
  const StanzaError read = read_stanza_error(stanza);
  EXPECT_EQ(read.condition, Condition::gone);
  EXPECT_EQ(read.type, ErrorType::modify);
  EXPECT_EQ(read.address, "xmpp:new@b");
  EXPECT_EQ(read.application, "urn:app too-many");
}

TEST(StanzaError, WhatCannotBeReadIsUndefined) {
  const StanzaError read = read_stanza_error(make_message("a@b", "error", "1"));
  EXPECT_EQ(read.condition, Condition::undefined_condition);
  EXPECT_EQ(to_error(read).reason, "XMPP_UNDEFINED_CONDITION");
}

TEST(StanzaError, TextOfTheFarEndIsMadeSafe) {
  StanzaError error;
  error.text = "evil\n\x1b[2J";
  EXPECT_THAT(to_error(error).message, Not(HasSubstr("\n")));
  EXPECT_THAT(to_error(error).message, Not(HasSubstr("\x1b")));
}

}  // namespace
}  // namespace commd::xmpp
