// Forms of anybody (XEP-0004), and the answer to them. The input is what follows a stream's header.
#include <cstddef>
#include <cstdint>
#include <set>
#include <string_view>

#include "daemon/base/escape.h"
#include "daemon/xmpp/data_form.h"
#include "tests/fuzz/require.h"
#include "tests/fuzz/stanzas.h"

using namespace commd;
using fuzz::require;

namespace {

void look_at(const xmpp::Element& x) {
  const auto form = xmpp::read_form(x);
  if (!form) return;
  require(form->fields.size() <= model::max_form_fields);
  std::set<std::string> names;
  for (const model::FormField& field : form->fields) {
    require(field.name.empty() == (field.type == model::FieldType::fixed) || !field.name.empty());
    require(field.name.empty() || names.insert(field.name).second);
    for (const std::string& value : field.values) require(base::is_valid_utf8(value));
  }
  for (const auto& row : form->rows) require(row.size() == form->fields.size());
  const xmpp::Stanza answer("iq");
  xmpp::write_submit(*form, answer);
  static_cast<void>(answer.to_text());
  static_cast<void>(model::fill_in(*form, *form));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  fuzz::for_each_stanza(data, size, [&](const xmpp::Stanza& stanza) {
    for (const xmpp::Element each : stanza) look_at(each);
  });
  return 0;
}
