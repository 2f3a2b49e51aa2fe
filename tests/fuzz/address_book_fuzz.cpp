// Address books of any program: the first byte chooses vCard or CSV.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "daemon/base/escape.h"
#include "daemon/core/csv_people.h"
#include "tests/fuzz/require.h"

using namespace commd;
using fuzz::require;

namespace {

void look_at(const core::ImportedPeople& imported) {
  require(imported.problems.size() <= core::max_import_problems);
  for (const model::Person& person : imported.people) {
    require(!person.name.empty() && base::is_valid_utf8(person.name));
    require(person.addresses.size() <= model::max_person_addresses);
    for (const model::PersonAddress& each : person.addresses) {
      const auto again = model::person_address(each.address, "xmpp:");
      require(again && *again == each.address);
      require(each.label.find_first_of("\t\n") == each.label.npos);
    }
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0) return 0;
  const std::string_view text(reinterpret_cast<const char*>(data + 1), size - 1);
  if (data[0] % 2 == 0) {
    look_at(core::read_vcards(text));
  } else if (const auto read = core::read_csv_people(text)) {
    look_at(*read);
  }
  return 0;
}
