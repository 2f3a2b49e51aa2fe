// The full-text index of the history: FTS5 over the texts of `message`. It is written beside
// the messages, in the same transaction. (Not by triggers: a schema that is not trusted may
// not touch a virtual table.)
//
// A message has a `place`: its time in microseconds, or the next one that is free. It is the
// index's row id, so that the newest of a million matches are found without looking at the
// others. Beside its words a message is indexed by tags (the person, the account, the
// direction), so that a filter costs a further term and no scan.
//
// The thread that owns the connection. Everything throws SqliteError.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "daemon/model/message.h"
#include "daemon/store/database.h"

namespace commd::store {

// The step of the schema: makes the index and takes what is there into it.
void create_search_index(Database& database);
// From version 5 on what a file is called is found as well.
void index_attachments(Database& database);

// Whether the index says what the messages say. Reads all of it: some 4 s for a million
// messages.
bool search_index_is_whole(Database& database);
// Makes it anew out of the messages; some 30 s for a million.
void rebuild_search_index(Database& database);
// A fact by this name, with any value: the next start looks at the index and mends it.
inline constexpr const char* search_index_doubt = "search_index";
// Does that; true if it had to.
bool mend_search_index(Database& database);

// The tag of a value: one word to the tokeniser, whatever the value is.
enum class Tag : char { peer = 'p', account = 'a' };
std::string tag_of(Tag tag, std::string_view value);

class SearchIndex {
 public:
  explicit SearchIndex(Database& database);

  // What is indexed of a message.
  struct Entry {
    int64_t place = 0;
    std::string body;
    std::string tags;
  };
  // As it is on disk; nullopt: there is no such message.
  std::optional<Entry> entry(const model::MessageId& id);
  // The message was written; `before`: what entry() said until then.
  void written(const std::optional<Entry>& before, const model::Message& message);
  // The message is about to be deleted.
  void forget(const Entry& entry);

 private:
  int64_t free_place(base::WallTime time);

  Statement entry_;
  Statement last_near_;
  Statement set_place_;
  Statement learn_;
  Statement forget_;
};

}  // namespace commd::store
