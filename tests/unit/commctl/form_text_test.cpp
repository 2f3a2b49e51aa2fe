#include "clients/commctl/form_text.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace commd::commctl {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;
using v1::FormField;

FormField field(const std::string& name, FormField::Type type,
                const std::vector<std::string>& options = {}) {
  FormField made;
  made.set_name(name);
  made.set_type(type);
  for (const std::string& each : options) {
    made.add_options()->set_value(each);
    made.mutable_options(made.options_size() - 1)->set_label("Label of " + each);
  }
  return made;
}

std::vector<std::string> answer(const FormField& asked, const std::string& typed) {
  std::string why;
  const auto values = answer_of(asked, typed, why);
  return values ? *values : std::vector<std::string>{"refused: " + why};
}

std::string all(const std::vector<Line>& lines) {
  std::string text;
  for (const Line& line : lines) text += render(line, Colour::off) + "\n";
  return text;
}

TEST(FormText, TakesWhatAPersonTypes) {
  const FormField yes = field("hot", FormField::TYPE_BOOLEAN);
  EXPECT_THAT(answer(yes, "y"), ElementsAre("1"));
  EXPECT_THAT(answer(yes, "off"), ElementsAre("0"));
  EXPECT_THAT(answer(yes, "maybe"), ElementsAre(HasSubstr("refused")));
  const FormField one = field("dish", FormField::TYPE_LIST_SINGLE, {"soup", "bread"});
  EXPECT_THAT(answer(one, "2"), ElementsAre("bread"));
  EXPECT_THAT(answer(one, "soup"), ElementsAre("soup"));
  EXPECT_THAT(answer(one, "Label of soup"), ElementsAre("soup"));
  for (const char* wrong : {"0", "3", "steak", "1x", "-1"})
    EXPECT_THAT(answer(one, wrong), ElementsAre(HasSubstr("refused"))) << wrong;
  const FormField many = field("dishes", FormField::TYPE_LIST_MULTI, {"soup", "bread"});
  EXPECT_THAT(answer(many, "2, soup"), ElementsAre("bread", "soup"));
  EXPECT_THAT(answer(field("to", FormField::TYPE_JID_MULTI), "a@b, c@d"),
              ElementsAre("a@b", "c@d"));
  EXPECT_THAT(answer(field("name", FormField::TYPE_TEXT_SINGLE), "a, b"), ElementsAre("a, b"));
}

TEST(FormText, ShowsNeitherSecretsNorWhatIsHidden) {
  v1::DataForm form;
  *form.add_fields() = field("way", FormField::TYPE_HIDDEN);
  form.mutable_fields(0)->add_values("hidden-value");
  *form.add_fields() = field("code", FormField::TYPE_TEXT_PRIVATE);
  form.mutable_fields(1)->add_values("secret-value");
  for (const std::string& text : {all(question_lines(form)), all(result_lines(form, unlimited)),
                                  all({prompt_of(form.fields(1))})}) {
    EXPECT_THAT(text, Not(HasSubstr("hidden-value")));
    EXPECT_THAT(text, Not(HasSubstr("secret-value")));
    EXPECT_THAT(text, HasSubstr("code"));
  }
}

TEST(FormText, AResultMayBeATable) {
  v1::DataForm form;
  form.set_title("Found");
  *form.add_fields() = field("who", FormField::TYPE_TEXT_SINGLE);
  v1::FormRow* row = form.add_rows();
  *row->add_fields() = field("who", FormField::TYPE_TEXT_SINGLE);
  row->mutable_fields(0)->add_values("bob\x1b[31m");
  const std::string text = all(result_lines(form, unlimited));
  EXPECT_THAT(text, HasSubstr("Found\nwho"));
  EXPECT_THAT(text, HasSubstr("bob"));
  EXPECT_THAT(text, Not(HasSubstr("\x1b"))) << "what came is escaped";
}

v1::DataForm asked() {
  v1::DataForm form;
  *form.add_fields() = field("name", FormField::TYPE_TEXT_SINGLE);
  *form.add_fields() = field("dishes", FormField::TYPE_LIST_MULTI, {"soup", "bread"});
  *form.add_fields() = field("lines", FormField::TYPE_TEXT_MULTI);
  *form.add_fields() = field("code", FormField::TYPE_TEXT_PRIVATE);
  return form;
}

TEST(FormAnswers, OfACommandLineFillAForm) {
  Answers answers;
  std::string why;
  for (const char* pair : {"name=a=b", "dishes=1,bread", "lines=one", "lines=two", "later=x"})
    answers.add(pair, why);
  answers.add_value("code", "from a file");
  v1::DataForm filled;
  ASSERT_TRUE(answers.take(asked(), filled, why)) << why;
  ASSERT_EQ(filled.fields_size(), 4);
  EXPECT_EQ(filled.fields(0).values(0), "a=b");
  EXPECT_THAT(filled.fields(1).values(), ElementsAre("soup", "bread"));
  EXPECT_THAT(filled.fields(2).values(), ElementsAre("one", "two"));
  EXPECT_EQ(filled.fields(3).values(0), "from a file");
  EXPECT_EQ(answers.left(), "later") << "no form has asked for it yet";
}

TEST(FormAnswers, ASecretIsNotTakenFromTheCommandLine) {
  Answers answers;
  std::string why;
  answers.add("code=4711", why);
  v1::DataForm filled;
  EXPECT_FALSE(answers.take(asked(), filled, why));
  EXPECT_THAT(why, AllOf(HasSubstr("--set-file code=FILE"), Not(HasSubstr("4711"))));
}

TEST(FormAnswers, WhatIsNoPairIsRefused) {
  for (const char* wrong : {"name", "=x", ""}) {
    Answers answers;
    std::string why;
    answers.add(wrong, why);
    EXPECT_NE(why, "") << wrong;
  }
}

}  // namespace
}  // namespace commd::commctl
