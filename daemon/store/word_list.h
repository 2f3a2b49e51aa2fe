// Words in one column: tabs between them, none inside. Any thread.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace commd::store {

inline std::string join(const std::vector<std::string>& words) {
  std::string text;
  for (const std::string& word : words) text += (text.empty() ? "" : "\t") + word;
  return text;
}

// What is empty between two tabs is no word.
inline std::vector<std::string> split(std::string_view text) {
  std::vector<std::string> words;
  while (!text.empty()) {
    const std::string_view word = text.substr(0, text.find('\t'));
    text.remove_prefix(word.size() == text.size() ? text.size() : word.size() + 1);
    if (!word.empty()) words.emplace_back(word);
  }
  return words;
}

}  // namespace commd::store
