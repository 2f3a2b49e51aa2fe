#include "daemon/probe/server_plan.h"

#include <utility>

#include "daemon/model/host_port.h"
#include "daemon/net/domain_name.h"

namespace commd::probe {
namespace {

using model::Protocol;
using Tls = ServerPlan::Tls;

constexpr uint16_t sips_port = 5061;
constexpr uint16_t xmpp_port = 5222;
constexpr uint16_t xmpps_port = 5223;
constexpr uint16_t https_port = 443;

int tag_of(Tls tls) { return static_cast<int>(tls); }

std::string domain_of(const model::Account& account) {
  const size_t colon = account.address.find(':');
  const size_t at = account.address.rfind('@');
  return account.address.substr((at != account.address.npos ? at : colon) + 1);
}

// The host that requests go to, before DNS.
base::Result<model::HostPort> place_of(const model::Account& account, bool& named) {
  const model::AccountSettings& settings = account.settings;
  named = true;
  if (account.protocol == Protocol::sip && !settings.outbound_proxy.empty())
    return model::host_of_sip(settings.outbound_proxy);
  if (!settings.server.empty()) return model::parse_host_port(settings.server);
  named = false;
  // People write it in their own letters.
  const std::string domain = domain_of(account);
  return model::parse_host_port(net::ascii_domain(domain).value_or(domain));
}

bool wants_tls(const model::Account& account, const model::HostPort& place) {
  const model::AccountSettings& settings = account.settings;
  if (account.server_in_use.starts_with("tls ")) return true;
  return account.address.starts_with("sips:") || settings.outbound_proxy.starts_with("sips:") ||
         settings.outbound_proxy.find("transport=tls") != std::string::npos ||
         settings.transport == model::SipTransport::tls || place.port == sips_port;
}

// "udp", as it is or as it may be.
std::string words_of(const model::Account& account, model::SipTransport transport) {
  if (account.state == model::AccountState::online)
    return account.server_in_use.substr(0, account.server_in_use.find(' '));
  return transport == model::SipTransport::automatic ? "udp or tcp" : model::to_string(transport);
}

void plan_sip(const model::Account& account, const model::HostPort& place, bool named,
              ServerPlan& plan) {
  const bool tls = wants_tls(account, place);
  const model::SipTransport transport = tls ? model::SipTransport::tls : account.settings.transport;
  const auto wanted = [&](model::SipTransport which) {
    return transport == model::SipTransport::automatic || transport == which;
  };
  if (!named && place.port == 0 && !plan.literal) {
    if (wanted(model::SipTransport::tls)) plan.published.services.push_back({"_sips._tcp", 0});
    if (wanted(model::SipTransport::tcp)) plan.published.services.push_back({"_sip._tcp", 0});
    if (wanted(model::SipTransport::udp)) plan.published.services.push_back({"_sip._udp", 0});
  }
  plan.certificate = {plan.host, {}, false};
  const bool online = account.state == model::AccountState::online;
  if (!tls && (online || transport != model::SipTransport::automatic || named || plan.literal)) {
    plan.not_secure = "the account speaks " + words_of(account, transport) + " without TLS";
    return;
  }
  if (named || place.port != 0 || plan.literal) {
    plan.secure_targets = {
        {plan.host, place.port != 0 ? place.port : sips_port, tag_of(Tls::direct), {}}};
    return;
  }
  plan.secure.services = {{"_sips._tcp", tag_of(Tls::direct)}};
  if (tls) plan.secure.fallback = net::Fallback{sips_port, tag_of(Tls::direct)};
}

base::Result<void> plan_xmpp(const model::Account& account, const model::HostPort& place,
                             bool named, ServerPlan& plan) {
  using enum model::SipTransport;
  auto domain = net::ascii_domain(domain_of(account));
  if (!domain) return base::fail(domain.error());
  plan.certificate = {*domain, {"_xmpp-client", "_xmpps-client"}, true};
  plan.alpn = {"xmpp-client"};
  const model::SipTransport asked = account.settings.transport;  // tls: direct; tcp: STARTTLS
  if (named || place.port != 0 || plan.literal) {
    const bool known = place.port == xmpps_port || place.port == https_port;
    const bool direct = asked == tls || (asked == automatic && known);
    const uint16_t usual = direct ? xmpps_port : xmpp_port;
    plan.secure_targets = {{plan.host,
                            place.port != 0 ? place.port : usual,
                            tag_of(direct ? Tls::direct : Tls::starttls),
                            {}}};
    return {};
  }
  if (asked != tcp) plan.published.services.push_back({"_xmpps-client._tcp", tag_of(Tls::direct)});
  if (asked != tls) plan.published.services.push_back({"_xmpp-client._tcp", tag_of(Tls::starttls)});
  plan.secure = plan.published;
  plan.secure.fallback = asked == tls ? net::Fallback{xmpps_port, tag_of(Tls::direct)}
                                      : net::Fallback{xmpp_port, tag_of(Tls::starttls)};
  return {};
}

}  // namespace

base::Result<ServerPlan> plan_for(const model::Account& account) {
  bool named = false;
  const auto place = place_of(account, named);
  if (!place) return base::fail(place.error());
  ServerPlan plan;
  plan.literal = model::is_ip_literal(place->host);
  if (plan.literal) {
    plan.host = place->host;
  } else {
    auto name = net::ascii_domain(place->host);
    if (!name) return base::fail(name.error());
    plan.host = std::move(*name);
  }
  plan.published.domain = plan.secure.domain = plan.host;
  switch (account.protocol) {
    case Protocol::sip:
      plan_sip(account, *place, named, plan);
      break;
    case Protocol::xmpp:
      if (const auto done = plan_xmpp(account, *place, named, plan); !done)
        return base::fail(done.error());
      break;
    case Protocol::xmpp_component:
    case Protocol::local:
      plan.not_secure = "a component's stream is not looked at";
      break;
  }
  return plan;
}

}  // namespace commd::probe
