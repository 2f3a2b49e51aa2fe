#include "tests/bench/load/sip_text.h"

#include <algorithm>
#include <cctype>
#include <charconv>

namespace commd::bench {
namespace {

bool same(std::string_view a, std::string_view b) {
  return std::ranges::equal(
      a, b, [](unsigned char x, unsigned char y) { return std::tolower(x) == std::tolower(y); });
}

std::string_view trim(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\r')) text.remove_suffix(1);
  return text;
}

std::string_view take_line(std::string_view& text) {
  const size_t end = std::min(text.find("\r\n"), text.size());
  const std::string_view line = text.substr(0, end);
  text.remove_prefix(std::min(end + 2, text.size()));
  return line;
}

template <class Number>
Number number(std::string_view text, Number otherwise = 0) {
  Number value = otherwise;
  std::from_chars(text.data(), text.data() + text.size(), value);
  return value;
}

std::string_view uri_in(std::string_view contact) {
  const size_t open = contact.find('<');
  if (open == std::string_view::npos) return contact.substr(0, contact.find(';'));
  const size_t close = contact.find('>', open);
  return close == std::string_view::npos ? std::string_view()
                                         : contact.substr(open + 1, close - open - 1);
}

void note_header(SipMessage& message, std::string_view name, std::string_view value) {
  if (same(name, "call-id") || same(name, "i")) message.call_id = value;
  if (same(name, "from") || same(name, "f")) message.from = value;
  if (same(name, "to") || same(name, "t")) message.to = value;
  if (same(name, "contact") || same(name, "m")) message.contact = uri_in(value);
  if (same(name, "via") || same(name, "v")) message.vias.push_back(value);
  if (same(name, "cseq")) {
    const size_t space = std::min(value.find(' '), value.size());
    message.cseq = value.substr(0, space);
    message.method = trim(value.substr(space));
  }
}

}  // namespace

std::optional<SipMessage> parse_sip(std::string_view datagram) {
  SipMessage message;
  const std::string_view first = take_line(datagram);
  constexpr std::string_view version = "SIP/2.0";
  if (first.starts_with(version)) {
    message.status = number<int>(trim(first.substr(version.size())));
    if (message.status < 100) return std::nullopt;
  } else if (!first.ends_with(version)) {
    return std::nullopt;
  }
  while (!datagram.empty()) {
    const std::string_view line = take_line(datagram);
    if (line.empty()) break;
    const size_t colon = line.find(':');
    if (colon == std::string_view::npos) continue;
    note_header(message, trim(line.substr(0, colon)), trim(line.substr(colon + 1)));
  }
  message.body = datagram;
  if (message.call_id.empty() || message.method.empty() || message.vias.empty())
    return std::nullopt;
  return message;
}

uint16_t port_of_uri(std::string_view uri) {
  const size_t scheme = uri.find(':');
  if (scheme == std::string_view::npos) return 5060;
  const size_t host = uri.find('@');
  const size_t colon = uri.find(':', host == std::string_view::npos ? scheme + 1 : host);
  return colon == std::string_view::npos ? uint16_t{5060}
                                         : number<uint16_t>(uri.substr(colon + 1), 5060);
}

uint16_t audio_port(std::string_view sdp) {
  constexpr std::string_view start = "m=audio ";
  const size_t at = sdp.find(start);
  return at == std::string_view::npos ? uint16_t{0}
                                      : number<uint16_t>(sdp.substr(at + start.size()));
}

std::string response(const SipMessage& request, int status, std::string_view reason,
                     std::string_view to_tag, std::string_view contact, std::string_view sdp) {
  std::string text = "SIP/2.0 " + std::to_string(status) + " ";
  const auto line = [&text](std::string_view name, std::string_view value) {
    text.append(name).append(": ").append(value).append("\r\n");
  };
  text.append(reason).append("\r\n");
  for (const std::string_view via : request.vias) line("Via", via);
  line("From", request.from);
  std::string to(request.to);
  if (!to_tag.empty() && to.find(";tag=") == std::string::npos) to.append(";tag=").append(to_tag);
  line("To", to);
  line("Call-ID", request.call_id);
  line("CSeq", std::string(request.cseq) + " " + std::string(request.method));
  if (!contact.empty()) line("Contact", "<" + std::string(contact) + ">");
  if (!sdp.empty()) line("Content-Type", "application/sdp");
  line("Content-Length", std::to_string(sdp.size()));
  return text.append("\r\n").append(sdp);
}

}  // namespace commd::bench
