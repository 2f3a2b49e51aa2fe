// Owners of OpenSSL's objects, for this room.
#pragma once

#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>

#include <memory>

namespace commd::dtls {

template <auto free_it>
struct Freed {
  template <class T>
  void operator()(T* object) const noexcept {
    free_it(object);
  }
};

using Bio = std::unique_ptr<BIO, Freed<BIO_vfree>>;
using BioMethod = std::unique_ptr<BIO_METHOD, Freed<BIO_meth_free>>;
using Certificate = std::unique_ptr<X509, Freed<X509_free>>;
using PrivateKey = std::unique_ptr<EVP_PKEY, Freed<EVP_PKEY_free>>;
using Ssl = std::unique_ptr<SSL, Freed<SSL_free>>;
using SslContext = std::unique_ptr<SSL_CTX, Freed<SSL_CTX_free>>;

}  // namespace commd::dtls
