// Keys out of the bytes of a terminal. Pure; any thread.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace commd::commctl {

struct Key {
  enum class Kind { text, enter, backspace, escape, tab, kill_line };
  Kind kind = Kind::text;
  std::string text;  // one character in UTF-8
};

// Cursor and function keys are swallowed. A lone escape counts as the key only when
// nothing follows it in the same read.
class KeyReader {
 public:
  std::vector<Key> take(std::string_view bytes);

 private:
  std::string rest_;  // the beginning of a character that is not complete yet
};

}  // namespace commd::commctl
