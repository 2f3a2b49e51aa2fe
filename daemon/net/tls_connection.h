// An SSL over a socket that is watched. Inside of daemon/net; thread of the io_context.
#pragma once

#include <openssl/ssl.h>

#include <memory>

#include "daemon/net/socket_watch.h"
#include "daemon/net/tls_trust.h"
#include "daemon/net/tls_verify.h"

namespace commd::net {

struct TlsConnection {
  // Throws std::bad_alloc, std::system_error.
  TlsConnection(boost::asio::io_context& context, base::UniqueFd socket, const TlsTrust& trust);

  // What the call that returned `result` says: SSL_ERROR_*, with the socket's own end and
  // errors made plain. Waits for what OpenSSL wants; then `want` is true.
  struct Outcome {
    bool want_read = false;
    bool want_write = false;
    bool ended = false;         // the peer said that it ends (close_notify)
    bool cut = false;           // the connection ended without that
    int error = 0;              // errno of the socket
    unsigned long openssl = 0;  // of OpenSSL's error queue
  };
  Outcome outcome(int result);

  struct FreeSsl {
    void operator()(SSL* freed) const { SSL_free(freed); }
  };
  SocketWatch watch;
  TlsCheck check;
  // What our BIO remembers of the socket.
  struct Transport {
    int fd = -1;
    bool ended = false;
    int error = 0;
  } transport;
  std::unique_ptr<SSL, FreeSsl> ssl;
};

}  // namespace commd::net
