#include "daemon/net/channel_binding.h"

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/x509.h>

#include <memory>
#include <string_view>

namespace commd::net {
namespace {

tl::unexpected<base::Error> unavailable(ChannelBinding type, const std::string& why) {
  ERR_clear_error();
  base::Error error{base::Code::failed_precondition,
                    "CHANNEL_BINDING_UNAVAILABLE",
                    std::string(to_string(type)) + " cannot be used here: " + why,
                    {{"type", to_string(type)}}};
  return base::fail(std::move(error));
}

// Without it two connections of TLS 1.2 can be made to have the same secrets (RFC 7627).
bool has_unique_secrets(SSL* ssl) {
  return SSL_version(ssl) >= TLS1_3_VERSION || SSL_get_extms_support(ssl) == 1;
}

base::Result<std::string> exporter(SSL* ssl) {
  constexpr std::string_view label = "EXPORTER-Channel-Binding";
  constexpr size_t size = 32;
  if (!has_unique_secrets(ssl))
    return unavailable(ChannelBinding::tls_exporter, "no extended master secret");
  std::string bytes(size, '\0');
  const unsigned char no_context = 0;
  if (SSL_export_keying_material(ssl, reinterpret_cast<unsigned char*>(bytes.data()), size,
                                 label.data(), label.size(), &no_context, 0, 1) != 1)
    return unavailable(ChannelBinding::tls_exporter, "the export failed");
  return bytes;
}

base::Result<std::string> server_end_point(SSL* ssl) {
  const auto type = ChannelBinding::tls_server_end_point;
  const std::unique_ptr<X509, decltype(&X509_free)> certificate(SSL_get1_peer_certificate(ssl),
                                                                &X509_free);
  int digest_id = NID_undef;
  if (certificate == nullptr ||
      X509_get_signature_info(certificate.get(), &digest_id, nullptr, nullptr, nullptr) != 1 ||
      digest_id == NID_undef)
    return unavailable(type, "the certificate's signature has no hash");
  // MD5 and SHA-1 are replaced by SHA-256.
  const bool weak = digest_id == NID_md5 || digest_id == NID_sha1 || digest_id == NID_md5_sha1;
  const EVP_MD* digest = weak ? EVP_sha256() : EVP_get_digestbynid(digest_id);
  unsigned char bytes[EVP_MAX_MD_SIZE];
  unsigned size = 0;
  if (digest == nullptr || X509_digest(certificate.get(), digest, bytes, &size) != 1)
    return unavailable(type, "the certificate's hash is not known");
  return std::string(reinterpret_cast<const char*>(bytes), size);
}

// The first Finished of the handshake: the client's, as no session is ever resumed.
base::Result<std::string> unique(SSL* ssl) {
  const auto type = ChannelBinding::tls_unique;
  if (SSL_version(ssl) != TLS1_2_VERSION) return unavailable(type, "only TLS 1.2 has it");
  if (!has_unique_secrets(ssl)) return unavailable(type, "no extended master secret");
  if (SSL_session_reused(ssl) != 0) return unavailable(type, "the session was resumed");
  char bytes[EVP_MAX_MD_SIZE];
  const size_t size = SSL_get_finished(ssl, bytes, sizeof bytes);
  if (size == 0 || size > sizeof bytes) return unavailable(type, "the handshake is not over");
  return std::string(bytes, size);
}

}  // namespace

const char* to_string(ChannelBinding type) {
  switch (type) {
    case ChannelBinding::tls_exporter:
      return "tls-exporter";
    case ChannelBinding::tls_server_end_point:
      return "tls-server-end-point";
    case ChannelBinding::tls_unique:
      return "tls-unique";
  }
  return "";
}

base::Result<std::string> channel_binding(SSL* ssl, ChannelBinding type) {
  switch (type) {
    case ChannelBinding::tls_exporter:
      return exporter(ssl);
    case ChannelBinding::tls_server_end_point:
      return server_end_point(ssl);
    case ChannelBinding::tls_unique:
      return unique(ssl);
  }
  return unavailable(type, "unknown");
}

}  // namespace commd::net
