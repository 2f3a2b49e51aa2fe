// The table `person`: the address book. One object a connection; the thread that owns the
// connection. Methods throw SqliteError.
#pragma once

#include <vector>

#include "daemon/model/person.h"
#include "daemon/store/database.h"

namespace commd::store {

class PersonTable {
 public:
  explicit PersonTable(Database& database);

  // Adds the person or replaces the one with the id.
  void put(const model::Person& person);
  void erase(const model::PersonId& id);
  std::vector<model::Person> all();

 private:
  Statement put_;
  Statement erase_;
  Statement all_;
};

}  // namespace commd::store
