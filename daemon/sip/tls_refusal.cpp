#include "daemon/sip/tls_refusal.h"

#include "daemon/sip/registrar_target.h"
#include "daemon/sip/sip_uri.h"

namespace commd::sip {

std::optional<TlsFailure> tls_refusal(const SipEndpoint& endpoint, const std::string& host,
                                      uint16_t port, base::MonoTime since) {
  if (endpoint.tls() == nullptr) return std::nullopt;
  auto failure = endpoint.tls()->failure(bracketed(host), port);
  if (!failure) failure = endpoint.tls()->failure(host, port);
  if (failure && failure->time < since) failure.reset();
  return failure;
}

}  // namespace commd::sip
