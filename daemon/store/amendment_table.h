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
  // Of those that do not wait: some of what is older, and some of what is more than may be
  // kept to know by that it was there. Due after many were added.
  void prune(base::WallTime before);
  bool prune_due() const { return added_ >= added_before_prune; }

 private:
  static constexpr int64_t most_kept = 50'000;
  static constexpr int64_t added_before_prune = 1000;
  static constexpr int64_t prune_slice = 2000;

  Statement put_;
  Statement queued_;
  Statement fingerprints_;
  Statement forget_;
  Statement thin_out_;
  int64_t added_ = 0;
};

}  // namespace commd::store
