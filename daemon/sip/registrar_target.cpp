#include "daemon/sip/registrar_target.h"

#include <strings.h>

#include <utility>

#include "daemon/sip/sip_uri.h"

namespace commd::sip {
namespace {

constexpr uint16_t sips_port = 5061;

tl::unexpected<base::Error> wrong(const char* reason, const std::string& field,
                                  const std::string& message) {
  base::Error error = base::invalid_argument(field, message);
  error.reason = reason;
  return base::fail(std::move(error));
}

model::SipTransport transport_of(const SipUri& uri) {
  using enum model::SipTransport;
  const std::string word = uri.transport();
  if (uri.scheme == UriScheme::sips || word == "tls") return tls;
  if (word == "udp") return udp;
  return word == "tcp" ? tcp : automatic;
}

Hop hop_at(const HostPort& place, model::SipTransport transport) {
  // "localhost" is the one name that no name server need know.
  return {place.host == "localhost" ? "127.0.0.1" : place.host, place.port, transport};
}

// What the account asks for decides where the hop's own words do not.
void settle_transport(Hop& hop, const model::AccountSettings& settings, bool secure) {
  using enum model::SipTransport;
  if (hop.transport == automatic) hop.transport = settings.transport;
  if (secure || (hop.transport == automatic && hop.port == sips_port)) hop.transport = tls;
}

base::Result<void> use_server(RegistrarTarget& target, const std::string& server) {
  const auto place = parse_host_port(server);
  if (!place)
    return wrong("SERVER_INVALID", "server", "\"" + server + "\" is not HOST or HOST:PORT");
  target.first = hop_at(*place, model::SipTransport::automatic);
  target.own_names.push_back(target.first.host);
  return {};
}

base::Result<void> use_proxy(RegistrarTarget& target, const std::string& proxy, bool has_server) {
  auto hop = hop_of_uri(proxy);
  if (!hop)
    return wrong("OUTBOUND_PROXY_INVALID", "outbound_proxy",
                 "the outbound proxy must be sip:HOST, sip:HOST:PORT or sips:HOST");
  if (has_server) target.server_route = hop_route(target.first, model::SipTransport::automatic);
  target.own_names.push_back(hop->host);
  target.first = std::move(*hop);
  target.via_proxy = true;
  return {};
}

}  // namespace

bool same_host(const std::string& a, const std::string& b) {
  return strcasecmp(a.c_str(), b.c_str()) == 0;
}

base::Result<Hop> hop_of_uri(const std::string& text) {
  const bool in_brackets = text.size() > 1 && text.front() == '<' && text.back() == '>';
  const std::string inner = in_brackets ? text.substr(1, text.size() - 2) : text;
  // "proxy.example.org:5060" is clear enough.
  if (const auto place = parse_host_port(inner))
    return hop_at(*place, model::SipTransport::automatic);
  const auto uri = parse_uri(inner);
  if (!uri) return base::fail(uri.error());
  if (uri->host.empty())
    return wrong("INVALID_ADDRESS", "address", "\"" + text + "\" names no host");
  return hop_at({uri->host, uri->port}, transport_of(*uri));
}

base::Result<RegistrarTarget> registrar_target(const model::Account& account) {
  const model::AccountSettings& settings = account.settings;
  const auto uri = parse_uri(account.address);
  if (!uri || uri->scheme == UriScheme::tel || uri->user.empty() || uri->host.empty())
    return wrong("ADDRESS_INVALID", "address",
                 "the address must be sip:user@domain or sips:user@domain");
  RegistrarTarget target;
  target.secure = uri->scheme == UriScheme::sips;
  target.user = uri->user;
  target.address = uri->address();
  const std::string port = uri->port == 0 ? "" : ":" + std::to_string(uri->port);
  target.request_uri = (target.secure ? "sips:" : "sip:") + bracketed(uri->host) + port;
  target.first = hop_at({uri->host, uri->port}, model::SipTransport::automatic);
  target.own_names.push_back(uri->host);
  if (!settings.server.empty())
    if (const auto done = use_server(target, settings.server); !done)
      return base::fail(done.error());
  if (!settings.outbound_proxy.empty())
    if (const auto done = use_proxy(target, settings.outbound_proxy, !settings.server.empty());
        !done)
      return base::fail(done.error());
  settle_transport(target.first, settings, target.secure);
  return target;
}

std::string hop_uri(const Hop& hop, model::SipTransport transport) {
  std::string uri = "sip:" + bracketed(hop.host);
  if (hop.port != 0) uri += ":" + std::to_string(hop.port);
  if (transport != model::SipTransport::automatic)
    uri += std::string(";transport=") + model::to_string(transport);
  return uri;
}

std::string hop_route(const Hop& hop, model::SipTransport transport) {
  return "<" + hop_uri(hop, transport) + ";lr>";
}

}  // namespace commd::sip
