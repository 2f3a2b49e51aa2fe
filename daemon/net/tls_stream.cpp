#include "daemon/net/tls_stream.h"

#include <openssl/err.h>

#include <algorithm>
#include <climits>
#include <utility>

#include "daemon/net/stream_state.h"
#include "daemon/net/tls_connection.h"

namespace commd::net {
namespace {

TlsSession describe_session(const TlsConnection& connection) {
  SSL* ssl = connection.ssl.get();
  TlsSession session;
  session.version = SSL_get_version(ssl);
  session.cipher = SSL_get_cipher_name(ssl);
  const unsigned char* alpn = nullptr;
  unsigned size = 0;
  SSL_get0_alpn_selected(ssl, &alpn, &size);
  if (alpn != nullptr) session.alpn.assign(reinterpret_cast<const char*>(alpn), size);
  session.pinned = connection.check.pinned;
  if (connection.check.certificate) session.certificate = *connection.check.certificate;
  return session;
}

int bounded(size_t size) { return static_cast<int>(std::min<size_t>(size, INT_MAX)); }

std::string openssl_words(unsigned long error) {
  char text[256];
  ERR_error_string_n(error, text, sizeof text);
  return text;
}

}  // namespace

struct TlsStream::State final : StreamState {
  State(boost::asio::io_context& context, std::unique_ptr<TlsConnection> made)
      : StreamState(context), connection(std::move(made)), session(describe_session(*connection)) {
    connection->watch.on_ready([this] { pump(); });
  }

  Io receive(std::span<char> buffer) override {
    ERR_clear_error();
    const int size = SSL_read(connection->ssl.get(), buffer.data(), bounded(buffer.size()));
    return outcome(size);
  }

  Io send(std::string_view bytes) override {
    ERR_clear_error();
    return outcome(SSL_write(connection->ssl.get(), bytes.data(), bounded(bytes.size())));
  }

  Io send_end() override {
    ERR_clear_error();
    // 0: our goodbye is sent, the peer's has not come; reading goes on until then.
    const int result = SSL_shutdown(connection->ssl.get());
    return result >= 0 ? Io{} : outcome(result);
  }

  SocketWatch& watch() override { return connection->watch; }

  const std::unique_ptr<TlsConnection> connection;
  const TlsSession session;

 private:
  Io outcome(int result) {
    if (result > 0) return {Io::Status::done, static_cast<size_t>(result)};
    const TlsConnection::Outcome said = connection->outcome(result);
    if (said.want_read) return {Io::Status::want_read};
    if (said.want_write) return {Io::Status::want_write};
    if (said.ended) return {Io::Status::ended};
    if (said.error != 0) return lost(said.error);
    if (said.cut) return lost("the peer closed it without a goodbye");
    const TlsFailureKind kind = kind_of_error(said.openssl);
    if (kind != TlsFailureKind::client_certificate) return lost(openssl_words(said.openssl));
    TlsFailure failure;
    failure.name = connection->check.reference.domain;
    failure.kind = kind;
    failure.openssl = openssl_words(said.openssl);
    return {Io::Status::lost, 0, failure.error(std::chrono::system_clock::now())};
  }
};

TlsStream::TlsStream(boost::asio::io_context& context, std::unique_ptr<TlsConnection> connection)
    : state_(std::make_shared<State>(context, std::move(connection))) {}

TlsStream::~TlsStream() {
  state_->forget();
  state_->connection->watch.close();
}

void TlsStream::read(ReadDone done) { state_->read(std::move(done)); }

void TlsStream::write(std::string bytes, WriteDone done) {
  state_->write(std::move(bytes), std::move(done));
}

void TlsStream::end(WriteDone done) { state_->end(std::move(done)); }

const TlsSession& TlsStream::session() const { return state_->session; }

base::Result<std::string> TlsStream::channel_binding(ChannelBinding type) const {
  return net::channel_binding(state_->connection->ssl.get(), type);
}

}  // namespace commd::net
