#include "daemon/store/person_table.h"

#include <algorithm>
#include <string>
#include <string_view>

#include "daemon/store/fields.h"

namespace commd::store {
namespace {

using model::Person;

static_assert(field_count<Person>() == 7, "a field of Person is not stored");
static_assert(field_count<model::PersonAddress>() == 2, "a field of PersonAddress is not stored");

// "xmpp:bob@example.org\tlabel\n" for each. Neither an address nor a label has one of them.
std::string to_text(const std::vector<model::PersonAddress>& addresses) {
  std::string text;
  for (const model::PersonAddress& each : addresses)
    text += each.address + "\t" + each.label + "\n";
  return text;
}

std::vector<model::PersonAddress> to_addresses(std::string_view text) {
  std::vector<model::PersonAddress> addresses;
  while (!text.empty()) {
    const std::string_view line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(text.size(), line.size() + 1));
    const size_t tab = std::min(line.find('\t'), line.size());
    addresses.push_back({std::string(line.substr(0, tab)),
                         std::string(line.substr(std::min(line.size(), tab + 1)))});
  }
  return addresses;
}

int64_t to_integer(base::WallTime time) { return time.time_since_epoch().count(); }
base::WallTime to_time(int64_t value) { return base::WallTime(base::WallTime::duration(value)); }

}  // namespace

PersonTable::PersonTable(Database& database)
    : put_(database,
           "INSERT OR REPLACE INTO person (id, name, addresses, organization, note, create_time, "
           "update_time) VALUES (?, ?, ?, ?, ?, ?, ?)"),
      erase_(database, "DELETE FROM person WHERE id = ?"),
      all_(database,
           "SELECT id, name, addresses, organization, note, create_time, update_time FROM person "
           "ORDER BY id") {}

void PersonTable::put(const Person& person) {
  const std::string addresses = to_text(person.addresses);
  put_.bind(1, person.id.str())
      .bind(2, person.name)
      .bind(3, addresses)
      .bind(4, person.organization)
      .bind(5, person.note)
      .bind(6, to_integer(person.create_time))
      .bind(7, to_integer(person.update_time))
      .run();
}

void PersonTable::erase(const model::PersonId& id) { erase_.bind(1, id.str()).run(); }

std::vector<Person> PersonTable::all() {
  std::vector<Person> people;
  all_.for_each([&](const Statement& row) {
    people.push_back({model::PersonId(row.text(0)), row.text(1), to_addresses(row.text(2)),
                      row.text(3), row.text(4), to_time(row.integer(5)), to_time(row.integer(6))});
  });
  return people;
}

}  // namespace commd::store
