#include "clients/commctl/form_text.h"

#include <algorithm>
#include <charconv>

#include "clients/commctl/report.h"

namespace commd::commctl {
namespace {

using v1::FormField;

std::string join(const std::vector<std::string>& values) {
  std::string text;
  for (const std::string& each : values) text += (text.empty() ? "" : ", ") + each;
  return text;
}

bool is_list(const FormField& field) {
  return field.type() == FormField::TYPE_LIST_SINGLE || field.type() == FormField::TYPE_LIST_MULTI;
}

std::string shown(const FormField& field, const std::string& value) {
  if (field.type() == FormField::TYPE_TEXT_PRIVATE) return value.empty() ? "" : "********";
  if (field.type() == FormField::TYPE_BOOLEAN)
    return value == "1" || value == "true" ? "yes" : "no";
  for (const auto& option : field.options())
    if (option.value() == value && !option.label().empty()) return option.label();
  return value;
}

std::string values_text(const FormField& field) {
  std::vector<std::string> values;
  for (const std::string& each : field.values()) values.push_back(shown(field, each));
  return join(values);
}

std::string kind_of(const FormField& field) {
  if (is_list(field)) {
    std::vector<std::string> values;
    for (const auto& option : field.options()) values.push_back(option.value());
    return (is_multi(field) ? "any of " : "one of ") + join(values);
  }
  if (field.type() == FormField::TYPE_BOOLEAN) return "yes or no";
  if (field.type() == FormField::TYPE_JID_SINGLE) return "an address";
  if (field.type() == FormField::TYPE_JID_MULTI) return "addresses";
  if (field.type() == FormField::TYPE_TEXT_MULTI) return "lines";
  return field.type() == FormField::TYPE_TEXT_PRIVATE ? "a secret" : "text";
}

std::vector<std::string> parts_of(const std::string& text) {
  std::vector<std::string> parts;
  size_t begin = 0;
  while (begin <= text.size()) {
    const size_t end = std::min(text.find(',', begin), text.size());
    std::string part = text.substr(begin, end - begin);
    while (part.starts_with(' ')) part.erase(0, 1);
    while (part.ends_with(' ')) part.pop_back();
    if (!part.empty()) parts.push_back(std::move(part));
    begin = end + 1;
  }
  return parts;
}

// By its value, its number or its label.
std::optional<std::string> option_of(const FormField& field, const std::string& typed) {
  for (const auto& option : field.options())
    if (option.value() == typed) return typed;
  int number = 0;
  const char* const end = typed.data() + typed.size();
  const auto read = std::from_chars(typed.data(), end, number);
  if (read.ec == std::errc() && read.ptr == end && number >= 1 && number <= field.options_size())
    return field.options(number - 1).value();
  for (const auto& option : field.options())
    if (!option.label().empty() && option.label() == typed) return option.value();
  // What a list without options takes is the service's to know.
  return field.options_size() == 0 ? std::optional(typed) : std::nullopt;
}

}  // namespace

bool is_question(const FormField& field) {
  return field.type() != FormField::TYPE_FIXED && field.type() != FormField::TYPE_HIDDEN;
}

bool is_multi(const FormField& field) {
  return field.type() == FormField::TYPE_JID_MULTI || field.type() == FormField::TYPE_LIST_MULTI ||
         field.type() == FormField::TYPE_TEXT_MULTI;
}

std::string label_of(const FormField& field) {
  return field.label().empty() ? field.name() : field.label();
}

std::vector<Line> heading_lines(const v1::DataForm& form) {
  std::vector<Line> lines;
  if (!form.title().empty()) lines.push_back({{form.title(), Style::bold}});
  for (const std::string& each : form.instructions()) lines.push_back({{each}});
  return lines;
}

std::vector<Line> result_lines(const v1::DataForm& form, size_t columns) {
  std::vector<Line> lines = heading_lines(form);
  if (form.rows_size() > 0) {
    Table table;
    for (const FormField& field : form.fields()) table.header.push_back(label_of(field));
    for (const v1::FormRow& row : form.rows()) {
      table.rows.emplace_back();
      for (const FormField& cell : row.fields()) table.rows.back().push_back({values_text(cell)});
    }
    for (Line& line : layout(table, columns)) lines.push_back(std::move(line));
    return lines;
  }
  std::vector<std::pair<std::string, Span>> facts;
  for (const FormField& field : form.fields()) {
    if (field.type() == FormField::TYPE_HIDDEN) continue;
    if (!is_multi(field) || field.values_size() < 2) {
      facts.push_back({label_of(field), {values_text(field)}});
      continue;
    }
    for (int i = 0; i < field.values_size(); ++i)
      facts.push_back({i == 0 ? label_of(field) : "", {shown(field, field.values(i))}});
  }
  for (Line& line : fact_lines(facts)) lines.push_back(std::move(line));
  return lines;
}

std::vector<Line> question_lines(const v1::DataForm& form) {
  std::vector<std::pair<std::string, Span>> facts;
  for (const FormField& field : form.fields()) {
    if (!is_question(field)) continue;
    std::string text = field.label().empty() ? "" : field.label() + " ";
    text += std::string("(") + (field.required() ? "required; " : "") + kind_of(field);
    if (field.values_size() > 0) text += "; now " + values_text(field);
    facts.push_back({field.name(), {text + ")"}});
  }
  return fact_lines(facts);
}

std::vector<Line> choice_lines(const FormField& field) {
  std::vector<Line> lines;
  if (!field.description().empty()) lines.push_back({{field.description(), Style::dim}});
  if (!is_list(field)) return lines;
  for (int i = 0; i < field.options_size(); ++i) {
    const auto& option = field.options(i);
    lines.push_back({{"  " + std::to_string(i + 1) + " "},
                     {option.label().empty() ? option.value() : option.label()}});
  }
  return lines;
}

Line prompt_of(const FormField& field) {
  std::string more;
  if (field.required()) more += " (required)";
  if (is_list(field) && is_multi(field)) more += " (several with commas)";
  if (field.type() == FormField::TYPE_BOOLEAN) more += " (yes or no)";
  if (field.values_size() > 0 && !values_text(field).empty())
    more += " [" + values_text(field) + "]";
  return {{label_of(field), Style::bold}, {more + ": "}};
}

std::optional<std::vector<std::string>> answer_of(const FormField& field, const std::string& typed,
                                                  std::string& why) {
  if (field.type() == FormField::TYPE_BOOLEAN) {
    if (typed == "y" || typed == "yes" || typed == "1" || typed == "true" || typed == "on")
      return std::vector<std::string>{"1"};
    if (typed == "n" || typed == "no" || typed == "0" || typed == "false" || typed == "off")
      return std::vector<std::string>{"0"};
    why = "\"" + typed + "\" is neither yes nor no";
    return std::nullopt;
  }
  if (!is_list(field))
    return field.type() == FormField::TYPE_JID_MULTI ? parts_of(typed)
                                                     : std::vector<std::string>{typed};
  std::vector<std::string> chosen;
  for (const std::string& part :
       is_multi(field) ? parts_of(typed) : std::vector<std::string>{typed}) {
    const auto option = option_of(field, part);
    if (!option) {
      why = "\"" + part + "\" is none of the choices";
      return std::nullopt;
    }
    chosen.push_back(*option);
  }
  return chosen;
}

// ---- answers of a command line -----------------------------------------------------------

void Answers::add(const std::string& pair, std::string& why) {
  const size_t equals = pair.find('=');
  if (equals == std::string::npos || equals == 0) {
    why = "\"" + pair + "\" is not KEY=VALUE";
    return;
  }
  const std::string key = pair.substr(0, equals);
  in_the_open_[key] = true;
  add_value(key, pair.substr(equals + 1));
}

bool Answers::take(const v1::DataForm& form, v1::DataForm& filled, std::string& why) {
  for (const FormField& field : form.fields()) {
    const auto found = values_.find(field.name());
    if (found == values_.end() || field.name().empty()) continue;
    if (field.type() == FormField::TYPE_TEXT_PRIVATE && in_the_open_.contains(field.name())) {
      why = field.name() +
            " is a secret: others could read it in the list of processes. Write "
            "--set-file " +
            field.name() + "=FILE, - for stdin";
      return false;
    }
    FormField* answer = filled.add_fields();
    answer->set_name(field.name());
    // What may be several can also be one with commas.
    if (is_list(field) && found->second.size() == 1) {
      const auto values = answer_of(field, found->second.front(), why);
      if (!values) {
        why = field.name() + ": " + why;
        return false;
      }
      for (const std::string& value : *values) answer->add_values(value);
    } else {
      for (const std::string& value : found->second) answer->add_values(value);
    }
    taken_[field.name()] = true;
  }
  return true;
}

std::string Answers::left() const {
  std::vector<std::string> keys;
  for (const auto& [key, values] : values_)
    if (!taken_.contains(key)) keys.push_back(key);
  return join(keys);
}

}  // namespace commd::commctl
