#include "clients/commctl/room_form.h"

namespace commd::commctl {
namespace {

constexpr const char* usual_prefix = "muc#roomconfig_";

std::string value_text(const v1::FormField& field) {
  if (field.type() == v1::FormField::TYPE_TEXT_PRIVATE)
    return field.values_size() > 0 && !field.values(0).empty() ? "(set)" : "";
  if (field.type() == v1::FormField::TYPE_BOOLEAN)
    return field.values_size() > 0 && field.values(0) == "1" ? "yes" : "no";
  std::string text;
  for (const std::string& value : field.values()) text += (text.empty() ? "" : ", ") + value;
  return text;
}

std::string choices_text(const v1::FormField& field) {
  if (field.type() == v1::FormField::TYPE_BOOLEAN) return "yes, no";
  std::string text;
  for (const auto& option : field.options()) text += (text.empty() ? "" : ", ") + option.value();
  return text;
}

std::string short_name(const std::string& name) {
  return name.starts_with(usual_prefix) ? name.substr(std::string(usual_prefix).size()) : name;
}

}  // namespace

std::string full_name(const std::string& name_and_value) {
  const std::string name = name_and_value.substr(0, name_and_value.find('='));
  const bool whole = name.empty() || name.find_first_of("#{:") != std::string::npos;
  return whole ? name_and_value : usual_prefix + name_and_value;
}

void add_answer(const Context& context, const std::string& text, v1::DataForm& form) {
  const size_t equals = text.find('=');
  if (equals == std::string::npos || equals == 0)
    context.usage_error("\"" + text + "\" is no NAME=VALUE");
  const std::string name = text.substr(0, equals);
  for (v1::FormField& field : *form.mutable_fields())
    if (field.name() == name) {
      field.add_values(text.substr(equals + 1));
      return;
    }
  v1::FormField* field = form.add_fields();
  field->set_name(name);
  field->add_values(text.substr(equals + 1));
}

Table form_table(const v1::DataForm& form) {
  Table table;
  table.header = {"NAME", "IS", "CAN BE", "WHAT"};
  table.flexible = 3;
  for (const v1::FormField& field : form.fields()) {
    if (field.type() == v1::FormField::TYPE_FIXED || field.type() == v1::FormField::TYPE_HIDDEN)
      continue;
    table.rows.push_back({{short_name(field.name())},
                          {value_text(field), Style::bold},
                          {choices_text(field), Style::dim},
                          {field.label(), Style::dim}});
  }
  return table;
}

}  // namespace commd::commctl
