#include <openssl/err.h>

#include <utility>

#include "daemon/loop/asio.h"
#include "daemon/net/domain_name.h"
#include "daemon/net/one_shot.h"
#include "daemon/net/tls_connection.h"
#include "daemon/net/tls_stream.h"

namespace commd::net {
namespace {

constexpr size_t max_alpn = 255;

// RFC 7301 section 3.1; empty: a name is empty or too long.
std::string alpn_wire(const std::vector<std::string>& names) {
  std::string wire;
  for (const std::string& name : names) {
    if (name.empty() || name.size() > max_alpn) return {};
    wire += static_cast<char>(name.size());
    wire += name;
  }
  return wire;
}

class Handshake : public std::enable_shared_from_this<Handshake> {
 public:
  Handshake(boost::asio::io_context& context, std::shared_ptr<const TlsTrust> trust, TlsDone done)
      : context_(context), trust_(std::move(trust)), done_(std::move(done)), timeout_(context) {}

  void start(base::UniqueFd socket, TlsClientOptions options) {
    if (auto error = set_up(std::move(socket), options)) {
      boost::asio::post(context_, [self = shared_from_this(), error = std::move(*error)] {
        self->finish(base::fail(error));
      });
      return;
    }
    connection_->watch.on_ready([self = weak_from_this()] {
      if (const auto handshake = self.lock()) handshake->step();
    });
    timeout_.arm(options.timeout,
                 [self = shared_from_this()] { self->fail(TlsFailureKind::timeout, {}); });
    connection_->watch.soon();
  }

  void cancel() {
    done_ = nullptr;
    timeout_.cancel();
    connection_.reset();
  }

 private:
  std::optional<base::Error> set_up(base::UniqueFd socket, TlsClientOptions& options) {
    connection_ = std::make_unique<TlsConnection>(context_, std::move(socket), *trust_);
    SSL* ssl = connection_->ssl.get();
    TlsCheck& check = connection_->check;
    check.reference = std::move(options.reference);
    for (const std::string& pin : options.pins) {
      check.pins.push_back(normal_fingerprint(pin));
      if (check.pins.back().empty())
        return base::Error{base::Code::invalid_argument,
                           "TLS_PIN_INVALID",
                           "a pinned certificate is written as its SHA-256 fingerprint: 64 "
                           "hexadecimal digits",
                           {{"field", "pins"}}};
    }
    const std::string alpn = alpn_wire(options.alpn);
    if (alpn.empty() != options.alpn.empty() ||
        (!alpn.empty() && SSL_set_alpn_protos(ssl, reinterpret_cast<const uint8_t*>(alpn.data()),
                                              static_cast<unsigned>(alpn.size())) != 0))
      return base::Error{base::Code::invalid_argument,
                         "TLS_ALPN_INVALID",
                         "a protocol's name for ALPN has 1 to 255 bytes",
                         {{"field", "alpn"}}};
    if (is_host_name(check.reference.domain))
      SSL_set_tlsext_host_name(ssl, check.reference.domain.c_str());
    return std::nullopt;
  }

  void step() {
    ERR_clear_error();
    const int result = SSL_do_handshake(connection_->ssl.get());
    if (result == 1) return succeed();
    const TlsConnection::Outcome said = connection_->outcome(result);
    if (said.want_read) return connection_->watch.want_read();
    if (said.want_write) return connection_->watch.want_write();
    if (connection_->check.failure)
      return finish(
          base::fail(connection_->check.failure->error(std::chrono::system_clock::now())));
    if (said.error != 0)
      return fail(TlsFailureKind::closed, std::generic_category().message(said.error));
    if (said.cut || said.ended) return fail(TlsFailureKind::closed, {});
    char words[256];
    ERR_error_string_n(said.openssl, words, sizeof words);
    fail(kind_of_error(said.openssl), words);
  }

  void succeed() {
    timeout_.cancel();
    connection_->watch.on_ready({});
    auto stream = std::make_unique<TlsStream>(context_, std::move(connection_));
    finish(std::move(stream));
  }

  void fail(TlsFailureKind kind, const std::string& words) {
    TlsFailure failure;
    if (connection_) failure.name = connection_->check.reference.domain;
    failure.kind = kind;
    failure.openssl = words;
    finish(base::fail(failure.error(std::chrono::system_clock::now())));
  }

  void finish(base::Result<std::unique_ptr<TlsStream>> result) {
    const TlsDone done = std::move(done_);
    cancel();
    if (done) done(std::move(result));
  }

  boost::asio::io_context& context_;
  const std::shared_ptr<const TlsTrust> trust_;
  TlsDone done_;
  std::unique_ptr<TlsConnection> connection_;
  OneShot timeout_;
};

}  // namespace

OperationHandle start_tls(boost::asio::io_context& context, base::UniqueFd socket,
                          std::shared_ptr<const TlsTrust> trust, TlsClientOptions options,
                          TlsDone done) {
  auto handshake = std::make_shared<Handshake>(context, std::move(trust), std::move(done));
  handshake->start(std::move(socket), std::move(options));
  return std::make_unique<SharedOperation<Handshake>>(std::move(handshake));
}

}  // namespace commd::net
