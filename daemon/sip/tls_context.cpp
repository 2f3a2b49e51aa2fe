#include "daemon/sip/tls_context.h"

#include <netinet/in.h>
#include <openssl/err.h>
#include <openssl/x509v3.h>
#include <strings.h>

#include <cstring>
#include <new>
#include <utility>

namespace commd::sip {
namespace {

constexpr size_t kMaxFailures = 64;
// Forward secrecy and authenticated ciphers, and CBC with forward secrecy for the
// older servers of this trade; nothing else. TLS 1.3 has its own list.
constexpr const char* kCiphers =
    "ECDHE+AESGCM:ECDHE+CHACHA20:DHE+AESGCM:DHE+CHACHA20:ECDHE+AES:!aNULL:!eNULL:!PSK:!SRP:!MD5";

int context_index() {
  static const int index = SSL_CTX_get_ex_new_index(0, nullptr, nullptr, nullptr, nullptr);
  return index;
}

std::string openssl_words() {
  char text[256] = "unknown";
  const unsigned long error = ERR_peek_last_error();
  if (error != 0) ERR_error_string_n(error, text, sizeof text);
  ERR_clear_error();
  return text;
}

tl::unexpected<base::Error> unreadable(const char* reason, const std::string& what,
                                       const std::string& file) {
  const std::string words = openssl_words();
  base::Error error{base::Code::invalid_argument,
                    reason,
                    what + " cannot be read from " + file + " (" + words + ")",
                    {}};
  error.details["file"] = file;
  error.details["openssl"] = words;
  return base::fail(std::move(error));
}

bool matches(const TlsFailure& failure, std::string_view name, uint16_t port) {
  return failure.port == port && failure.name.size() == name.size() &&
         strncasecmp(failure.name.data(), name.data(), name.size()) == 0;
}

bool same_address(const sockaddr_storage& a, const sockaddr_storage& b) {
  if (a.ss_family != b.ss_family) return false;
  if (a.ss_family == AF_INET) {
    const auto& x = reinterpret_cast<const sockaddr_in&>(a);
    const auto& y = reinterpret_cast<const sockaddr_in&>(b);
    return x.sin_port == y.sin_port && x.sin_addr.s_addr == y.sin_addr.s_addr;
  }
  const auto& x = reinterpret_cast<const sockaddr_in6&>(a);
  const auto& y = reinterpret_cast<const sockaddr_in6&>(b);
  return a.ss_family == AF_INET6 && x.sin6_port == y.sin6_port &&
         memcmp(&x.sin6_addr, &y.sin6_addr, sizeof x.sin6_addr) == 0;
}

}  // namespace

SSL_CTX* TlsContext::make_ctx() {
  SSL_CTX* ctx = SSL_CTX_new(TLS_method());
  if (ctx == nullptr) throw std::bad_alloc();
  SSL_CTX_set_min_proto_version(ctx, TLS1_2_VERSION);
  SSL_CTX_set_cipher_list(ctx, kCiphers);
  // SIP frames its messages by Content-Length, so an end without close_notify
  // cuts no message short unseen.
  SSL_CTX_set_options(ctx, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION |
                               SSL_OP_IGNORE_UNEXPECTED_EOF | SSL_OP_NO_TICKET |
                               SSL_OP_CIPHER_SERVER_PREFERENCE);
  SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_OFF);
  SSL_CTX_set_mode(ctx, SSL_MODE_RELEASE_BUFFERS | SSL_MODE_AUTO_RETRY);
  SSL_CTX_set_verify_depth(ctx, 8);
  // A key with a passphrase is an error, never a question on some terminal.
  SSL_CTX_set_default_passwd_cb(ctx, [](char*, int, int, void*) { return -1; });
  return ctx;
}

TlsContext::TlsContext(SSL_CTX* ctx) : ctx_(ctx) {
  SSL_CTX_set_ex_data(ctx, context_index(), this);
}

base::Result<std::shared_ptr<TlsContext>> TlsContext::create(const TlsOptions& options) {
  ERR_clear_error();
  std::shared_ptr<TlsContext> context(new TlsContext(make_ctx()));
  SSL_CTX* ctx = context->ctx();
  if (options.ca_file.empty()) {
    SSL_CTX_set_default_verify_paths(ctx);
    ERR_clear_error();
  } else {
    if (SSL_CTX_load_verify_file(ctx, options.ca_file.c_str()) != 1)
      return unreadable("TLS_CA_UNREADABLE", "the trusted certificates", options.ca_file);
    X509_VERIFY_PARAM_set_flags(SSL_CTX_get0_param(ctx), X509_V_FLAG_PARTIAL_CHAIN);
  }
  if (!options.certificate_file.empty()) {
    const char* file = options.certificate_file.c_str();
    if (SSL_CTX_use_certificate_chain_file(ctx, file) != 1 ||
        SSL_CTX_use_PrivateKey_file(ctx, file, SSL_FILETYPE_PEM) != 1 ||
        SSL_CTX_check_private_key(ctx) != 1)
      return unreadable("TLS_CERTIFICATE_UNREADABLE", "the own certificate and its key",
                        options.certificate_file);
  }
  return context;
}

std::shared_ptr<TlsContext> TlsContext::trusting(X509* anchor) {
  std::shared_ptr<TlsContext> context(new TlsContext(make_ctx()));
  X509_STORE_add_cert(SSL_CTX_get_cert_store(context->ctx()), anchor);
  return context;
}

std::optional<TlsFailure> TlsContext::failure(std::string_view name, uint16_t port) const {
  for (const TlsFailure& failure : failures_)
    if (matches(failure, name, port == 0 ? failure.port : port)) return failure;
  return std::nullopt;
}

void TlsContext::on_failure(std::function<void(const TlsFailure&)> callback) {
  on_failure_ = std::move(callback);
}

std::string TlsContext::verified_name(const sockaddr_storage& peer) const {
  for (const TlsConnection& connection : connections_)
    if (connection.verified && same_address(connection.peer, peer)) return connection.name;
  return {};
}

TlsContext::Connection TlsContext::opened(TlsConnection connection) {
  connections_.push_front(std::move(connection));
  return connections_.begin();
}

void TlsContext::verified(Connection connection) {
  connection->verified = true;
  failures_.remove_if([connection](const TlsFailure& old) {
    return matches(old, connection->name, connection->port);
  });
}

void TlsContext::failed(TlsFailure failure) {
  failures_.remove_if(
      [&failure](const TlsFailure& old) { return matches(old, failure.name, failure.port); });
  failures_.push_front(std::move(failure));
  failures_.front().time = std::chrono::steady_clock::now();
  if (failures_.size() > kMaxFailures) failures_.pop_back();
  if (on_failure_) on_failure_(failures_.front());
}

void TlsContext::closed(Connection connection) { connections_.erase(connection); }

TlsContext* tls_context_of(const SSL_CTX* ctx) {
  return ctx == nullptr ? nullptr
                        : static_cast<TlsContext*>(SSL_CTX_get_ex_data(ctx, context_index()));
}

}  // namespace commd::sip
