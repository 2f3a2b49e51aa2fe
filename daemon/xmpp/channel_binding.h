// Ties an authentication to the TLS connection it runs over, so that nobody can stand
// between two connections. The bytes come from whoever owns the TLS. Values; any thread.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace commd::xmpp {

// Best first.
enum class BindingType {
  tls_exporter,          // RFC 9266: of this very connection, TLS 1.3 and up
  tls_unique,            // RFC 5929 section 3: TLS 1.2 with extended master secret only
  tls_server_end_point,  // RFC 5929 section 4: of the server's certificate
};

constexpr const char* to_string(BindingType type) {
  switch (type) {
    case BindingType::tls_exporter:
      return "tls-exporter";
    case BindingType::tls_unique:
      return "tls-unique";
    case BindingType::tls_server_end_point:
      return "tls-server-end-point";
  }
  return "";
}

struct ChannelBinding {
  BindingType type = BindingType::tls_exporter;
  std::string data;  // never empty
};

// What our end of a connection has; at most one of a type.
using ChannelBindings = std::vector<ChannelBinding>;

}  // namespace commd::xmpp
