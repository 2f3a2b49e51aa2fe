// Certificates in DER: read and described, whatever stands in them.
#include <openssl/x509.h>

#include <cstdint>
#include <cstdlib>
#include <memory>

#include "daemon/base/escape.h"
#include "daemon/net/certificate_names.h"
#include "daemon/net/tls_failure.h"

using namespace commd;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const unsigned char* at = data;
  const std::unique_ptr<X509, decltype(&X509_free)> certificate(
      d2i_X509(nullptr, &at, static_cast<long>(size)), &X509_free);
  if (certificate == nullptr) return 0;
  (void)net::matches(net::names_of(certificate.get()), {"example.org", {"_xmpp-client"}, true});
  net::TlsFailure failure;
  failure.name = "example.org";
  failure.kind = net::TlsFailureKind::wrong_name;
  failure.has_certificate = true;
  failure.certificate = net::describe(certificate.get());
  const base::Error error = failure.error(base::WallTime{});
  if (!base::is_valid_utf8(error.message) || error.message.size() > 8192) abort();
  return 0;
}
