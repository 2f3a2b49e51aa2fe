// The table `transfer`: files to and from people. One object a connection; the thread that owns
// the connection. Methods throw SqliteError, or UnknownWord for a value that a newer version
// wrote.
#pragma once

#include <vector>

#include "daemon/model/transfer.h"
#include "daemon/store/database.h"

namespace commd::store {

class TransferTable {
 public:
  explicit TransferTable(Database& database);

  // Adds it or replaces the one with its id.
  void put(const model::FileTransfer& transfer);
  void erase(const model::TransferId& id);
  // Oldest first.
  std::vector<model::FileTransfer> all();

 private:
  Statement put_;
  Statement erase_;
  Statement all_;
};

}  // namespace commd::store
