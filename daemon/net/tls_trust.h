// What is trusted: one SSL_CTX a set of authorities, parsed once, away from the loop, and
// shared by all connections that trust the same.
#pragma once

#include <openssl/ssl.h>

#include <functional>
#include <memory>
#include <string>

#include "daemon/base/result.h"
#include "daemon/loop/pool.h"
#include "daemon/net/operation.h"

namespace boost::asio {
class io_context;
}

namespace commd::net {

// TLS 1.2 and newer, ciphers with forward secrecy and authentication alone, no session
// tickets, no renegotiation. A certificate is accepted only by the check of the handshake
// that asks (tls_handshake.h); a connection without one accepts none.
//
// Immutable; any thread.
class TlsTrust {
 public:
  // `ca_file`: PEM; whatever is in it is trusted, also a server's own certificate. Empty:
  // the system's authorities ($SSL_CERT_FILE, else Debian's bundle). Reads files and takes
  // some 30 ms. Error TLS_CA_UNREADABLE (invalid_argument) with `file` in the details.
  static base::Result<std::shared_ptr<const TlsTrust>> load(const std::string& ca_file);
  // The file that load() would read.
  static std::string file_of(const std::string& ca_file);

  TlsTrust(const TlsTrust&) = delete;
  TlsTrust& operator=(const TlsTrust&) = delete;

  SSL_CTX* context() const { return context_.get(); }

 private:
  struct FreeContext {
    void operator()(SSL_CTX* context) const { SSL_CTX_free(context); }
  };
  explicit TlsTrust(SSL_CTX* context) : context_(context) {}
  std::unique_ptr<SSL_CTX, FreeContext> context_;
};

// The sets in use. Each file is parsed by the pool, once however many ask, and again when
// it has changed.
//
// Thread of the io_context, which must outlive the pool.
class TlsTrustSets {
 public:
  TlsTrustSets(boost::asio::io_context& context, loop::Pool& pool);
  TlsTrustSets(const TlsTrustSets&) = delete;
  TlsTrustSets& operator=(const TlsTrustSets&) = delete;
  // Whoever waits is not called any more.
  ~TlsTrustSets();

  using Done = std::function<void(base::Result<std::shared_ptr<const TlsTrust>>)>;
  // Errors as TlsTrust::load().
  [[nodiscard]] OperationHandle get(const std::string& ca_file, Done done);
  // Files that were parsed so far.
  size_t parsed() const;

 private:
  struct State;
  std::shared_ptr<State> state_;
};

}  // namespace commd::net
