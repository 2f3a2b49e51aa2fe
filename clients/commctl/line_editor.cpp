#include "clients/commctl/line_editor.h"

#include <algorithm>

namespace commd::commctl {
namespace {

constexpr size_t most_remembered = 100;

size_t columns_of(const std::string& character) { return width_of({{character}}); }

}  // namespace

std::string LineEditor::text() const {
  std::string all;
  for (const std::string& each : characters_) all += each;
  return all;
}

void LineEditor::set(const std::string& text) {
  characters_.clear();
  bytes_ = text.size();
  for (const char c : text)
    if ((static_cast<unsigned char>(c) & 0xC0U) == 0x80U && !characters_.empty())
      characters_.back() += c;
    else
      characters_.emplace_back(1, c);
  cursor_ = characters_.size();
}

void LineEditor::recall(size_t at) {
  if (at > before_.size() || at == recalled_) return;
  if (recalled_ == before_.size()) fresh_ = text();
  recalled_ = at;
  set(at == before_.size() ? fresh_ : before_[at]);
}

void LineEditor::erase_word() {
  size_t begin = cursor_;
  while (begin > 0 && characters_[begin - 1] == " ") --begin;
  while (begin > 0 && characters_[begin - 1] != " ") --begin;
  characters_.erase(characters_.begin() + static_cast<std::ptrdiff_t>(begin),
                    characters_.begin() + static_cast<std::ptrdiff_t>(cursor_));
  cursor_ = begin;
  bytes_ = text().size();
}

void LineEditor::press(const Key& key) {
  const auto here = characters_.begin() + static_cast<std::ptrdiff_t>(cursor_);
  switch (key.kind) {
    case Key::Kind::text:
      if (bytes_ + key.text.size() > most_bytes_) return;
      characters_.insert(here, key.text);
      bytes_ += key.text.size();
      ++cursor_;
      return;
    case Key::Kind::backspace:
      if (cursor_ == 0) return;
      bytes_ -= characters_[--cursor_].size();
      characters_.erase(here - 1);
      return;
    case Key::Kind::erase:
      if (cursor_ == characters_.size()) return;
      bytes_ -= characters_[cursor_].size();
      characters_.erase(here);
      return;
    case Key::Kind::kill_line:
      set({});
      return;
    case Key::Kind::kill_rest:
      characters_.erase(here, characters_.end());
      bytes_ = text().size();
      return;
    case Key::Kind::kill_word:
      erase_word();
      return;
    case Key::Kind::left:
      cursor_ -= cursor_ > 0 ? 1 : 0;
      return;
    case Key::Kind::right:
      cursor_ += cursor_ < characters_.size() ? 1 : 0;
      return;
    case Key::Kind::home:
      cursor_ = 0;
      return;
    case Key::Kind::end:
      cursor_ = characters_.size();
      return;
    case Key::Kind::up:
      if (recalled_ > 0) recall(recalled_ - 1);
      return;
    case Key::Kind::down:
      recall(recalled_ + 1);
      return;
    case Key::Kind::enter:
    case Key::Kind::escape:
    case Key::Kind::tab:
    case Key::Kind::end_of_input:
      return;
  }
}

std::string LineEditor::take() {
  std::string line = text();
  if (!line.empty() && (before_.empty() || before_.back() != line)) before_.push_back(line);
  if (before_.size() > most_remembered) before_.erase(before_.begin());
  recalled_ = before_.size();
  fresh_.clear();
  set({});
  return line;
}

LineEditor::Shown LineEditor::shown(size_t columns) const {
  Shown out;
  // As much before the cursor as fits, then what is behind it.
  size_t begin = cursor_;
  const size_t room = std::max<size_t>(columns, 2) - 1;
  while (begin > 0 && out.cursor + columns_of(characters_[begin - 1]) <= room)
    out.cursor += columns_of(characters_[--begin]);
  size_t used = out.cursor;
  for (size_t at = begin; at < characters_.size(); ++at) {
    const size_t width = columns_of(characters_[at]);
    if (at >= cursor_ && used + width > room) break;
    if (at >= cursor_) used += width;
    out.text += characters_[at];
  }
  return out;
}

}  // namespace commd::commctl
