#include "tests/unit/sip/tls_peer.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <algorithm>
#include <chrono>
#include <sstream>

namespace commd::sip::test {

TlsPeer::TlsPeer(const Identity& identity, Options options)
    : options_(options),
      context_(SSL_CTX_new(TLS_server_method())),
      listener_(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
  SSL_CTX* ctx = context_.get();
  SSL_CTX_use_certificate(ctx, identity.certificate.get());
  SSL_CTX_use_PrivateKey(ctx, identity.key.get());
  SSL_CTX_set_tlsext_servername_callback(ctx, &TlsPeer::on_name);
  SSL_CTX_set_tlsext_servername_arg(ctx, this);
  if (options_.max_version != 0) {
    SSL_CTX_set_security_level(ctx, 0);
    SSL_CTX_set_cipher_list(ctx, "ALL:@SECLEVEL=0");
    SSL_CTX_set_min_proto_version(ctx, TLS1_VERSION);
    SSL_CTX_set_max_proto_version(ctx, options_.max_version);
  }
  if (options_.wants_client_of != nullptr) {
    X509_STORE_add_cert(SSL_CTX_get_cert_store(ctx), options_.wants_client_of->certificate.get());
    SSL_CTX_set_verify(ctx, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, nullptr);
  }
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

TlsPeer::~TlsPeer() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
    for (const int fd : open_) shutdown(fd, SHUT_RDWR);
  }
  changed_.notify_all();
  shutdown(listener_.get(), SHUT_RDWR);
  thread_.join();
  for (std::thread& conversation : conversations_) conversation.join();
}

int TlsPeer::accepted() const {
  const std::lock_guard lock(mutex_);
  return accepted_;
}

std::vector<std::string> TlsPeer::names_asked() const {
  const std::lock_guard lock(mutex_);
  return names_;
}

std::vector<std::string> TlsPeer::requests() const {
  const std::lock_guard lock(mutex_);
  return requests_;
}

bool TlsPeer::wait_for_requests(size_t count) const {
  std::unique_lock lock(mutex_);
  return changed_.wait_for(lock, std::chrono::seconds(10),
                           [&] { return requests_.size() >= count; });
}

void TlsPeer::hear() {
  {
    const std::lock_guard lock(mutex_);
    hearing_ = true;
  }
  changed_.notify_all();
}

int TlsPeer::on_name(SSL* ssl, int*, void* self) {
  auto* peer = static_cast<TlsPeer*>(self);
  const char* name = SSL_get_servername(ssl, TLSEXT_NAMETYPE_host_name);
  const std::lock_guard lock(peer->mutex_);
  peer->names_.emplace_back(name == nullptr ? "" : name);
  return SSL_TLSEXT_ERR_OK;
}

void TlsPeer::serve() {
  for (;;) {
    const int fd = accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC);
    if (fd < 0) return;
    const std::lock_guard lock(mutex_);
    if (stopping_) {
      close(fd);
      return;
    }
    const int on = 1;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    ++accepted_;
    open_.push_back(fd);
    conversations_.emplace_back([this, fd] {
      converse(fd);
      const std::lock_guard closing(mutex_);
      std::erase(open_, fd);
      close(fd);
    });
  }
}

void TlsPeer::converse(int fd) {
  if (options_.manner == Manner::hang_up) return;
  if (options_.manner == Manner::plain_text) {
    static constexpr std::string_view text = "SIP/2.0 400 No TLS here\r\n\r\n";
    char ignored[4096];
    send(fd, text.data(), text.size(), MSG_NOSIGNAL);
    while (recv(fd, ignored, sizeof ignored, 0) > 0) {
    }
    return;
  }
  SSL* ssl = SSL_new(context_.get());
  SSL_set_fd(ssl, fd);
  if (SSL_accept(ssl) == 1) answer_all(ssl);
  SSL_free(ssl);
}

void TlsPeer::answer_all(SSL* ssl) {
  if (options_.manner == Manner::deaf_then_hear) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return hearing_ || stopping_; });
  }
  std::string buffered;
  while (take_one(ssl, buffered)) {
  }
}

bool TlsPeer::take_one(SSL* ssl, std::string& buffered) {
  size_t end = 0;
  while ((end = buffered.find("\r\n\r\n")) == std::string::npos) {
    char data[4096];
    const int size = SSL_read(ssl, data, sizeof data);
    if (size <= 0) return false;
    buffered.append(data, size);
  }
  const std::string request = buffered.substr(0, end + 4);
  buffered.erase(0, end + 4);
  if (request.find_first_not_of("\r\n") == std::string::npos) return true;
  // Before the answer: who has that may look at once.
  {
    const std::lock_guard lock(mutex_);
    requests_.push_back(request);
  }
  changed_.notify_all();
  const std::string reply = ok_for(request);
  return SSL_write(ssl, reply.data(), static_cast<int>(reply.size())) > 0;
}

std::string ok_for(const std::string& request) {
  std::string reply = "SIP/2.0 200 OK\r\n";
  std::istringstream lines(request);
  for (std::string line; std::getline(lines, line);) {
    for (const char* name : {"Via:", "From:", "To:", "Call-ID:", "CSeq:"}) {
      if (line.rfind(name, 0) != 0) continue;
      if (line.back() == '\r') line.pop_back();
      reply += line + (name[0] == 'T' ? ";tag=peer\r\n" : "\r\n");
    }
  }
  return reply + "Content-Length: 0\r\n\r\n";
}

}  // namespace commd::sip::test
