// What a person typed into a search, as an expression of FTS5. Pure; any thread.
#pragma once

#include <string>
#include <string_view>

#include "daemon/base/result.h"

namespace commd::store {

inline constexpr size_t most_search_words = 32;

// Words are apart by blanks and must all be there; "several words" in quotes must follow each
// other; a * after two letters or more stands for the rest of the word. All else is text:
// whatever is typed, the result is a valid expression (`"bob" "dyl" *`), which finds nothing
// where nothing in it is a word. INVALID_ARGUMENT with the field "words" for blanks alone and
// for more than most_search_words.
base::Result<std::string> search_expression(std::string_view typed);

}  // namespace commd::store
