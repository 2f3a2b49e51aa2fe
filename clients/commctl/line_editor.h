// A line being typed: characters, a cursor, and the lines typed before. Pure; any thread.
#pragma once

#include <string>
#include <vector>

#include "clients/commctl/keys.h"
#include "clients/commctl/line.h"

namespace commd::commctl {

class LineEditor {
 public:
  // A longer line takes no more characters.
  explicit LineEditor(size_t most_bytes) : most_bytes_(most_bytes) {}

  // What the key does to the line; keys that mean nothing here do nothing. Enter is not
  // for it: see take().
  void press(const Key& key);
  bool empty() const { return characters_.empty(); }
  std::string text() const;
  // The line is done: it is remembered, the next one begins empty.
  std::string take();

  struct Shown {
    std::string text;
    size_t cursor = 0;  // columns before it
  };
  // The part of the line around the cursor that fits into `columns`, the cursor included.
  Shown shown(size_t columns) const;

 private:
  void set(const std::string& text);
  void recall(size_t at);
  void erase_word();

  size_t most_bytes_;
  size_t bytes_ = 0;
  std::vector<std::string> characters_;  // each one in UTF-8
  size_t cursor_ = 0;
  std::vector<std::string> before_;
  size_t recalled_ = 0;  // index in before_; its size: the line that is new
  std::string fresh_;    // that line, while another one is recalled
};

}  // namespace commd::commctl
