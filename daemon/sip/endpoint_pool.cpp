#include "daemon/sip/endpoint_pool.h"

#include <utility>

namespace commd::sip {

EndpointPool::EndpointPool(SipThread& thread, EndpointEvents& events, Options options)
    : thread_(thread), events_(events), options_(std::move(options)) {}

base::Result<SipEndpoint*> EndpointPool::get(const Want& want, const SipEndpoint* favourite) {
  SipEndpoint* found = nullptr;
  for (const Entry& each : endpoints_)
    if (each.fits == want && (found == nullptr || each.endpoint.get() == favourite))
      found = each.endpoint.get();
  if (found != nullptr) return found;
  EndpointOptions options;
  options.transport = want.transport;
  options.bind_address = want.bind_address;
  options.port = want.port;
  options.user_agent = options_.user_agent;
  options.resolv_conf = options_.resolv_conf;
  if (want.transport == TransportClass::tls) {
    auto tls = TlsContext::create({want.ca_file, want.client_certificate});
    if (!tls) return base::fail(tls.error());
    options.tls = *tls;
  }
  auto endpoint = SipEndpoint::create(thread_, std::move(options), events_);
  if (!endpoint) return base::fail(endpoint.error());
  endpoints_.push_back({want, std::move(*endpoint)});
  return endpoints_.back().endpoint.get();
}

base::Result<void> EndpointPool::move(SipEndpoint& endpoint, const std::string& bind_address) {
  for (Entry& each : endpoints_) {
    if (each.endpoint.get() != &endpoint) continue;
    const auto moved = endpoint.move_to(bind_address);
    if (!moved) return moved;
    each.fits.bind_address = bind_address;
    return {};
  }
  return base::fail(base::Code::internal, "SIP_STACK_FAILED", "an endpoint of another pool");
}

std::vector<SipEndpoint*> EndpointPool::all() const {
  std::vector<SipEndpoint*> endpoints;
  for (const Entry& each : endpoints_) endpoints.push_back(each.endpoint.get());
  return endpoints;
}

std::vector<std::string> EndpointPool::listening() const {
  std::vector<std::string> addresses;
  for (const Entry& each : endpoints_)
    for (const std::string& address : each.endpoint->listening()) addresses.push_back(address);
  return addresses;
}

}  // namespace commd::sip
