// The check of a server's certificate, called by OpenSSL before the handshake ends:
// nothing of ours is sent to a server that fails it. Inside of daemon/net.
//
// Thread of the connection.
#pragma once

#include <openssl/ssl.h>

#include <optional>
#include <string>
#include <vector>

#include "daemon/net/certificate_names.h"
#include "daemon/net/tls_failure.h"

namespace commd::net {

struct TlsCheck {
  Reference reference;
  std::vector<std::string> pins;  // SHA-256 fingerprints, as sha256_fingerprint() gives them

  bool pinned = false;  // accepted for its pin
  std::optional<CertificateFacts> certificate;
  std::optional<TlsFailure> failure;
};

// Connections of this SSL_CTX accept only what their check accepts.
void require_verification(SSL_CTX* context);
// The check must live as long as the connection.
void attach_check(SSL* ssl, TlsCheck& check);

// "AA:BB:..." or "aabb..." as sha256_fingerprint() gives it; empty: it is none.
std::string normal_fingerprint(std::string_view text);

}  // namespace commd::net
