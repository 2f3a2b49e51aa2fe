#include "daemon/api/request_check.h"

#include <google/protobuf/descriptor.h>
#include <google/protobuf/duration.pb.h>

#include <string>
#include <string_view>
#include <vector>

#include "daemon/model/person.h"

namespace commd::api {
namespace {

using google::protobuf::Duration;
using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::Reflection;

// RFC 3339's year 10000, as google.protobuf.Duration documents it.
constexpr int64_t longest_duration_s = 315'576'000'000;

base::Result<void> wrong(const std::string& field, const std::string& words) {
  return base::fail(base::invalid_argument(field, field + " " + words));
}

size_t bound_of(const FieldDescriptor& field) {
  const std::string_view name = field.name();
  if (name == "request_id") return max_request_id_bytes;
  if (field.type() == FieldDescriptor::TYPE_BYTES) return max_data_bytes;
  if (field.full_name() == "commd.v1.FormField.values") return max_form_value_bytes;
  if (field.full_name() == "commd.v1.SendMessageRequest.text" ||
      field.full_name() == "commd.v1.CorrectMessageRequest.text")
    return max_message_bytes;
  if (field.type() == FieldDescriptor::TYPE_BYTES) return max_bytes;
  if (field.full_name() == "commd.v1.Person.note") return model::max_person_note_bytes;
  if (field.full_name() == "commd.v1.SetSubjectRequest.subject") return max_subject_bytes;
  const bool path =
      name == "path" || name == "capture" || name == "playback" || name.starts_with("tls_");
  return path ? max_path_bytes : max_text_bytes;
}

int most_of(const FieldDescriptor& field) {
  const std::string& owner = field.containing_type()->full_name();
  const bool form = owner == "commd.v1.DataForm" || owner == "commd.v1.FormField";
  return form ? max_form_elements : max_elements;
}

// One element: of a repeated field when `index` is not -1.
struct Element {
  const Message& message;
  const FieldDescriptor& field;
  int index;
  const std::string& path;

  base::Result<void> check() const {
    switch (field.cpp_type()) {
      case FieldDescriptor::CPPTYPE_STRING:
        return text();
      case FieldDescriptor::CPPTYPE_ENUM:
        return value();
      case FieldDescriptor::CPPTYPE_MESSAGE:
        return nested();
      case FieldDescriptor::CPPTYPE_INT32:
      case FieldDescriptor::CPPTYPE_INT64:
      case FieldDescriptor::CPPTYPE_UINT32:
      case FieldDescriptor::CPPTYPE_UINT64:
      case FieldDescriptor::CPPTYPE_DOUBLE:
      case FieldDescriptor::CPPTYPE_FLOAT:
      case FieldDescriptor::CPPTYPE_BOOL:
        return {};
    }
    return {};
  }

 private:
  const Reflection& reflection() const { return *message.GetReflection(); }

  base::Result<void> text() const {
    std::string scratch;
    const std::string& text =
        index < 0 ? reflection().GetStringReference(message, &field, &scratch)
                  : reflection().GetRepeatedStringReference(message, &field, index, &scratch);
    if (const size_t bound = bound_of(field); text.size() > bound)
      return wrong(path, "has " + std::to_string(text.size()) + " bytes and may have " +
                             std::to_string(bound));
    const bool bytes = field.type() == FieldDescriptor::TYPE_BYTES;
    if (!bytes && text.find('\0') != std::string::npos) return wrong(path, "has a zero byte in it");
    const bool words = field.type() == FieldDescriptor::TYPE_STRING;
    if (words && text.find('\0') != std::string::npos) return wrong(path, "has a zero byte in it");
    return {};
  }

  base::Result<void> value() const {
    const int number = index < 0 ? reflection().GetEnumValue(message, &field)
                                 : reflection().GetRepeatedEnumValue(message, &field, index);
    if (field.enum_type()->FindValueByNumber(number)) return {};
    return wrong(path,
                 "has the value " + std::to_string(number) + ", which this daemon does not know");
  }

  base::Result<void> nested() const;
};

base::Result<void> check_duration(const Duration& duration, const std::string& path) {
  if (duration.seconds() < 0 || duration.nanos() < 0) return wrong(path, "is negative");
  if (duration.seconds() > longest_duration_s || duration.nanos() > 999'999'999)
    return wrong(path, "is not a duration");
  return {};
}

// Messages of the API nest four deep at most; none contains itself.
base::Result<void> check_fields(const Message& message, const std::string& prefix) {
  std::vector<const FieldDescriptor*> fields;
  message.GetReflection()->ListFields(message, &fields);
  for (const FieldDescriptor* field : fields) {
    const std::string path = prefix + field->name();
    if (!field->is_repeated()) {
      if (auto ok = Element{message, *field, -1, path}.check(); !ok) return ok;
      continue;
    }
    const int count = message.GetReflection()->FieldSize(message, field);
    if (const int most = most_of(*field); count > most)
      return wrong(
          path, "has " + std::to_string(count) + " elements and may have " + std::to_string(most));
    for (int i = 0; i < count; ++i)
      if (auto ok = Element{message, *field, i, path}.check(); !ok) return ok;
  }
  return {};
}

base::Result<void> Element::nested() const {
  const Message& inner = index < 0 ? reflection().GetMessage(message, &field)
                                   : reflection().GetRepeatedMessage(message, &field, index);
  if (const auto* duration = dynamic_cast<const Duration*>(&inner))
    return check_duration(*duration, path);
  return check_fields(inner, path + ".");
}

}  // namespace

base::Result<void> check_request(const Message& request) { return check_fields(request, {}); }

}  // namespace commd::api
