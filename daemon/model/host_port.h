// Hosts and ports as people and other programs write them, and the host that a SIP address
// names (RFC 3261 section 25.1, RFC 3986 section 3.2.2). Strict: what is read here is a
// host that can be called or listened on, or it is refused with the reason in words.
// Pure values; any thread. Input is hostile; time is linear.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "daemon/base/result.h"

namespace commd::model {

struct HostPort {
  std::string host;   // lower case; no brackets
  uint16_t port = 0;  // 0: none given

  friend bool operator==(const HostPort&, const HostPort&) = default;
};

// "example.org", "example.org:5061", "192.0.2.1", "[2001:db8::1]:5060", "2001:db8::1".
// Error INVALID_ADDRESS (invalid_argument) in words.
base::Result<HostPort> parse_host_port(std::string_view text);

// The host of a SIP address: "sip:bob@example.org:5061;transport=tcp", "sips:[::1]",
// "bob@example.org"; parameters and headers are not read. The same error.
base::Result<HostPort> host_of_sip(std::string_view address);

// "[2001:db8::1]" for an IPv6 address, else the host as it is.
std::string bracketed(const std::string& host);
bool is_ip_literal(const std::string& host);
// An IPv4 or IPv6 address one can listen on: no multicast, no broadcast.
bool is_listen_address(const std::string& text);
// This machine by any of its spellings: localhost and what is below it (RFC 6761),
// 127.0.0.0/8, ::1, the unspecified addresses, and those as IPv4 in IPv6.
bool is_this_machine(const std::string& host);

}  // namespace commd::model
