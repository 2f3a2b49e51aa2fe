// What binds a login to the TLS connection it is made on. Inside of daemon/net;
// TlsStream::channel_binding() is the door.
#pragma once

#include <openssl/ssl.h>

#include <string>

#include "daemon/base/result.h"

namespace commd::net {

enum class ChannelBinding {
  tls_exporter,          // RFC 9266
  tls_server_end_point,  // RFC 5929 section 4
  tls_unique,            // RFC 5929 section 3; TLS 1.2 alone
};

// The name that SCRAM uses: "tls-exporter" ...
const char* to_string(ChannelBinding type);

// The bytes, after the handshake. Error CHANNEL_BINDING_UNAVAILABLE
// (failed_precondition): this connection cannot give it safely.
base::Result<std::string> channel_binding(SSL* ssl, ChannelBinding type);

}  // namespace commd::net
