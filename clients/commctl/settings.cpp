#include "clients/commctl/settings.h"

#include <algorithm>
#include <charconv>
#include <limits>
#include <optional>

#include "clients/commctl/arguments.h"
#include "clients/commctl/context.h"
#include "clients/commctl/duration.h"
#include "clients/commctl/words.h"

namespace commd::commctl {
namespace {

using google::protobuf::EnumValueDescriptor;
using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::Reflection;

std::string join(const std::vector<std::string>& words) {
  std::string text;
  for (const std::string& word : words) text += (text.empty() ? "" : ", ") + word;
  return text;
}

std::vector<std::string> split(const std::string& text) {
  std::vector<std::string> parts;
  size_t begin = 0;
  while (begin <= text.size()) {
    size_t end = text.find(',', begin);
    if (end == std::string::npos) end = text.size();
    std::string part = text.substr(begin, end - begin);
    while (part.starts_with(' ')) part.erase(0, 1);
    while (part.ends_with(' ')) part.pop_back();
    if (!part.empty()) parts.push_back(part);
    begin = end + 1;
  }
  return parts;
}

const FieldDescriptor* field_of(const std::string& key) {
  return v1::AccountSettings::descriptor()->FindFieldByName(key);
}

std::optional<bool> switch_of(const std::string& value) {
  if (value == "on" || value == "true" || value == "yes") return true;
  if (value == "off" || value == "false" || value == "no") return false;
  return std::nullopt;
}

[[noreturn]] void refuse(const std::string& key, const std::string& value,
                         const std::string& wanted) {
  throw UsageError("\"" + value + "\" is no value for " + key + "; it takes " + wanted);
}

// Relative paths are the shell's: the daemon stands in another folder.
std::string stored_text(const std::string& key, const std::string& value) {
  return key.ends_with("_file") || key.ends_with("_certificate") ? absolute_path(value) : value;
}

uint32_t number_of(const std::string& key, const std::string& value) {
  uint32_t number = 0;
  const char* const end = value.data() + value.size();
  const auto parsed = std::from_chars(value.data(), end, number);
  if (parsed.ec == std::errc() && parsed.ptr == end) return number;
  const bool seconds = key.ends_with("_s");
  const auto duration = seconds ? parse_duration(value) : std::nullopt;
  if (!duration || duration->count() % 1000 != 0)
    refuse(key, value, seconds ? "seconds, or a duration such as 10m" : "a number");
  return static_cast<uint32_t>(duration->count() / 1000);
}

void set_enum(Message& message, const FieldDescriptor& field, const std::string& value) {
  const auto& type = *field.enum_type();
  const Reflection& reflection = *message.GetReflection();
  std::optional<int> found;
  for (int i = 0; i < type.value_count(); ++i) {
    const int number = type.value(i)->number();
    const std::string word = enum_word(type, number);
    const auto as_switch = switch_of(word);
    if (number != 0 && (word == value || (as_switch && as_switch == switch_of(value))))
      found = number;
  }
  if (found) {
    reflection.SetEnumValue(&message, &field, *found);
  } else if (value == "auto" || value == "default") {
    reflection.ClearField(&message, &field);
  } else {
    refuse(field.name(), value, join(enum_words(type)) + "." + suggestion(value, enum_words(type)));
  }
}

void set_field(Message& message, const FieldDescriptor& field, const std::string& value) {
  const Reflection& reflection = *message.GetReflection();
  if (value.empty() || field.is_repeated()) {
    reflection.ClearField(&message, &field);
    for (const std::string& part : split(value)) reflection.AddString(&message, &field, part);
    return;
  }
  if (field.cpp_type() == FieldDescriptor::CPPTYPE_ENUM) {
    set_enum(message, field, value);
  } else if (field.cpp_type() == FieldDescriptor::CPPTYPE_BOOL) {
    const auto parsed = switch_of(value);
    if (!parsed) refuse(field.name(), value, "on or off");
    reflection.SetBool(&message, &field, *parsed);
  } else if (field.cpp_type() == FieldDescriptor::CPPTYPE_UINT32) {
    reflection.SetUInt32(&message, &field, number_of(field.name(), value));
  } else {
    reflection.SetString(&message, &field, stored_text(field.name(), value));
  }
}

}  // namespace

std::vector<std::string> setting_keys() {
  std::vector<std::string> keys;
  const auto& type = *v1::AccountSettings::descriptor();
  for (int i = 0; i < type.field_count(); ++i) keys.push_back(type.field(i)->name());
  return keys;
}

std::vector<std::string> call_setting_keys() {
  return {"encryption",  "codecs", "dtmf", "early_send",
          "hide_number", "latch",  "ice",  "session_expires_s"};
}

std::vector<std::string> setting_values(const std::string& key) {
  const FieldDescriptor* const field = field_of(key);
  if (field == nullptr) return {};
  if (field->cpp_type() == FieldDescriptor::CPPTYPE_BOOL) return {"on", "off"};
  if (field->cpp_type() != FieldDescriptor::CPPTYPE_ENUM) return {};
  return enum_words(*field->enum_type());
}

std::string apply_setting(const std::string& text, const std::vector<std::string>& allowed,
                          v1::AccountSettings& settings) {
  const size_t equals = text.find('=');
  std::string key = text.substr(0, equals);
  std::replace(key.begin(), key.end(), '-', '_');
  const FieldDescriptor* const field = field_of(key);
  if (field == nullptr || std::find(allowed.begin(), allowed.end(), key) == allowed.end()) {
    const std::string why = field == nullptr ? "there is no setting \"" + key + "\"."
                                             : key + " cannot be set for one call.";
    throw UsageError(why + suggestion(key, allowed) + "\nSettings: " + join(allowed));
  }
  if (equals == std::string::npos) {
    const auto values = setting_values(key);
    throw UsageError("write " + key + "=VALUE" +
                     (values.empty() ? "" : "; it takes " + join(values)));
  }
  set_field(settings, *field, text.substr(equals + 1));
  return key;
}

std::string setting_text(const v1::AccountSettings& settings, const std::string& key) {
  const FieldDescriptor* const field = field_of(key);
  if (field == nullptr) return {};
  const Reflection& reflection = *settings.GetReflection();
  if (field->is_repeated()) {
    std::vector<std::string> parts;
    for (int i = 0; i < reflection.FieldSize(settings, field); ++i)
      parts.push_back(reflection.GetRepeatedString(settings, field, i));
    return join(parts);
  }
  if (!reflection.HasField(settings, field)) return {};
  if (field->cpp_type() == FieldDescriptor::CPPTYPE_ENUM) {
    const int value = reflection.GetEnumValue(settings, field);
    return value == 0 ? "auto" : enum_word(*field->enum_type(), value);
  }
  if (field->cpp_type() == FieldDescriptor::CPPTYPE_BOOL)
    return reflection.GetBool(settings, field) ? "on" : "off";
  if (field->cpp_type() == FieldDescriptor::CPPTYPE_UINT32)
    return std::to_string(reflection.GetUInt32(settings, field));
  return reflection.GetString(settings, field);
}

}  // namespace commd::commctl
