// A form to be filled in, as services and rooms ask (XEP-0004). Values; any thread.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "daemon/base/result.h"

namespace commd::model {

enum class FieldType {
  unspecified,  // whatever the other side knows it to be
  boolean,      // "1" or "0"
  fixed,        // words for the person
  hidden,       // sent back as it is
  jid_single,
  jid_multi,
  list_single,
  list_multi,
  text_single,
  text_multi,
  text_private,  // not to be shown, logged or told in an event
};

struct FormOption {
  std::string value;
  std::string label;  // empty: the value

  friend bool operator==(const FormOption&, const FormOption&) = default;
};

struct FormField {
  std::string name;  // unique in its form; empty with `fixed` alone
  FieldType type = FieldType::text_single;
  std::string label;        // empty: the name
  std::string description;  // may be empty
  bool required = false;
  std::vector<std::string> values;
  std::vector<FormOption> options;  // with the lists

  friend bool operator==(const FormField&, const FormField&) = default;
};

// What came is as it came: to be escaped where it is shown.
struct DataForm {
  std::string title;
  std::vector<std::string> instructions;
  std::vector<FormField> fields;
  // With a result that is a table: rows of values, in the order of `fields`.
  std::vector<std::vector<FormField>> rows;

  // Null where there is none of that name.
  const FormField* field(std::string_view name) const;
  friend bool operator==(const DataForm&, const DataForm&) = default;
};

inline constexpr size_t max_form_fields = 256;
inline constexpr size_t max_form_rows = 1000;
inline constexpr size_t max_form_options = 1000;      // of one field
inline constexpr size_t max_form_values = 1000;       // of one field
inline constexpr size_t max_form_text = 64 * 1024;    // of one value, in bytes
inline constexpr size_t max_form_bytes = 512 * 1024;  // of all texts together

// Whether a field of this kind may have several values.
bool is_multi(FieldType type);

// `asked` with the values of `answers`; what is not answered stays as it is. INVALID_ARGUMENT
// names the field: FIELD_UNKNOWN for one that was not asked for, else what is wrong with its
// values, or that it wants one.
base::Result<DataForm> fill_in(DataForm asked, const DataForm& answers);

}  // namespace commd::model
