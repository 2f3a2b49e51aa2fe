#include "daemon/sip/endpoint_pool.h"

#include <utility>

namespace commd::sip {

EndpointPool::EndpointPool(SipThread& thread, EndpointEvents& events, Options options)
    : thread_(thread), events_(events), options_(std::move(options)) {}

base::Result<SipEndpoint*> EndpointPool::get(const Want& want) {
  const Key key{want.transport, want.bind_address, want.port, want.ca_file,
                want.client_certificate};
  if (const auto found = endpoints_.find(key); found != endpoints_.end())
    return found->second.get();
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
  return (endpoints_[key] = std::move(*endpoint)).get();
}

std::vector<SipEndpoint*> EndpointPool::all() const {
  std::vector<SipEndpoint*> endpoints;
  for (const auto& [key, endpoint] : endpoints_) endpoints.push_back(endpoint.get());
  return endpoints;
}

std::vector<std::string> EndpointPool::listening() const {
  std::vector<std::string> addresses;
  for (const auto& [key, endpoint] : endpoints_)
    for (const std::string& address : endpoint->listening()) addresses.push_back(address);
  return addresses;
}

}  // namespace commd::sip
