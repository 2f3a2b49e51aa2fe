#include "daemon/model/form.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace commd::model {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

FormField field(const std::string& name, FieldType type, std::vector<std::string> values = {}) {
  FormField made;
  made.name = name;
  made.type = type;
  made.values = std::move(values);
  return made;
}

DataForm asked() {
  DataForm form;
  form.fields = {field("FORM_TYPE", FieldType::hidden, {"config"}),
                 field("name", FieldType::text_single, {"old"}),
                 field("open", FieldType::boolean, {"0"}),
                 field("who", FieldType::list_single, {"all"}),
                 field("admins", FieldType::jid_multi),
                 field("", FieldType::fixed, {"words"})};
  form.fields[3].options = {{"all", "Everybody"}, {"none", ""}};
  return form;
}

base::Result<DataForm> filled(const FormField& answer) {
  DataForm answers;
  answers.fields = {answer};
  return fill_in(asked(), answers);
}

TEST(FillIn, PutsTheAnswersInPlaceAndKeepsTheRest) {
  DataForm answers;
  answers.fields = {field("name", FieldType::unspecified, {"new"}),
                    field("open", FieldType::unspecified, {"yes"}),
                    field("admins", FieldType::unspecified, {"a@b", "c@d"})};
  const auto form = fill_in(asked(), answers);
  ASSERT_TRUE(form) << form.error().message;
  EXPECT_THAT(form->field("FORM_TYPE")->values, ElementsAre("config"));
  EXPECT_THAT(form->field("name")->values, ElementsAre("new"));
  EXPECT_THAT(form->field("open")->values, ElementsAre("1"));
  EXPECT_THAT(form->field("who")->values, ElementsAre("all"));
  EXPECT_THAT(form->field("admins")->values, ElementsAre("a@b", "c@d"));
  EXPECT_EQ(form->field(""), nullptr);
}

TEST(FillIn, TakesAValueAway) {
  const auto form = filled(field("name", FieldType::unspecified));
  ASSERT_TRUE(form);
  EXPECT_THAT(form->field("name")->values, IsEmpty());
}

TEST(FillIn, NamesWhatIsNotInTheForm) {
  const auto form = filled(field("colour", FieldType::unspecified, {"red"}));
  ASSERT_FALSE(form);
  EXPECT_EQ(form.error().reason, "FIELD_UNKNOWN");
  EXPECT_THAT(form.error().message, HasSubstr("colour"));
}

TEST(FillIn, NamesTheChoices) {
  const auto form = filled(field("who", FieldType::unspecified, {"some"}));
  ASSERT_FALSE(form);
  EXPECT_THAT(form.error().message, HasSubstr("all, none"));
}

TEST(FillIn, RefusesWhatDoesNotFit) {
  EXPECT_FALSE(filled(field("open", FieldType::unspecified, {"maybe"})));
  EXPECT_FALSE(filled(field("name", FieldType::unspecified, {"two", "values"})));
  EXPECT_FALSE(
      filled(field("name", FieldType::unspecified, {std::string(max_form_text + 1, 'x')})));
  EXPECT_FALSE(filled(field("", FieldType::unspecified, {"words"})));
}

TEST(FillIn, WantsWhatIsRequired) {
  DataForm form = asked();
  form.fields[4].required = true;
  const auto empty = fill_in(form, {});
  ASSERT_FALSE(empty);
  EXPECT_THAT(empty.error().message, HasSubstr("admins"));
  DataForm answers;
  answers.fields = {field("admins", FieldType::unspecified, {"a@b"})};
  EXPECT_TRUE(fill_in(form, answers));
}

}  // namespace
}  // namespace commd::model
