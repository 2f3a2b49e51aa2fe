// Keys out of the bytes of a terminal. Pure; any thread.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace commd::commctl {

struct Key {
  enum class Kind {
    text,
    enter,
    backspace,
    escape,
    tab,
    kill_line,     // Ctrl-U
    kill_rest,     // Ctrl-K
    kill_word,     // Ctrl-W
    erase,         // Del: the character at the cursor
    end_of_input,  // Ctrl-D
    left,
    right,
    up,
    down,
    home,  // also Ctrl-A
    end,   // also Ctrl-E
  };
  Kind kind = Kind::text;
  std::string text;  // one character in UTF-8
};

// Function keys are swallowed. A lone escape counts as the key only when
// nothing follows it in the same read.
class KeyReader {
 public:
  std::vector<Key> take(std::string_view bytes);

 private:
  std::string rest_;  // the beginning of a character that is not complete yet
};

}  // namespace commd::commctl
