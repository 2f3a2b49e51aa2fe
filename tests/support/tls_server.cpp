#include "tests/support/tls_server.h"

#include <netinet/in.h>
#include <pthread.h>
#include <signal.h>
#include <sys/socket.h>

#include <string_view>
#include <utility>

namespace commd::test {

TlsServer::TlsServer(const Identity& identity, TlsServerOptions options)
    : options_(std::move(options)),
      context_(SSL_CTX_new(TLS_server_method())),
      listener_(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
  SSL_CTX* ctx = context_.get();
  SSL_CTX_use_certificate(ctx, identity.certificate.get());
  SSL_CTX_use_PrivateKey(ctx, identity.key.get());
  SSL_CTX_set_tlsext_servername_callback(ctx, &TlsServer::on_name);
  SSL_CTX_set_tlsext_servername_arg(ctx, this);
  if (!options_.alpn.empty()) SSL_CTX_set_alpn_select_cb(ctx, &TlsServer::on_alpn, this);
  if (options_.max_version != 0 && options_.max_version < TLS1_2_VERSION) {
    SSL_CTX_set_security_level(ctx, 0);
    SSL_CTX_set_cipher_list(ctx, "ALL:@SECLEVEL=0");
    SSL_CTX_set_min_proto_version(ctx, TLS1_VERSION);
  }
  if (options_.min_version != 0) SSL_CTX_set_min_proto_version(ctx, options_.min_version);
  if (options_.max_version != 0) SSL_CTX_set_max_proto_version(ctx, options_.max_version);
  if (!options_.extended_master_secret) SSL_CTX_set_options(ctx, SSL_OP_NO_EXTENDED_MASTER_SECRET);
  if (options_.wants_client_certificate)
    SSL_CTX_set_verify(ctx, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, nullptr);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t length = sizeof address;
  bind(listener_.get(), reinterpret_cast<sockaddr*>(&address), length);
  listen(listener_.get(), 64);
  getsockname(listener_.get(), reinterpret_cast<sockaddr*>(&address), &length);
  port_ = ntohs(address.sin_port);
  thread_ = std::thread([this] { serve(); });
}

TlsServer::~TlsServer() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
    if (open_ >= 0) shutdown(open_, SHUT_RDWR);
  }
  shutdown(listener_.get(), SHUT_RDWR);
  thread_.join();
}

std::vector<std::string> TlsServer::names_asked() const {
  const std::lock_guard lock(mutex_);
  return names_;
}

int TlsServer::handshakes() const {
  const std::lock_guard lock(mutex_);
  return handshakes_;
}

int TlsServer::on_name(SSL* ssl, int*, void* self) {
  auto* server = static_cast<TlsServer*>(self);
  const char* name = SSL_get_servername(ssl, TLSEXT_NAMETYPE_host_name);
  const std::lock_guard lock(server->mutex_);
  server->names_.emplace_back(name == nullptr ? "" : name);
  return SSL_TLSEXT_ERR_OK;
}

int TlsServer::on_alpn(SSL*, const unsigned char** out, unsigned char* out_size,
                       const unsigned char* in, unsigned in_size, void* self) {
  const std::string_view wanted = static_cast<TlsServer*>(self)->options_.alpn;
  const std::string_view offered(reinterpret_cast<const char*>(in), in_size);
  const size_t at = offered.find(wanted);
  if (at == offered.npos) return SSL_TLSEXT_ERR_NOACK;
  *out = in + at;
  *out_size = static_cast<unsigned char>(wanted.size());
  return SSL_TLSEXT_ERR_OK;
}

void TlsServer::serve() {
  // OpenSSL's own sockets raise it. For this thread alone: the program tested must not.
  sigset_t pipe;
  sigemptyset(&pipe);
  sigaddset(&pipe, SIGPIPE);
  pthread_sigmask(SIG_BLOCK, &pipe, nullptr);
  for (;;) {
    const base::UniqueFd peer(accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC));
    if (!peer) return;
    {
      const std::lock_guard lock(mutex_);
      if (stopping_) return;
      open_ = peer.get();
    }
    converse(peer.get());
    const std::lock_guard lock(mutex_);
    open_ = -1;
  }
}

void TlsServer::converse(int fd) {
  if (options_.before && !options_.before(fd)) return;
  const std::unique_ptr<SSL, decltype(&SSL_free)> ssl(SSL_new(context_.get()), &SSL_free);
  SSL_set_fd(ssl.get(), fd);
  if (SSL_accept(ssl.get()) != 1) return;
  {
    const std::lock_guard lock(mutex_);
    ++handshakes_;
  }
  if (options_.talk) options_.talk(ssl.get());
}

void TlsServer::echo(SSL* ssl) {
  char data[16384];
  for (;;) {
    const int size = SSL_read(ssl, data, sizeof data);
    if (size <= 0) break;
    if (SSL_write(ssl, data, size) <= 0) return;
  }
  if (SSL_get_shutdown(ssl) & SSL_RECEIVED_SHUTDOWN) SSL_shutdown(ssl);
}

}  // namespace commd::test
