// A look at the text before toml++ parses it. toml++ 3.3 recurses as deep as keys
// have dots, and is undefined for some characters between values (it promises the
// compiler that they do not occur). What commd.toml never needs is refused here,
// in one linear pass. Pure; any thread.
#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace commd::settings {

// From 1; columns count characters, not bytes.
struct Position {
  uint64_t line = 1;
  uint64_t column = 1;
  auto operator<=>(const Position&) const = default;
};

struct Trouble {
  Position at;
  std::string message;
};

// Refused: other than ASCII outside of strings and comments, strings of several
// lines, more than 16 dots outside of strings in one line. Anything else wrong is
// left to the parser.
std::optional<Trouble> find_trouble(std::string_view toml);

}  // namespace commd::settings
