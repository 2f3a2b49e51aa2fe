#include "daemon/api/convert_form.h"

#include "daemon/base/escape.h"

namespace commd::api {
namespace {

void put(const model::FormField& in, v1::FormField* out) {
  out->set_name(base::to_valid_utf8(in.name));
  out->set_type(to_proto(in.type));
  out->set_label(base::to_valid_utf8(in.label));
  out->set_description(base::to_valid_utf8(in.description));
  out->set_required(in.required);
  for (const std::string& value : in.values) out->add_values(base::to_valid_utf8(value));
  for (const model::FormOption& each : in.options) {
    v1::FormField::Option* option = out->add_options();
    option->set_value(base::to_valid_utf8(each.value));
    option->set_label(base::to_valid_utf8(each.label));
  }
}

}  // namespace

v1::FormField::Type to_proto(model::FieldType type) {
  switch (type) {
    case model::FieldType::unspecified:
      return v1::FormField::TYPE_UNSPECIFIED;
    case model::FieldType::boolean:
      return v1::FormField::TYPE_BOOLEAN;
    case model::FieldType::fixed:
      return v1::FormField::TYPE_FIXED;
    case model::FieldType::hidden:
      return v1::FormField::TYPE_HIDDEN;
    case model::FieldType::jid_single:
      return v1::FormField::TYPE_JID_SINGLE;
    case model::FieldType::jid_multi:
      return v1::FormField::TYPE_JID_MULTI;
    case model::FieldType::list_single:
      return v1::FormField::TYPE_LIST_SINGLE;
    case model::FieldType::list_multi:
      return v1::FormField::TYPE_LIST_MULTI;
    case model::FieldType::text_single:
      return v1::FormField::TYPE_TEXT_SINGLE;
    case model::FieldType::text_multi:
      return v1::FormField::TYPE_TEXT_MULTI;
    case model::FieldType::text_private:
      return v1::FormField::TYPE_TEXT_PRIVATE;
  }
  return v1::FormField::TYPE_UNSPECIFIED;
}

void to_proto(const model::DataForm& in, v1::DataForm* out) {
  out->set_title(base::to_valid_utf8(in.title));
  for (const std::string& each : in.instructions) out->add_instructions(base::to_valid_utf8(each));
  for (const model::FormField& each : in.fields) put(each, out->add_fields());
  for (const std::vector<model::FormField>& each : in.rows) {
    v1::FormRow* row = out->add_rows();
    for (const model::FormField& cell : each) put(cell, row->add_fields());
  }
}

model::DataForm answers_from(const v1::DataForm& in) {
  model::DataForm answers;
  for (const v1::FormField& each : in.fields()) {
    model::FormField field;
    field.name = each.name();
    field.type = model::FieldType::unspecified;
    field.values.assign(each.values().begin(), each.values().end());
    answers.fields.push_back(std::move(field));
  }
  return answers;
}

}  // namespace commd::api
