#include "clients/commctl/screen.h"

#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <string_view>

#include "clients/commctl/output.h"

namespace commd::commctl {

bool has_screen(const Output& out) {
  const char* const name = std::getenv("TERM");  // NOLINT(concurrency-mt-unsafe): never set by us
  const bool capable = name != nullptr && *name != '\0' && std::string_view(name) != "dumb";
  return capable && !out.json() && !out.quiet() && ::isatty(STDIN_FILENO) == 1 &&
         ::isatty(STDERR_FILENO) == 1;
}

size_t Screen::columns() const { return std::max<size_t>(terminal_columns(descriptor_), 10); }

size_t Screen::rows() const { return std::max<size_t>(terminal_rows(descriptor_), 1); }

std::string Screen::to_top() const {
  if (widths_.empty()) return "";
  const size_t columns = this->columns();
  size_t above = 0;
  for (size_t i = 0; i < widths_.size(); ++i) {
    const bool last = i + 1 == widths_.size();
    const size_t rows = std::max<size_t>(1, (widths_[i] + columns - 1) / columns);
    above += !last ? rows : cursor_ ? *cursor_ / columns : rows - 1;
  }
  return above > 0 ? "\r\x1b[" + std::to_string(above) + "A" : "\r";
}

std::string Screen::to_cursor() const {
  if (!cursor_) return "";
  return *cursor_ == 0 ? "\r" : "\r\x1b[" + std::to_string(*cursor_) + "C";
}

void Screen::draw(const std::vector<Line>& lines, std::optional<size_t> cursor) {
  const size_t columns = this->columns();
  std::vector<std::string> wanted;
  std::vector<size_t> widths;
  for (const Line& line : lines) {
    wanted.push_back(render(line, colour_, columns - 1));
    widths.push_back(std::min(width_of(line), columns - 1));
  }
  if (wanted == drawn_ && columns == columns_ && cursor == cursor_) return;
  std::string text = to_top();
  if (columns != columns_) text += "\x1b[J";
  for (size_t i = 0; i < wanted.size(); ++i)
    text += wanted[i] + "\x1b[K" + (i + 1 < wanted.size() ? "\r\n" : "");
  cursor_ = cursor;
  write(text + "\x1b[J" + to_cursor());
  drawn_ = std::move(wanted);
  widths_ = std::move(widths);
  columns_ = columns;
}

void Screen::note(const Line& line) {
  std::string text = to_top() + "\x1b[J" + render(line, colour_) + "\r\n";
  for (size_t i = 0; i < drawn_.size(); ++i)
    text += drawn_[i] + (i + 1 < drawn_.size() ? "\r\n" : "");
  write(text + to_cursor());
}

void Screen::bell() const { write("\a"); }

void Screen::erase() {
  if (drawn_.empty()) return;
  write(to_top() + "\x1b[J");
  drawn_.clear();
  widths_.clear();
}

void Screen::write(const std::string& text) const {
  size_t done = 0;
  while (done < text.size()) {
    const ssize_t count = ::write(descriptor_, text.data() + done, text.size() - done);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return;  // the terminal is gone: SIGHUP says so as well
    done += static_cast<size_t>(count);
  }
}

}  // namespace commd::commctl
