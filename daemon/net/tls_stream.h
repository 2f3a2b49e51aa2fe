// TLS as a client over a connected socket (RFC 8446, RFC 5246, RFC 7590): the server's
// certificate is checked before anything of ours is sent.
//
// Thread of the io_context.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "daemon/base/time.h"
#include "daemon/base/unique_fd.h"
#include "daemon/net/byte_stream.h"
#include "daemon/net/certificate_names.h"
#include "daemon/net/channel_binding.h"
#include "daemon/net/operation.h"
#include "daemon/net/tls_failure.h"
#include "daemon/net/tls_trust.h"

namespace commd::net {

struct TlsClientOptions {
  // Whom the certificate must be for: the domain that the person wrote, never the host that
  // DNS named. It is also the SNI, unless it is an address.
  Reference reference;
  std::vector<std::string> alpn;  // "xmpp-client"; empty: none is offered
  // SHA-256 fingerprints (colons and case do not count). With one or more, exactly these
  // certificates are accepted, and no other, whoever signed it and whomever it is for.
  std::vector<std::string> pins;
  base::Duration timeout = std::chrono::seconds(15);
};

struct TlsSession {
  std::string version;  // "TLSv1.3"
  std::string cipher;   // OpenSSL's name
  std::string alpn;     // what the server chose; empty: nothing
  bool pinned = false;  // accepted for its pin, not for its name and issuer
  CertificateFacts certificate;
};

struct TlsConnection;

class TlsStream final : public ByteStream {
 public:
  // Inside of daemon/net: from start_tls().
  TlsStream(boost::asio::io_context& context, std::unique_ptr<TlsConnection> connection);
  ~TlsStream() override;

  // An end without TLS's own goodbye is CONNECTION_LOST. An error may also be a TLS_*
  // reason: with TLS 1.3 a server tells only now that it wants a client certificate.
  void read(ReadDone done) override;
  void write(std::string bytes, WriteDone done) override;
  void end(WriteDone done) override;

  const TlsSession& session() const;
  // See channel_binding.h.
  base::Result<std::string> channel_binding(ChannelBinding type) const;

 private:
  struct State;
  std::shared_ptr<State> state_;
};

using TlsDone = std::function<void(base::Result<std::unique_ptr<TlsStream>>)>;
// `socket`: connected and non-blocking, closed on failure. Errors: TlsFailure::error()
// (TLS_WRONG_NAME, TLS_EXPIRED, TLS_SELF_SIGNED, TLS_UNKNOWN_ISSUER, TLS_WRONG_PIN,
// TLS_PROTOCOL, TLS_CLOSED, TLS_TIMEOUT ...); TLS_PIN_INVALID, TLS_ALPN_INVALID
// (invalid_argument).
[[nodiscard]] OperationHandle start_tls(boost::asio::io_context& context, base::UniqueFd socket,
                                        std::shared_ptr<const TlsTrust> trust,
                                        TlsClientOptions options, TlsDone done);

}  // namespace commd::net
