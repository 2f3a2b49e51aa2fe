// SIP, SIPS and TEL addresses as people and other programs write them: parsed
// strictly, kept in parts, written in one canonical form (RFC 3261 section 19.1, RFC
// 3966). Pure values; any thread. Input is hostile; time is linear.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "daemon/base/result.h"
#include "daemon/model/host_port.h"

namespace commd::sip {

enum class UriScheme { sip, sips, tel };

struct SipUri {
  // Names in lower case; values decoded where they were escaped, empty where none.
  using Pairs = std::vector<std::pair<std::string, std::string>>;

  UriScheme scheme = UriScheme::sip;
  std::string user;   // decoded, valid UTF-8, no control characters; may be empty
  std::string host;   // lower case; an IPv6 address without brackets; empty for tel
  uint16_t port = 0;  // 0: none given
  Pairs parameters;   // of the URI, "transport" among them
  Pairs headers;      // after '?', names in lower case, for example "replaces"

  // Canonical text; what needs it is escaped, so that it is fit for any header field.
  std::string to_string() const;
  // Scheme, user, host and port alone: "sip:alice@example.org".
  std::string address() const;
  // The value of a parameter or header, empty if there is none.
  std::string parameter(std::string_view name) const;
  std::string header(std::string_view name) const;
  // Lower case: "udp", "tcp", "tls", "" ...
  std::string transport() const;

  friend bool operator==(const SipUri&, const SipUri&) = default;
};

// "sip:", "sips:" or "tel:"; at most 8 KiB. A password in it is refused: it would be
// shown to everybody. Error INVALID_ADDRESS (invalid_argument) in words.
base::Result<SipUri> parse_uri(std::string_view text);

// What a person types: a URI, user@host, or a user or telephone number alone, which
// is looked for at `domain`. Separators of numbers ("+49 (30) 12-34") are left out.
base::Result<SipUri> parse_dialled(std::string_view text, std::string_view domain);

// A telephone number by the SIP server of `domain` (RFC 3261 section 19.1.6):
// tel:+4930123 -> sip:+4930123@domain;user=phone. Others are given back as they are.
SipUri reached_at(const SipUri& uri, std::string_view domain);

// Hosts are read alike everywhere, see model/host_port.h.
using model::bracketed;
using model::HostPort;
using model::is_ip_literal;
using model::parse_host_port;

}  // namespace commd::sip
