#include "daemon/settings/scan.h"

namespace commd::settings {
namespace {

constexpr unsigned most_dots = 16;
constexpr std::string_view byte_order_mark = "\xEF\xBB\xBF";

class Scanner {
 public:
  explicit Scanner(std::string_view text) : text_(text) {}

  std::optional<Trouble> run() {
    if (text_.starts_with(byte_order_mark)) text_.remove_prefix(byte_order_mark.size());
    for (; next_ < text_.size(); ++next_) {
      if (auto trouble = look(text_[next_])) return trouble;
      move(text_[next_]);
    }
    return std::nullopt;
  }

 private:
  enum class Inside { nothing, comment, basic_string, literal_string };

  std::optional<Trouble> look(char c) {
    if (c == '\n') {
      inside_ = Inside::nothing;  // our strings end with their line
      dots_ = 0;
      return std::nullopt;
    }
    switch (inside_) {
      case Inside::nothing:
        return look_outside(c);
      case Inside::comment:
        break;
      case Inside::basic_string:
        if (c == '\\')
          skip_ = !skip_;
        else if (c == '"' && !skip_)
          inside_ = Inside::nothing;
        if (c != '\\') skip_ = false;
        break;
      case Inside::literal_string:
        if (c == '\'') inside_ = Inside::nothing;
        break;
    }
    return std::nullopt;
  }

  std::optional<Trouble> look_outside(char c) {
    if (static_cast<unsigned char>(c) >= 0x80)
      return Trouble{at_, "a character that is not ASCII, outside of quotation marks"};
    if (c == '.' && ++dots_ > most_dots) return Trouble{at_, "too many dots in one line"};
    if (c == '#') inside_ = Inside::comment;
    if (c != '"' && c != '\'') return std::nullopt;
    if (text_.substr(next_, 3) == std::string(3, c))
      return Trouble{at_, "strings of several lines are not used here; write it in one line"};
    inside_ = c == '"' ? Inside::basic_string : Inside::literal_string;
    skip_ = false;
    return std::nullopt;
  }

  void move(char c) {
    if (c == '\n') {
      ++at_.line;
      at_.column = 1;
    } else if ((static_cast<unsigned char>(c) & 0xC0) != 0x80) {
      ++at_.column;
    }
  }

  std::string_view text_;
  size_t next_ = 0;
  Position at_;
  Inside inside_ = Inside::nothing;
  bool skip_ = false;  // after a backslash
  unsigned dots_ = 0;
};

}  // namespace

std::optional<Trouble> find_trouble(std::string_view toml) { return Scanner(toml).run(); }

}  // namespace commd::settings
