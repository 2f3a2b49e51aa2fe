// Lines of text with styles. Everything that reaches a terminal goes through
// render(), which escapes each span: no text from the network can forget to be
// escaped. Pure functions; any thread.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

namespace commd::commctl {

enum class Style { plain, bold, dim, good, warning, bad };

struct Span {
  std::string text;
  Style style = Style::plain;
};
using Line = std::vector<Span>;

enum class Colour { off, on };

// No width given: the line is as long as it is.
inline constexpr size_t unlimited = static_cast<size_t>(-1);

// Escaped, cut to `columns` with an ellipsis, without a line feed.
std::string render(const Line& line, Colour colour, size_t columns = unlimited);

// Columns of the escaped line.
size_t width_of(const Line& line);

// Broken between words so that each fits into `columns`, but for words that are longer by
// themselves; all but the first begin with `margin` blanks.
std::vector<Line> wrap(const Line& line, size_t columns, size_t margin);

struct Table {
  std::vector<std::string> header;
  std::vector<std::vector<Span>> rows;
  // The column that gives way first when the terminal is narrow.
  size_t flexible = 0;
};

// Columns two blanks apart, fitted into `columns`: the flexible one is cut first
// (to no less than 8), then the line at its end.
std::vector<Line> layout(const Table& table, size_t columns);

}  // namespace commd::commctl
