// The table `message`: the history of all conversations. One object a connection; the
// thread that owns the connection. Methods throw SqliteError, or UnknownWord for a value
// that a newer version wrote.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "daemon/model/message.h"
#include "daemon/ports/store.h"
#include "daemon/store/database.h"

namespace commd::store {

class MessageTable {
 public:
  explicit MessageTable(Database& database);

  // Adds the message or replaces the one with its id.
  void put(const model::Message& message);
  // All that wait to be sent, oldest first.
  std::vector<model::Message> queued();
  // Fingerprints of the newest messages that were not sent from here, oldest first.
  std::vector<std::string> fingerprints(unsigned limit);
  // Newest first. NOT_FOUND if the message `before` is not there.
  base::Result<std::vector<model::Message>> query(const ports::MessageQuery& query);

 private:
  Database& database_;
  Statement put_;
  Statement queued_;
  Statement fingerprints_;
  Statement position_;
  // Queries by their filter, made when first used.
  std::map<std::string, Statement> queries_;
};

}  // namespace commd::store
