// Whatever a person types is an expression that FTS5 understands.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "daemon/store/database.h"
#include "daemon/store/search_words.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace commd::store;
  static const auto database = [] {
    auto made = std::make_unique<Database>(":memory:");
    made->exec(
        "CREATE VIRTUAL TABLE words USING fts5 (body, tags, prefix = '2 3 4', tokenize = "
        "\"unicode61 remove_diacritics 2\"); INSERT INTO words VALUES ('lunch on tuesday', 'p00')");
    return made;
  }();
  if (size > 1024) return 0;  // as the API does
  const auto expression = search_expression({reinterpret_cast<const char*>(data), size});
  if (!expression) return 0;
  const std::string match = "body : (" + *expression + ") AND tags : (p00)";
  static Statement select(*database, "SELECT rowid FROM words WHERE words MATCH ?");
  try {
    select.bind(1, match).run();
  } catch (const SqliteError&) {
    std::abort();
  }
  return 0;
}
