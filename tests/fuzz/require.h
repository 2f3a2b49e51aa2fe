// What must hold whatever a fuzz target is given.
#pragma once

#include <cstddef>
#include <cstdlib>
#include <string>

#include "daemon/base/escape.h"

namespace commd::fuzz {

inline void require(bool holds) {
  if (!holds) std::abort();
}

// Of a text that is kept of somebody's, cut at so many bytes.
inline void require_text(const std::string& text, size_t bytes) {
  require(base::is_valid_utf8(text));
  require(text.size() <= 3 * bytes);  // what is ill-formed grows
}

}  // namespace commd::fuzz
