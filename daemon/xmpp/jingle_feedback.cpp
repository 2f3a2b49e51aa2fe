// XEP-0293: SDP has one line of words, Jingle an element with attributes.
#include <vector>

#include "daemon/xmpp/jingle_rtp_format.h"
#include "daemon/xmpp/jingle_values.h"
#include "daemon/xmpp/namespaces.h"

namespace commd::xmpp {
namespace {

constexpr size_t most_bytes = 64;
constexpr std::string_view interval = "trr-int";

std::vector<std::string_view> words_of(std::string_view text) {
  std::vector<std::string_view> words;
  while (!text.empty()) {
    const size_t end = std::min(text.find(' '), text.size());
    if (end > 0) words.push_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return words;
}

void add_word(std::string& line, std::string_view word) {
  if (!line.empty()) line += ' ';
  line += word;
}

}  // namespace

std::string read_feedback(const Element& element) {
  if (element.ns() != ns::kJingleFeedback) return {};
  if (element.name() == "rtcp-fb-trr-int") {
    const auto value = number_of<uint32_t>(element.attribute("value"), UINT32_MAX);
    return value ? std::string(interval) + " " + std::to_string(*value) : std::string();
  }
  if (element.name() != "rtcp-fb" || !is_word(element.attribute("type"), most_bytes)) return {};
  std::string line(element.attribute("type"));
  const std::string_view subtype = element.attribute("subtype");
  if (!subtype.empty()) {
    if (!is_word(subtype, most_bytes)) return {};
    add_word(line, subtype);
  }
  for (const Element each : element) {
    if (!each.is("parameter", ns::kJingleFeedback)) continue;
    const std::string_view name = each.attribute("name"), value = each.attribute("value");
    if (!is_word(name, most_bytes) || (!value.empty() && !is_word(value, most_bytes))) return {};
    add_word(line, name);
    if (!value.empty()) line.append("=").append(value);
    if (line.size() > most_bytes) return {};
  }
  return line.size() > most_bytes ? std::string() : line;
}

void write_feedback(std::string_view feedback, const MutableElement& parent) {
  const std::vector<std::string_view> words = words_of(feedback);
  if (words.empty()) return;
  if (words.size() == 2 && words[0] == interval &&
      number_of<uint32_t>(words[1], UINT32_MAX).has_value()) {
    parent.add("rtcp-fb-trr-int", ns::kJingleFeedback).set("value", words[1]);
    return;
  }
  const MutableElement element = parent.add("rtcp-fb", ns::kJingleFeedback);
  element.set("type", words[0]);
  if (words.size() > 1) element.set("subtype", words[1]);
  for (size_t i = 2; i < words.size(); ++i) {
    const size_t equals = words[i].find('=');
    const MutableElement parameter = element.add("parameter");
    parameter.set("name", words[i].substr(0, equals));
    if (equals != std::string_view::npos) parameter.set("value", words[i].substr(equals + 1));
  }
}

}  // namespace commd::xmpp
