// The table `amendment`: what was said of messages afterwards, sent and to be sent, come. One
// object a connection; the thread that owns the connection. Methods throw SqliteError, or
// UnknownWord for a value that a newer version wrote.
#pragma once

#include <string>
#include <vector>

#include "daemon/model/message.h"
#include "daemon/store/database.h"

namespace commd::store {

class AmendmentTable {
 public:
  explicit AmendmentTable(Database& database);

  // Adds it or replaces the one with its id.
  void put(const model::Amendment& amendment);
  // All that wait to be sent, oldest first.
  std::vector<model::Amendment> queued();
  // Of the newest, oldest first.
  std::vector<std::string> fingerprints(unsigned limit);

 private:
  Statement put_;
  Statement queued_;
  Statement fingerprints_;
};

}  // namespace commd::store
