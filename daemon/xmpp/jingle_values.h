// What values in Jingle may look like: whatever is read has to go into SDP as well, where a
// blank ends a word and a line break the line. Pure; any thread.
#pragma once

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "daemon/base/escape.h"
#include "daemon/base/result.h"
#include "daemon/xmpp/xml_text.h"

namespace commd::xmpp {

// The whole text as a decimal number of at most `most`.
template <class Number>
std::optional<Number> number_of(std::string_view text, uint64_t most) {
  uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (text.empty() || error != std::errc() || end != text.data() + text.size() || value > most)
    return std::nullopt;
  return static_cast<Number>(value);
}

// Visible ASCII, at least one of it.
inline bool is_word(std::string_view text, size_t most) {
  return !text.empty() && text.size() <= most &&
         std::all_of(text.begin(), text.end(), [](char c) { return c > ' ' && c < 0x7F; });
}

// No controls; may be empty.
inline bool is_line(std::string_view text, size_t most) {
  return text.size() <= most && std::none_of(text.begin(), text.end(), [](char c) {
           return static_cast<unsigned char>(c) < ' ' || c == 0x7F;
         });
}

// Without the blanks around it.
inline std::string_view trimmed(std::string_view text) {
  while (!text.empty() && is_xml_blank(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_xml_blank(text.back())) text.remove_suffix(1);
  return text;
}

// XML Schema's boolean.
inline bool is_true(std::string_view text) { return text == "true" || text == "1"; }

// The beginning of what came, for an error's words.
inline std::string quoted(std::string_view text) {
  return '"' + base::to_valid_utf8(text.substr(0, 64)) + '"';
}

// INVALID_ARGUMENT with reason BAD_JINGLE: what cannot be read in the far end's stanza.
inline tl::unexpected<base::Error> bad_jingle(const std::string& problem) {
  base::Error error{base::Code::invalid_argument, "BAD_JINGLE", "bad Jingle: " + problem, {}};
  error.details["problem"] = problem;
  return base::fail(error);
}

}  // namespace commd::xmpp
