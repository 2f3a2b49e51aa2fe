#include "clients/commctl/chat_lines.h"

#include <algorithm>
#include <string_view>

#include "clients/commctl/duration.h"

namespace commd::commctl {
namespace {

// Without scheme, device and parameters; the scheme apart, empty: none.
struct Address {
  std::string scheme;
  std::string rest;
};

std::string lower(std::string_view text) {
  std::string out(text);
  std::transform(out.begin(), out.end(), out.begin(), [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  });
  return out;
}

Address address_of(const std::string& text) {
  const std::string bare = lower(text.substr(0, text.find_first_of("/?;")));
  const size_t colon = bare.find(':');
  if (colon == std::string::npos || bare.find('@') < colon) return {"", bare};
  return {bare.substr(0, colon), bare.substr(colon + 1)};
}

// The first part of `text` that fits, cut behind a blank where there is one; it goes from
// `text`.
std::string take_line(std::string_view& text, size_t columns) {
  size_t end = 0;
  size_t blank = 0;
  while (end < text.size()) {
    size_t next = end + 1;
    while (next < text.size() && (static_cast<unsigned char>(text[next]) & 0xC0U) == 0x80U) ++next;
    if (end > 0 && width_of({{std::string(text.substr(0, next))}}) > columns) break;
    if (text[end] == ' ') blank = next;
    end = next;
  }
  if (end < text.size() && blank > 0) end = blank;
  std::string line(text.substr(0, end));
  text.remove_prefix(end);
  while (line.ends_with(' ')) line.pop_back();
  return line;
}

}  // namespace

bool is_peer(const std::string& typed, const std::string& peer) {
  // Somebody in a room, who has no address without his nick.
  if (const size_t slash = peer.find('/'); slash != std::string::npos) {
    const size_t typed_slash = typed.find('/');
    return typed_slash != std::string::npos && typed.substr(typed_slash) == peer.substr(slash) &&
           is_peer(typed.substr(0, typed_slash), peer.substr(0, slash));
  }
  const Address wanted = address_of(typed);
  const Address found = address_of(peer);
  return wanted.rest == found.rest && (wanted.scheme.empty() || wanted.scheme == found.scheme);
}

std::vector<Line> message_lines(const v1::Message& message, const google::protobuf::Timestamp& now,
                                size_t columns) {
  const bool own = message.direction() == v1::Message::DIRECTION_OUTGOING;
  const bool in_room = !own && !message.nick().empty();
  std::string name = own ? "me" : in_room ? message.nick() : message.peer();
  if (const size_t colon = name.find(':'); !own && !in_room && colon != std::string::npos)
    name.erase(0, colon + 1);
  const Line head = {{local_time(message.time(), now) + " ", Style::dim},
                     {name + ": ", message.mentioned() ? Style::warning
                                   : own               ? Style::plain
                                                       : Style::bold}};
  // In a terminal too narrow for both, what goes on begins at the margin.
  const bool narrow = columns != unlimited && width_of(head) + 10 > columns;
  const std::string margin(narrow ? 2 : std::min<size_t>(width_of(head), 8), ' ');
  std::vector<Line> lines;
  std::string_view text = message.text();
  while (true) {
    std::string_view rest = text.substr(0, text.find('\n'));
    const bool last = rest.size() == text.size();
    text.remove_prefix(last ? rest.size() : rest.size() + 1);
    if (rest.ends_with('\r')) rest.remove_suffix(1);
    do {
      Line line = lines.empty() ? head : Line{{margin}};
      const size_t used = width_of(line);
      const size_t room = columns == unlimited ? unlimited
                          : columns > used + 8 ? columns - used
                                               : 8;
      line.push_back({room == unlimited ? std::string(rest) : take_line(rest, room)});
      if (room == unlimited) rest = {};
      lines.push_back(std::move(line));
    } while (!rest.empty());
    if (last) return lines;
  }
}

Line failure_line(const v1::Message& message) {
  const std::string text = message.text().substr(0, message.text().find('\n'));
  return {
      {"not delivered: ", Style::bad}, {text}, {" (" + message.fail_message() + ")", Style::bad}};
}

}  // namespace commd::commctl
