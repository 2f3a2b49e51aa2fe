#include "daemon/store/search_words.h"

#include <algorithm>

namespace commd::store {
namespace {

bool is_blank(char c) { return c == ' ' || (c >= '\t' && c <= '\r'); }

// Begins a character, and one that may be a letter as far as a byte tells.
bool may_begin_letter(char c) {
  const auto byte = static_cast<unsigned char>(c);
  const bool alphanumeric =
      (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
  return alphanumeric || byte >= 0xC0;
}

bool continues_character(char c) { return (static_cast<unsigned char>(c) & 0xC0U) == 0x80U; }

// Letters of the word that the text ends with. A star after a single one would stand for
// half of all words there are.
size_t last_letters(std::string_view text) {
  size_t letters = 0;
  while (!text.empty() && letters < 2) {
    const char c = text.back();
    if (may_begin_letter(c))
      ++letters;
    else if (!continues_character(c))
      break;
    text.remove_suffix(1);
  }
  return letters;
}

// An expression's string: what is in it has no meaning but as text.
std::string quoted(std::string_view text) {
  std::string out = "\"";
  for (const char c : text)
    if (c == '"')
      out += "\"\"";
    else if (c != '\0')  // SQLite would take it for the end
      out += c;
  return out + "\"";
}

// Takes the first word, or phrase in quotes, off the text.
std::string_view next_word(std::string_view& left, bool& star) {
  const bool phrase = left.front() == '"';
  if (phrase) left.remove_prefix(1);
  const auto end = std::find_if(left.begin(), left.end(), [&](char c) {
    return phrase ? c == '"' : is_blank(c) || c == '"';
  });
  std::string_view word = left.substr(0, static_cast<size_t>(end - left.begin()));
  left.remove_prefix(word.size());
  if (phrase && !left.empty()) left.remove_prefix(1);
  star = phrase ? left.starts_with('*') : word.ends_with('*');
  if (phrase && star) left.remove_prefix(1);
  while (!phrase && word.ends_with('*')) word.remove_suffix(1);
  return word;
}

}  // namespace

base::Result<std::string> search_expression(std::string_view typed) {
  std::string expression;
  size_t words = 0;
  while (true) {
    while (!typed.empty() && is_blank(typed.front())) typed.remove_prefix(1);
    if (typed.empty()) break;
    bool star = false;
    const std::string_view word = next_word(typed, star);
    if (word.empty()) continue;
    if (++words > most_search_words)
      return base::fail(base::invalid_argument("words", "a search has at most " +
                                                            std::to_string(most_search_words) +
                                                            " words; leave the common ones out"));
    expression += (expression.empty() ? "" : " ") + quoted(word);
    if (star && last_letters(word) == 2) expression += " *";
  }
  if (expression.empty())
    return base::fail(base::invalid_argument("words", "there is no word to look for"));
  return expression;
}

}  // namespace commd::store
