// A TLS server on loopback for the tests, one connection after the other on a thread of
// its own; what it says is the test's.
#pragma once

#include <openssl/ssl.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "daemon/base/unique_fd.h"
#include "tests/support/certificates.h"

namespace commd::test {

struct TlsServerOptions {
  int min_version = 0;  // 0: any; else TLS1_2_VERSION ...
  int max_version = 0;
  std::string alpn;  // chosen when the client offers it
  bool extended_master_secret = true;
  bool wants_client_certificate = false;
  // In clear, before the handshake; false ends the connection.
  std::function<bool(int fd)> before;
  // After the handshake.
  std::function<void(SSL*)> talk;
};

class TlsServer {
 public:
  TlsServer(const Identity& identity, TlsServerOptions options);
  ~TlsServer();
  TlsServer(const TlsServer&) = delete;
  TlsServer& operator=(const TlsServer&) = delete;

  uint16_t port() const { return port_; }
  std::vector<std::string> names_asked() const;  // SNI, "" where there was none
  // Handshakes that ended well on this side.
  int handshakes() const;

  // For talk(): everything until the peer ends; sends it back as it comes.
  static void echo(SSL* ssl);

 private:
  void serve();
  void converse(int fd);
  static int on_name(SSL* ssl, int*, void* self);
  static int on_alpn(SSL*, const unsigned char** out, unsigned char* out_size,
                     const unsigned char* in, unsigned in_size, void* self);

  const TlsServerOptions options_;
  struct FreeContext {
    void operator()(SSL_CTX* ctx) const { SSL_CTX_free(ctx); }
  };
  std::unique_ptr<SSL_CTX, FreeContext> context_;
  base::UniqueFd listener_;
  uint16_t port_ = 0;
  mutable std::mutex mutex_;
  bool stopping_ = false;
  int open_ = -1;
  int handshakes_ = 0;
  std::vector<std::string> names_;
  std::thread thread_;
};

}  // namespace commd::test
