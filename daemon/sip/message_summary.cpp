#include "daemon/sip/message_summary.h"

#include <strings.h>

#include <algorithm>
#include <array>
#include <charconv>

namespace commd::sip {
namespace {

using model::MessageCount;

constexpr size_t most_uri_bytes = 512;
constexpr size_t most_lines = 64;
constexpr std::array<std::string_view, 5> kinds = {"voice", "fax", "pager", "multimedia", "text"};

bool same_word(std::string_view a, std::string_view b) {
  return a.size() == b.size() && strncasecmp(a.data(), b.data(), a.size()) == 0;
}

std::string_view trimmed(std::string_view text) {
  const auto blank = [](char c) { return c == ' ' || c == '\t' || c == '\r'; };
  while (!text.empty() && blank(text.front())) text.remove_prefix(1);
  while (!text.empty() && blank(text.back())) text.remove_suffix(1);
  return text;
}

std::string_view next_line(std::string_view& rest) {
  const size_t end = rest.find('\n');
  const std::string_view line = trimmed(rest.substr(0, end));
  rest.remove_prefix(end == rest.npos ? rest.size() : end + 1);
  return line;
}

bool take(std::string_view& rest, char wanted) {
  rest = trimmed(rest);
  if (rest.empty() || rest.front() != wanted) return false;
  rest.remove_prefix(1);
  return true;
}

// More than fits is the most there can be.
std::optional<uint32_t> take_number(std::string_view& rest) {
  rest = trimmed(rest);
  uint32_t value = 0;
  const auto read = std::from_chars(rest.data(), rest.data() + rest.size(), value);
  if (read.ec == std::errc::invalid_argument) return std::nullopt;
  rest.remove_prefix(static_cast<size_t>(read.ptr - rest.data()));
  return read.ec == std::errc() ? std::min(value, model::max_waiting_messages)
                                : model::max_waiting_messages;
}

// "2/8"
bool take_pair(std::string_view& rest, uint32_t& fresh, uint32_t& old) {
  const auto first = take_number(rest);
  if (!first || !take(rest, '/')) return false;
  const auto second = take_number(rest);
  if (!second) return false;
  fresh = *first;
  old = *second;
  return true;
}

// "Voice-Message", "2/8 (0/2)"
std::optional<MessageCount> count_of(std::string_view name, std::string_view value) {
  constexpr std::string_view ending = "-message";
  if (name.size() <= ending.size() || !same_word(name.substr(name.size() - ending.size()), ending))
    return std::nullopt;
  name.remove_suffix(ending.size());
  const auto* kind = std::find_if(kinds.begin(), kinds.end(),
                                  [&](std::string_view each) { return same_word(each, name); });
  MessageCount count;
  if (kind == kinds.end() || !take_pair(value, count.fresh, count.old)) return std::nullopt;
  count.kind = *kind;
  if (take(value, '(') &&
      (!take_pair(value, count.urgent_fresh, count.urgent_old) || !take(value, ')')))
    return std::nullopt;
  if (!trimmed(value).empty()) return std::nullopt;
  count.urgent_fresh = std::min(count.urgent_fresh, count.fresh);
  count.urgent_old = std::min(count.urgent_old, count.old);
  return count;
}

// Empty where it is nothing that could be called.
std::string mailbox_of(std::string_view value) {
  if (value.size() > 2 && value.front() == '<' && value.back() == '>')
    value = value.substr(1, value.size() - 2);
  if (value.size() > most_uri_bytes) return {};
  for (const char c : value)
    if (c <= ' ' || c >= 0x7f || c == '<' || c == '>' || c == '"') return {};
  const std::string_view scheme = value.substr(0, value.find(':'));
  const bool known =
      same_word(scheme, "sip") || same_word(scheme, "sips") || same_word(scheme, "tel");
  return known && value.size() > scheme.size() + 1 ? std::string(value) : std::string();
}

}  // namespace

std::optional<model::MessageWaiting> read_message_summary(std::string_view body) {
  std::optional<bool> waiting;
  model::MessageWaiting summary;
  summary.state = model::MailboxState::known;
  for (size_t i = 0; i < most_lines && !body.empty(); ++i) {
    const std::string_view line = next_line(body);
    // An empty line ends the summary: headers of messages follow.
    if (line.empty()) break;
    const size_t colon = line.find(':');
    if (colon == line.npos) continue;
    const std::string_view name = trimmed(line.substr(0, colon));
    const std::string_view value = trimmed(line.substr(colon + 1));
    if (same_word(name, "Messages-Waiting")) {
      if (waiting || (!same_word(value, "yes") && !same_word(value, "no"))) return std::nullopt;
      waiting = same_word(value, "yes");
    } else if (same_word(name, "Message-Account")) {
      summary.mailbox = mailbox_of(value);
    } else if (auto count = count_of(name, value)) {
      const bool again =
          std::any_of(summary.counts.begin(), summary.counts.end(),
                      [&](const MessageCount& each) { return each.kind == count->kind; });
      if (!again) summary.counts.push_back(std::move(*count));
    }
  }
  if (!waiting) return std::nullopt;
  summary.waiting = *waiting;
  return summary;
}

}  // namespace commd::sip
