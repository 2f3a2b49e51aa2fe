// The table `message`: the history of all conversations. One object a connection; the
// thread that owns the connection. Methods throw SqliteError, or UnknownWord for a value
// that a newer version wrote.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "daemon/model/message.h"
#include "daemon/ports/store.h"
#include "daemon/store/database.h"
#include "daemon/store/search_index.h"

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
  // Newest first unless asked otherwise. NOT_FOUND if the message `before` is not there,
  // INVALID_ARGUMENT for words that are none.
  base::Result<std::vector<model::Message>> query(const ports::MessageQuery& query);

  // NOT_FOUND if the message `before` is not there.
  base::Result<std::vector<model::Conversation>> conversations(
      const ports::ConversationQuery& query);

  // Whether prune() has enough to do: one that is an hour beyond the horizon.
  bool prune_due(base::WallTime horizon);
  // Deletes up to 256 of the oldest that are from before the horizon and wait for nothing.
  void prune(base::WallTime horizon);

 private:
  base::Result<std::vector<model::Message>> search(const ports::MessageQuery& query);
  std::vector<model::Message> rows(Statement& select, const ports::MessageQuery& query);

  Database& database_;
  Statement put_;
  Statement queued_;
  Statement fingerprints_;
  Statement position_;
  Statement oldest_;
  Statement prunable_;
  Statement erase_;
  Statement conversation_;
  Statement empty_conversation_;
  SearchIndex index_;
  // Of the oldest that may be pruned; nullopt: not known.
  std::optional<base::WallTime> oldest_time_;
  // Queries by their filter, made when first used.
  std::map<std::string, Statement> queries_;
};

}  // namespace commd::store
