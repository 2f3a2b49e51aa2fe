#include "daemon/xmpp/data_form.h"

#include <gmock/gmock.h>

#include "tests/unit/xmpp/stanza_of.h"

namespace commd::xmpp {
namespace {

using model::FieldType;
using test::stanza_of;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

std::optional<model::DataForm> form_of(const std::string& inner, const char* type = "form") {
  const Stanza iq = stanza_of("<iq type='result' id='1'><x xmlns='jabber:x:data' type='" +
                              std::string(type) + "'>" + inner + "</x></iq>");
  return read_form(iq.first_child());
}

TEST(DataForm, IsReadWhole) {
  const auto form = form_of(
      "<title>Room</title><instructions>One</instructions><instructions>Two</instructions>"
      "<field type='hidden' var='FORM_TYPE'><value>urn:config</value></field>"
      "<field type='fixed'><value>Words</value></field>"
      "<field type='boolean' var='open' label='Open?'><value>true</value></field>"
      "<field type='list-single' var='who'><desc>Who may</desc><required/><value>b</value>"
      "<option label='All'><value>a</value></option><option><value>b</value></option></field>"
      "<field var='plain'/><field type='new-kind' var='future'><value>x</value></field>");
  ASSERT_TRUE(form);
  EXPECT_EQ(form->title, "Room");
  EXPECT_THAT(form->instructions, ElementsAre("One", "Two"));
  ASSERT_THAT(form->fields, SizeIs(6));
  EXPECT_EQ(form_type(*form), "urn:config");
  EXPECT_EQ(form->fields[1].type, FieldType::fixed);
  EXPECT_THAT(form->field("open")->values, ElementsAre("1"));
  EXPECT_EQ(form->field("open")->label, "Open?");
  const model::FormField& who = *form->field("who");
  EXPECT_TRUE(who.required);
  EXPECT_EQ(who.description, "Who may");
  EXPECT_THAT(who.options, ElementsAre(model::FormOption{"a", "All"}, model::FormOption{"b", ""}));
  EXPECT_EQ(form->field("plain")->type, FieldType::text_single);
  EXPECT_EQ(form->field("future")->type, FieldType::text_single);
}

TEST(DataForm, ATableHasItsCellsInOrder) {
  const auto form = form_of(
      "<reported><field var='name' label='Name'/><field var='jid' type='jid-single'/></reported>"
      "<item><field var='jid'><value>a@b</value></field><field var='name'><value>A</value></field>"
      "<field var='stray'><value>s</value></field></item>"
      "<item><field var='name'><value>B</value></field></item>",
      "result");
  ASSERT_TRUE(form);
  ASSERT_THAT(form->fields, SizeIs(2));
  ASSERT_THAT(form->rows, SizeIs(2));
  ASSERT_THAT(form->rows[0], SizeIs(2));
  EXPECT_THAT(form->rows[0][0].values, ElementsAre("A"));
  EXPECT_THAT(form->rows[0][1].values, ElementsAre("a@b"));
  EXPECT_THAT(form->rows[1][1].values, IsEmpty());
}

TEST(DataForm, IsRefusedWhereItIsNone) {
  EXPECT_FALSE(form_of("", "submit"));
  EXPECT_FALSE(form_of("", "cancel"));
  EXPECT_FALSE(form_of("<field var='a'/><field var='a'/>")) << "twice";
  EXPECT_FALSE(read_form(Element()));
}

TEST(DataForm, IsRefusedWhereItIsTooLarge) {
  std::string fields;
  for (size_t i = 0; i <= model::max_form_fields; ++i)
    fields += "<field var='f" + std::to_string(i) + "'/>";
  EXPECT_FALSE(form_of(fields));
  std::string values;
  for (size_t i = 0; i <= model::max_form_values; ++i) values += "<value/>";
  EXPECT_FALSE(form_of("<field var='a'>" + values + "</field>"));
  EXPECT_FALSE(form_of("<title>" + std::string(model::max_form_text + 1, 'x') + "</title>"));
}

TEST(DataForm, TheAnswerHasWhatWasAskedAndWhatIsHidden) {
  auto form = form_of(
      "<field type='hidden' var='FORM_TYPE'><value>urn:config</value></field>"
      "<field type='fixed'><value>Words</value></field><field var='empty'/>"
      "<field type='text-multi' var='lines'><value>1</value><value>&lt;2&gt;</value></field>");
  ASSERT_TRUE(form);
  const Stanza iq = make_iq("set", "room@example.org", "1");
  write_submit(*form, iq);
  EXPECT_EQ(iq.first_child().to_text(),
            "<x xmlns=\"jabber:x:data\" type=\"submit\"><field type=\"hidden\" var=\"FORM_TYPE\">"
            "<value>urn:config</value></field><field var=\"lines\"><value>1</value>"
            "<value>&lt;2&gt;</value></field></x>");
}

}  // namespace
}  // namespace commd::xmpp
