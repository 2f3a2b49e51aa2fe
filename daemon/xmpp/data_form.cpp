#include "daemon/xmpp/data_form.h"

#include <array>
#include <set>
#include <utility>

#include "daemon/xmpp/namespaces.h"

namespace commd::xmpp {
namespace {

using model::DataForm;
using model::FieldType;
using model::FormField;

constexpr std::array<std::pair<const char*, FieldType>, 10> kTypes = {{
    {"boolean", FieldType::boolean},
    {"fixed", FieldType::fixed},
    {"hidden", FieldType::hidden},
    {"jid-single", FieldType::jid_single},
    {"jid-multi", FieldType::jid_multi},
    {"list-single", FieldType::list_single},
    {"list-multi", FieldType::list_multi},
    {"text-single", FieldType::text_single},
    {"text-multi", FieldType::text_multi},
    {"text-private", FieldType::text_private},
}};

FieldType type_of(std::string_view word) {
  for (const auto& [name, type] : kTypes)
    if (word == name) return type;
  return FieldType::text_single;
}

// How much of a form has been read.
class Budget {
 public:
  bool take(const std::string& text) {
    bytes_ += text.size();
    return text.size() <= model::max_form_text && bytes_ <= model::max_form_bytes;
  }

 private:
  size_t bytes_ = 0;
};

bool read_option(const Element& element, FormField& field, Budget& budget) {
  model::FormOption option{element.child_text("value", ns::kDataForms),
                           std::string(element.attribute("label"))};
  if (field.options.size() == model::max_form_options || !budget.take(option.value) ||
      !budget.take(option.label))
    return false;
  field.options.push_back(std::move(option));
  return true;
}

bool read_part(const Element& part, FormField& field, Budget& budget) {
  if (part.is("required", ns::kDataForms)) field.required = true;
  if (part.is("option", ns::kDataForms)) return read_option(part, field, budget);
  if (part.is("desc", ns::kDataForms)) {
    field.description = part.text();
    return budget.take(field.description);
  }
  if (!part.is("value", ns::kDataForms)) return true;
  std::string value = part.text();
  if (field.values.size() == model::max_form_values || !budget.take(value)) return false;
  field.values.push_back(std::move(value));
  return true;
}

std::optional<FormField> read_field(const Element& element, Budget& budget) {
  FormField field;
  field.name = element.attribute("var");
  field.type = type_of(element.type());
  field.label = element.attribute("label");
  if (!budget.take(field.name) || !budget.take(field.label)) return std::nullopt;
  for (const Element part : element)
    if (!read_part(part, field, budget)) return std::nullopt;
  // Nobody could say what it is the answer to.
  if (field.name.empty()) field.type = FieldType::fixed;
  if (field.type == FieldType::boolean)
    for (std::string& value : field.values) value = value == "1" || value == "true" ? "1" : "0";
  return field;
}

std::optional<std::vector<FormField>> read_fields(const Element& parent, Budget& budget) {
  std::vector<FormField> fields;
  std::set<std::string> names;
  for (const Element each : parent) {
    if (!each.is("field", ns::kDataForms)) continue;
    auto field = read_field(each, budget);
    if (!field || fields.size() == model::max_form_fields) return std::nullopt;
    if (!field->name.empty() && !names.insert(field->name).second) return std::nullopt;
    fields.push_back(std::move(*field));
  }
  return fields;
}

// The cells of a row in the order of the table's head; what the head does not name is left out.
std::optional<std::vector<FormField>> read_row(const Element& item,
                                               const std::vector<FormField>& head, Budget& budget) {
  auto cells = read_fields(item, budget);
  if (!cells) return std::nullopt;
  std::vector<FormField> row;
  for (const FormField& column : head) {
    FormField cell;
    cell.name = column.name;
    cell.type = column.type;
    for (FormField& each : *cells)
      if (each.name == column.name) cell.values = std::move(each.values);
    row.push_back(std::move(cell));
  }
  return row;
}

bool read_rows(const Element& x, DataForm& form, Budget& budget) {
  const Element reported = x.child("reported", ns::kDataForms);
  if (!reported) return true;
  auto head = read_fields(reported, budget);
  if (!head) return false;
  form.fields = std::move(*head);
  for (const Element each : x) {
    if (!each.is("item", ns::kDataForms)) continue;
    auto row = read_row(each, form.fields, budget);
    if (!row || form.rows.size() == model::max_form_rows) return false;
    form.rows.push_back(std::move(*row));
  }
  return true;
}

}  // namespace

std::optional<DataForm> read_form(const Element& x) {
  if (!x.is("x", ns::kDataForms) || (x.type() != "form" && x.type() != "result"))
    return std::nullopt;
  Budget budget;
  DataForm form;
  form.title = x.child_text("title", ns::kDataForms);
  if (!budget.take(form.title)) return std::nullopt;
  for (const Element each : x) {
    if (!each.is("instructions", ns::kDataForms)) continue;
    form.instructions.push_back(each.text());
    if (!budget.take(form.instructions.back()) || form.instructions.size() > model::max_form_fields)
      return std::nullopt;
  }
  auto fields = read_fields(x, budget);
  if (!fields) return std::nullopt;
  form.fields = std::move(*fields);
  if (x.type() == "result" && !read_rows(x, form, budget)) return std::nullopt;
  return form;
}

void write_submit(const DataForm& form, const MutableElement& parent) {
  const MutableElement x = parent.add("x", ns::kDataForms).set("type", "submit");
  for (const FormField& field : form.fields) {
    if (field.type == FieldType::fixed || field.name.empty() || field.values.empty()) continue;
    const MutableElement element = x.add("field").set("var", field.name);
    if (field.type == FieldType::hidden) element.set("type", "hidden");
    for (const std::string& value : field.values) element.add_with_text("value", value);
  }
}

void write_form_cancel(const MutableElement& parent) {
  parent.add("x", ns::kDataForms).set("type", "cancel");
}

std::string form_type(const DataForm& form) {
  const FormField* field = form.field("FORM_TYPE");
  return field && field->type == FieldType::hidden && field->values.size() == 1
             ? field->values.front()
             : std::string();
}

}  // namespace commd::xmpp
