// A few lines at the bottom of a terminal, drawn over in place; what is noted above
// them stays. Uses no more than cursor movement and erasing. Main thread.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "clients/commctl/line.h"

namespace commd::commctl {

class Output;

// Whether a person sits at a terminal that can be drawn on: stdin and stderr are one, and
// neither --json nor --quiet was asked for.
bool has_screen(const Output& out);

class Screen {
 public:
  // Draws on `descriptor`, which is a terminal.
  Screen(int descriptor, Colour colour) : descriptor_(descriptor), colour_(colour) {}
  ~Screen() { erase(); }
  Screen(const Screen&) = delete;
  Screen& operator=(const Screen&) = delete;

  size_t columns() const;
  size_t rows() const;
  // Writes only what differs from what is there. The cursor stands in the last line behind
  // so many columns, else at its end.
  void draw(const std::vector<Line>& lines, std::optional<size_t> cursor = std::nullopt);
  // A line that stays, above the drawing.
  void note(const Line& line);
  void bell() const;
  // Takes the drawing away; the cursor is where it began.
  void erase();

 private:
  // Moves to the first row of the drawing. A terminal that has become narrower has
  // wrapped the lines.
  std::string to_top() const;
  std::string to_cursor() const;
  void write(const std::string& text) const;

  int descriptor_;
  Colour colour_;
  std::vector<std::string> drawn_;
  std::vector<size_t> widths_;
  std::optional<size_t> cursor_;
  size_t columns_ = 0;
};

}  // namespace commd::commctl
