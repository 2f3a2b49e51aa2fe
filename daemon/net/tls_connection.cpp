#include "daemon/net/tls_connection.h"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <sys/socket.h>

#include <cerrno>
#include <new>
#include <utility>

namespace commd::net {
namespace {

using Transport = TlsConnection::Transport;

// OpenSSL's own socket BIO writes without MSG_NOSIGNAL, and tells an end from an error
// by errno alone.
int bio_write(BIO* bio, const char* data, int size) {
  auto* transport = static_cast<Transport*>(BIO_get_data(bio));
  BIO_clear_retry_flags(bio);
  const ssize_t sent = ::send(transport->fd, data, static_cast<size_t>(size), MSG_NOSIGNAL);
  if (sent >= 0) return static_cast<int>(sent);
  if (errno == EAGAIN || errno == EINTR)
    BIO_set_retry_write(bio);
  else
    transport->error = errno;
  return -1;
}

int bio_read(BIO* bio, char* data, int size) {
  auto* transport = static_cast<Transport*>(BIO_get_data(bio));
  BIO_clear_retry_flags(bio);
  const ssize_t received = ::recv(transport->fd, data, static_cast<size_t>(size), 0);
  if (received > 0) return static_cast<int>(received);
  if (received == 0) {
    transport->ended = true;
    return 0;
  }
  if (errno == EAGAIN || errno == EINTR)
    BIO_set_retry_read(bio);
  else
    transport->error = errno;
  return -1;
}

long bio_control(BIO* bio, int command, long, void*) {
  if (command == BIO_CTRL_EOF) return static_cast<Transport*>(BIO_get_data(bio))->ended ? 1 : 0;
  return command == BIO_CTRL_FLUSH ? 1 : 0;
}

const BIO_METHOD* bio_method() {
  static const std::unique_ptr<BIO_METHOD, decltype(&BIO_meth_free)> method = [] {
    std::unique_ptr<BIO_METHOD, decltype(&BIO_meth_free)> made(
        BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "commd socket"), &BIO_meth_free);
    if (made == nullptr) throw std::bad_alloc();
    BIO_meth_set_write(made.get(), &bio_write);
    BIO_meth_set_read(made.get(), &bio_read);
    BIO_meth_set_ctrl(made.get(), &bio_control);
    return made;
  }();
  return method.get();
}

}  // namespace

TlsConnection::TlsConnection(boost::asio::io_context& context, base::UniqueFd socket,
                             const TlsTrust& trust)
    : watch(context, std::move(socket), {}), ssl(SSL_new(trust.context())) {
  BIO* bio = ssl == nullptr ? nullptr : BIO_new(bio_method());
  if (bio == nullptr) throw std::bad_alloc();
  transport.fd = watch.fd();
  BIO_set_data(bio, &transport);
  BIO_set_init(bio, 1);
  SSL_set_bio(ssl.get(), bio, bio);
  SSL_set_connect_state(ssl.get());
  attach_check(ssl.get(), check);
}

TlsConnection::Outcome TlsConnection::outcome(int result) {
  Outcome outcome;
  switch (SSL_get_error(ssl.get(), result)) {
    case SSL_ERROR_WANT_READ:
      outcome.want_read = true;
      break;
    case SSL_ERROR_WANT_WRITE:
      outcome.want_write = true;
      break;
    case SSL_ERROR_ZERO_RETURN:
      outcome.ended = true;
      break;
    default:
      outcome.openssl = ERR_peek_error();
      outcome.error = transport.error;
      outcome.cut = transport.ended;
  }
  ERR_clear_error();
  return outcome;
}

}  // namespace commd::net
