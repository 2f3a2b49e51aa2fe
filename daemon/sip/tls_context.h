// What one SIP endpoint trusts and shows in TLS: one SSL_CTX made and owned here,
// which sofia-sip is made to use (sofia_hooks.h), and the record of the
// connections that were refused.
//
// create() may run on any thread (reading a bundle of authorities takes time); all
// else only on the SIP thread, once an endpoint has it. Shared between the
// endpoint and its starter; must outlive the endpoint's nua.
#pragma once

#include <openssl/ssl.h>
#include <sys/socket.h>

#include <cstdint>
#include <functional>
#include <list>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "daemon/base/result.h"
#include "daemon/sip/tls_failure.h"

namespace commd::sip {

struct TlsOptions {
  // PEM file of the certificates trusted; whatever is in it is trusted, also a
  // server's own certificate. Empty: the system's authorities.
  std::string ca_file;
  // PEM file with certificate, its chain, and the key: shown to servers that ask,
  // and to callers that connect to us. Empty: none.
  std::string certificate_file;
};

// An outgoing connection, from its start until it is closed.
struct TlsConnection {
  std::string name;  // the domain of the address, as written there
  uint16_t port = 0;
  sockaddr_storage peer{};
  bool verified = false;  // the handshake is over and the name was right
};

class TlsContext {
 public:
  // Errors: TLS_CA_UNREADABLE, TLS_CERTIFICATE_UNREADABLE (invalid_argument), with
  // the file in `details`.
  static base::Result<std::shared_ptr<TlsContext>> create(const TlsOptions& options);
  // Trusts exactly `anchor`; takes no reference. For the self-test.
  static std::shared_ptr<TlsContext> trusting(X509* anchor);

  TlsContext(const TlsContext&) = delete;
  TlsContext& operator=(const TlsContext&) = delete;

  SSL_CTX* ctx() const { return ctx_.get(); }

  // The last refusal by that name (case-insensitive, as in the address) and port
  // (0: any), since the last connection to it that succeeded.
  std::optional<TlsFailure> failure(std::string_view name, uint16_t port) const;
  // Called on the SIP thread as soon as a handshake has failed, before the request
  // that wanted the connection is told.
  void on_failure(std::function<void(const TlsFailure&)> callback);
  // The name of the verified connection we have to that address and port; empty if
  // there is none, for instance because the far end connected to us.
  std::string verified_name(const sockaddr_storage& peer) const;
  size_t connections() const { return connections_.size(); }

  // For sofia_hooks only.
  using Connection = std::list<TlsConnection>::iterator;
  Connection opened(TlsConnection connection);
  void verified(Connection connection);
  void failed(TlsFailure failure);
  void closed(Connection connection);

 private:
  struct FreeContext {
    void operator()(SSL_CTX* ctx) const { SSL_CTX_free(ctx); }
  };
  explicit TlsContext(SSL_CTX* ctx);
  static SSL_CTX* make_ctx();

  std::unique_ptr<SSL_CTX, FreeContext> ctx_;
  std::list<TlsConnection> connections_;
  std::list<TlsFailure> failures_;  // newest first, bounded
  std::function<void(const TlsFailure&)> on_failure_;
};

// The TlsContext whose SSL_CTX this is; nullptr if it is none of ours.
TlsContext* tls_context_of(const SSL_CTX* ctx);

}  // namespace commd::sip
