#include "clients/commctl/line.h"

#include <algorithm>

#include "clients/client/escape.h"

namespace commd::commctl {
namespace {

using client::clip;
using client::display_width;
using client::escape_line;

const char* sequence_of(Style style) {
  switch (style) {
    case Style::plain:
      return "";
    case Style::bold:
      return "\x1b[1m";
    case Style::dim:
      return "\x1b[2m";
    case Style::good:
      return "\x1b[32m";
    case Style::warning:
      return "\x1b[33m";
    case Style::bad:
      return "\x1b[31m";
  }
  return "";
}

std::string pad(std::string text, size_t columns) {
  const size_t width = display_width(text);
  if (width < columns) text.append(columns - width, ' ');
  return text;
}

// Each with the blanks behind it; what begins with blanks begins with a word of nothing else.
std::vector<std::string> words_of(const std::string& text) {
  std::vector<std::string> words;
  for (size_t begin = 0; begin < text.size();) {
    const size_t blank = text.find(' ', begin);
    const size_t end = std::min(text.find_first_not_of(' ', blank), text.size());
    words.push_back(text.substr(begin, end - begin));
    begin = end;
  }
  return words;
}

void trim_end(Line& line) {
  while (!line.empty()) {
    std::string& text = line.back().text;
    text.resize(text.find_last_not_of(' ') + 1);
    if (!text.empty()) return;
    line.pop_back();
  }
}

}  // namespace

std::string render(const Line& line, Colour colour, size_t columns) {
  const bool fits = columns == unlimited || width_of(line) <= columns;
  std::string out;
  size_t left = columns;
  for (const Span& span : line) {
    std::string text = escape_line(span.text);
    if (!fits) {
      // One column stays free for the ellipsis, wherever the cut falls.
      const size_t width = display_width(text);
      if (width >= left) text = clip(text + "  ", left);
      left -= std::min(left, display_width(text));
    }
    if (text.empty()) continue;
    const bool styled = colour == Colour::on && span.style != Style::plain;
    out += styled ? sequence_of(span.style) + text + "\x1b[0m" : text;
    if (!fits && left == 0) break;
  }
  return out;
}

size_t width_of(const Line& line) {
  size_t columns = 0;
  for (const Span& span : line) columns += display_width(escape_line(span.text));
  return columns;
}

std::vector<Line> wrap(const Line& line, size_t columns, size_t margin) {
  std::vector<Line> lines(1);
  size_t used = 0;
  for (const Span& span : line) {
    for (const std::string& word : words_of(span.text)) {
      const size_t wide = width_of({{word.substr(0, word.find_last_not_of(' ') + 1)}});
      if (used > margin && wide > 0 && used + wide > columns) {
        trim_end(lines.back());
        lines.push_back({{std::string(margin, ' ')}});
        used = margin;
      }
      lines.back().push_back({word, span.style});
      used += width_of({{word}});
    }
  }
  return lines;
}

std::vector<Line> layout(const Table& table, size_t columns) {
  std::vector<size_t> widths;
  for (const std::string& title : table.header) widths.push_back(display_width(title));
  for (const auto& row : table.rows)
    for (size_t i = 0; i < row.size() && i < widths.size(); ++i)
      widths[i] = std::max(widths[i], display_width(escape_line(row[i].text)));
  size_t total = 0;
  for (const size_t width : widths) total += width + 2;
  if (total > 2) total -= 2;
  if (total > columns && table.flexible < widths.size()) {
    size_t& flexible = widths[table.flexible];
    const size_t over = total - columns;
    flexible = std::max(std::min<size_t>(flexible, 8), flexible - std::min(flexible, over));
  }
  const auto line_of = [&](const std::vector<Span>& cells) {
    Line line;
    for (size_t i = 0; i < cells.size() && i < widths.size(); ++i) {
      std::string text = clip(escape_line(cells[i].text), widths[i]);
      if (i + 1 < cells.size()) text = pad(text, widths[i]) + "  ";
      line.push_back({text, cells[i].style});
    }
    return line;
  };
  std::vector<Line> lines;
  std::vector<Span> titles;
  for (const std::string& title : table.header) titles.push_back({title, Style::bold});
  lines.push_back(line_of(titles));
  for (const auto& row : table.rows) lines.push_back(line_of(row));
  return lines;
}

}  // namespace commd::commctl
