#include "daemon/model/form.h"

#include <algorithm>

namespace commd::model {
namespace {

base::Error wrong(const FormField& field, const std::string& what) {
  return base::invalid_argument("configuration." + field.name, what);
}

bool is_list(FieldType type) {
  return type == FieldType::list_single || type == FieldType::list_multi;
}

bool is_option(const FormField& field, const std::string& value) {
  return std::any_of(field.options.begin(), field.options.end(),
                     [&](const FormOption& each) { return each.value == value; });
}

std::string choices(const FormField& field) {
  std::string text;
  for (const FormOption& each : field.options) {
    if (text.size() > 500) return text + " ...";
    text += (text.empty() ? "" : ", ") + each.value;
  }
  return text;
}

// As people write it.
base::Result<std::string> boolean_of(const FormField& field, const std::string& value) {
  if (value == "1" || value == "true" || value == "yes" || value == "on") return std::string("1");
  if (value == "0" || value == "false" || value == "no" || value == "off") return std::string("0");
  return base::fail(
      wrong(field, "\"" + value + "\" is neither yes nor no: " + field.name + " takes 1 or 0"));
}

base::Result<std::vector<std::string>> accepted(const FormField& field,
                                                std::vector<std::string> values) {
  if (!is_multi(field.type) && values.size() > 1)
    return base::fail(wrong(field, field.name + " takes one value alone"));
  for (std::string& value : values) {
    if (value.size() > max_form_text)
      return base::fail(wrong(field, field.name + " is longer than a form may be"));
    if (field.type == FieldType::boolean) {
      auto word = boolean_of(field, value);
      if (!word) return base::fail(word.error());
      value = std::move(*word);
    } else if (is_list(field.type) && !field.options.empty() && !is_option(field, value)) {
      return base::fail(
          wrong(field, "\"" + value + "\" is no choice for " + field.name + ": " + choices(field)));
    }
  }
  return values;
}

}  // namespace

bool is_multi(FieldType type) {
  // What a hidden one holds is for whoever sent it to know.
  return type == FieldType::jid_multi || type == FieldType::list_multi ||
         type == FieldType::text_multi || type == FieldType::hidden ||
         type == FieldType::unspecified;
}

const FormField* DataForm::field(std::string_view name) const {
  const auto found = std::find_if(fields.begin(), fields.end(),
                                  [&](const FormField& each) { return each.name == name; });
  return found == fields.end() || name.empty() ? nullptr : &*found;
}

base::Result<DataForm> fill_in(DataForm asked, const DataForm& answers) {
  for (const FormField& answer : answers.fields) {
    const auto field = std::find_if(
        asked.fields.begin(), asked.fields.end(),
        [&](const FormField& each) { return !each.name.empty() && each.name == answer.name; });
    if (field == asked.fields.end() || field->type == FieldType::fixed) {
      base::Error error = wrong(answer, "the form has no field \"" + answer.name + "\"");
      error.reason = "FIELD_UNKNOWN";
      return base::fail(std::move(error));
    }
    auto values = accepted(*field, answer.values);
    if (!values) return base::fail(values.error());
    field->values = std::move(*values);
  }
  for (const FormField& field : asked.fields)
    if (field.required && field.type != FieldType::fixed &&
        std::all_of(field.values.begin(), field.values.end(),
                    [](const std::string& value) { return value.empty(); }))
      return base::fail(wrong(
          field, field.name + " wants a value" + (field.label.empty() ? "" : ": " + field.label)));
  return asked;
}

}  // namespace commd::model
