// OpenSSL as somebody else would use it, on the wire of one association: a peer that
// lacks something.
#pragma once

#include <openssl/pem.h>
#include <openssl/ssl.h>

#include <functional>
#include <utility>

#include "media/dtls/datagram_bio.h"
#include "media/dtls/dtls_association.h"
#include "media/dtls/handles.h"

namespace commd::dtls {

class RawPeer {
 public:
  enum class Role { client, server };

  // `change` may alter the settings, which are OpenSSL's own but for the version.
  RawPeer(Role role, const std::function<void(SSL_CTX*)>& change)
      : context_(SSL_CTX_new(DTLS_method())) {
    SSL_CTX_set_options(context_.get(), SSL_OP_NO_QUERY_MTU);
    change(context_.get());
    ssl_.reset(SSL_new(context_.get()));
    Bio bio = wire_.make_bio();
    BIO_up_ref(bio.get());
    SSL_set_bio(ssl_.get(), bio.get(), bio.get());
    BIO_free(bio.release());
    SSL_set_mtu(ssl_.get(), 1200);
    if (role == Role::client) {
      SSL_set_connect_state(ssl_.get());
    } else {
      SSL_set_accept_state(ssl_.get());
    }
  }

  // One turn: what `other` has sent is read, what this one says is given to it.
  void exchange(DtlsAssociation& other, base::MonoTime now) {
    SSL_do_handshake(ssl_.get());
    while (auto datagram = other.take_datagram()) {
      wire_.feed(*datagram);
      SSL_do_handshake(ssl_.get());
      char unwanted[64];
      SSL_read(ssl_.get(), unwanted, sizeof unwanted);
      wire_.no_more();
    }
    while (!wire_.outgoing().empty()) {
      const auto datagram = std::move(wire_.outgoing().front());
      wire_.outgoing().pop_front();
      other.receive(datagram, now);
    }
  }

  SSL* ssl() { return ssl_.get(); }

 private:
  DatagramWire wire_{1200};
  SslContext context_;
  Ssl ssl_;
};

}  // namespace commd::dtls
