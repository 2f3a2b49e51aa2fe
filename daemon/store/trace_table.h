// The table `call_trace`: what happened to a call of the log, one row a call. One object a
// connection; the thread that owns the connection. Methods throw SqliteError.
//
// The steps are a text, one a line: kind, time, count, code and text, then each detail and its
// value, with tabs between them; `\\`, `\n` and `\t` are escaped. A line that no version before has
// written is left out. A trigger deletes the row with its call.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "daemon/model/call_trace.h"
#include "daemon/store/database.h"

namespace commd::store {

std::string encode_trace(const std::vector<model::TraceStep>& steps);
std::vector<model::TraceStep> decode_trace(std::string_view text);

class TraceTable {
 public:
  explicit TraceTable(Database& database);

  // Adds it or replaces that of the same call. Nothing for a call that is not in the log.
  void put(const model::CallId& call, const std::vector<model::TraceStep>& steps);
  // Empty: there is none.
  std::vector<model::TraceStep> get(const model::CallId& call);

 private:
  Statement put_;
  Statement get_;
};

}  // namespace commd::store
