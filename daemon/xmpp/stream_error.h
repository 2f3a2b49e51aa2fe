// Stream errors of the server (RFC 6120 section 4.9): the end of a connection, and why.
// Pure; on the thread of the stanza.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "daemon/base/error.h"
#include "daemon/xmpp/sasl_failure.h"
#include "daemon/xmpp/stanza.h"

namespace commd::xmpp {

struct HostPort {
  std::string host;   // a name or an address, IPv6 without brackets
  uint16_t port = 0;  // 0: not said

  friend bool operator==(const HostPort&, const HostPort&) = default;
};

// "host", "host:port", "[2001:db8::1]:port", or an IPv6 address alone. Nothing if it is
// none of them.
std::optional<HostPort> parse_host_port(std::string_view text);

struct StreamError {
  std::string condition;  // the element's name, empty if there was none
  base::Error error;      // reason "STREAM_CONFLICT" ...
  Retry retry = Retry::later;
  std::optional<HostPort> other_host;  // of see-other-host
};

StreamError read_stream_error(const Element& error);

}  // namespace commd::xmpp
