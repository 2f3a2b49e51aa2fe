#include "daemon/xmpp/stream_error.h"

#include <arpa/inet.h>

#include <algorithm>
#include <array>
#include <charconv>

#include "daemon/base/escape.h"
#include "daemon/xmpp/namespaces.h"
#include "daemon/xmpp/stringprep.h"

namespace commd::xmpp {
namespace {

using base::Code;

struct Row {
  std::string_view condition;
  const char* reason;
  Code code;
  Retry retry;
  const char* words;
};

// Section 4.9.3, where a person is helped by more than the name.
constexpr std::array kTable = {
    Row{"conflict", "STREAM_CONFLICT", Code::aborted, Retry::later,
        "another client has taken this one's place at the server"},
    Row{"connection-timeout", "STREAM_TIMEOUT", Code::unavailable, Retry::later,
        "the server took the connection for dead"},
    Row{"host-gone", "STREAM_HOST_GONE", Code::failed_precondition, Retry::person,
        "the server no longer serves the address's domain; ask the provider"},
    Row{"host-unknown", "STREAM_HOST_UNKNOWN", Code::failed_precondition, Retry::person,
        "the server does not serve the address's domain; check the spelling and the account's "
        "`server`"},
    Row{"internal-server-error", "STREAM_SERVER_FAILED", Code::unavailable, Retry::later,
        "the server failed; it is tried again by itself"},
    Row{"not-authorized", "STREAM_NOT_AUTHORIZED", Code::unauthenticated, Retry::person,
        "the server wants a login first, or refused the one it got"},
    Row{"policy-violation", "STREAM_POLICY", Code::permission_denied, Retry::later,
        "the server says a rule of its own was violated"},
    Row{"remote-connection-failed", "STREAM_SERVER_FAILED", Code::unavailable, Retry::later,
        "the server cannot reach a part of itself; it is tried again by itself"},
    Row{"reset", "STREAM_RESET", Code::unavailable, Retry::later,
        "the server wants the connection to begin anew"},
    Row{"resource-constraint", "STREAM_SERVER_BUSY", Code::unavailable, Retry::later,
        "the server is overloaded; it is tried again by itself"},
    Row{"see-other-host", "STREAM_REDIRECT", Code::unavailable, Retry::later,
        "the server sends this account to another host"},
    Row{"system-shutdown", "STREAM_SHUTDOWN", Code::unavailable, Retry::later,
        "the server is being shut down; it is tried again by itself"},
};

bool is_address(const std::string& text) {
  in_addr four{};
  in6_addr six{};
  return inet_pton(AF_INET, text.c_str(), &four) == 1 ||
         inet_pton(AF_INET6, text.c_str(), &six) == 1;
}

std::optional<uint16_t> parse_port(std::string_view text) {
  uint16_t port = 0;
  const char* end = text.data() + text.size();
  const auto [at, error] = std::from_chars(text.data(), end, port);
  if (error != std::errc() || at != end || port == 0) return std::nullopt;
  return port;
}

std::string upper_snake(std::string_view name) {
  std::string upper;
  for (const char c : name) {
    if (c >= 'a' && c <= 'z') upper += static_cast<char>(c - 'a' + 'A');
    if (c == '-') upper += '_';
  }
  return upper;
}

}  // namespace

std::optional<HostPort> parse_host_port(std::string_view text) {
  if (text.size() > 300 || text.find('\0') != text.npos) return std::nullopt;
  if (is_address(std::string(text))) return HostPort{std::string(text), 0};
  HostPort result;
  std::string_view port;
  if (text.starts_with('[')) {
    const size_t end = text.find(']');
    if (end == text.npos) return std::nullopt;
    result.host = text.substr(1, end - 1);
    port = text.substr(end + 1);
    if (result.host.find(':') == result.host.npos || !is_address(result.host)) return std::nullopt;
  } else {
    const size_t colon = text.find(':');
    const std::optional<std::string> name = ascii_domain(text.substr(0, colon));
    if (!name) return std::nullopt;
    result.host = *name;
    port = colon == text.npos ? std::string_view() : text.substr(colon);
  }
  if (port.empty()) return result;
  const std::optional<uint16_t> number =
      port.front() == ':' ? parse_port(port.substr(1)) : std::nullopt;
  if (!number) return std::nullopt;
  result.port = *number;
  return result;
}

StreamError read_stream_error(const Element& error) {
  StreamError read;
  std::string text;
  for (const Element each : error) {
    if (each.ns() != ns::kStreamErrors) continue;
    if (each.name() == "text") {
      text = each.text();
    } else if (read.condition.empty()) {
      read.condition = std::string(each.name().substr(0, 100));
      if (each.name() == "see-other-host") read.other_host = parse_host_port(each.text());
    }
  }
  const auto row = std::find_if(kTable.begin(), kTable.end(),
                                [&](const Row& one) { return one.condition == read.condition; });
  if (row != kTable.end()) {
    read.error = {row->code, row->reason, row->words, {}};
    read.retry = row->retry;
  } else {
    const std::string name = upper_snake(read.condition);
    read.error = {Code::unavailable,
                  "STREAM_" + (name.empty() ? "ERROR" : name),
                  "the server ended the connection",
                  {}};
    if (!read.condition.empty())
      read.error.message += " (" + base::escape_line(read.condition) + ")";
  }
  read.error.details["condition"] = base::escape_line(read.condition);
  if (!text.empty()) {
    read.error.details["text"] = base::escape_line(std::string_view(text).substr(0, 300));
    read.error.message += ". It says: \"" + read.error.details["text"] + "\"";
  }
  return read;
}

}  // namespace commd::xmpp
