#include "daemon/xmpp/external_services.h"

#include <algorithm>
#include <array>

#include "daemon/model/host_port.h"
#include "daemon/model/media_address.h"
#include "daemon/xmpp/iq_requests.h"
#include "daemon/xmpp/jingle_values.h"
#include "daemon/xmpp/message_stanza.h"
#include "daemon/xmpp/namespaces.h"

namespace commd::xmpp {
namespace {

using Kind = ExternalService::Kind;
using Transport = ExternalService::Transport;

constexpr size_t most_credential = model::most_ice_username;

constexpr std::array kinds = {"stun", "stuns", "turn", "turns"};

std::optional<Kind> kind_of(std::string_view type) {
  const auto found = std::find(kinds.begin(), kinds.end(), type);
  if (found == kinds.end()) return std::nullopt;
  return static_cast<Kind>(found - kinds.begin());
}

bool by_tls(Kind kind) { return kind == Kind::stuns || kind == Kind::turns; }

// A name or the address of a host.
std::string host_of(std::string_view text) {
  if (!is_word(text, 255)) return {};
  const auto host = model::parse_host_port(text);
  if (!host || host->port != 0) return {};
  const bool literal = model::is_ip_literal(host->host);
  if (literal && model::address_use(host->host) != model::AddressUse::usable) return {};
  return host->host;
}

// False: half of them, or what cannot be sent.
bool read_credentials(const Element& element, ExternalService& service) {
  const std::string_view username = element.attribute("username");
  const std::string_view password = element.attribute("password");
  if (!is_line(username, most_credential) || !is_line(password, most_credential)) return false;
  service.username = username;
  service.password = base::Secret(password);
  if (element.has_attribute("expires")) {
    service.expire_time = parse_stamp(element.attribute("expires"));
    if (!service.expire_time) return false;
  }
  return true;
}

std::optional<ExternalService> service_of(const Element& element) {
  ExternalService service;
  const auto kind = kind_of(element.type());
  service.host = host_of(element.attribute("host"));
  if (!kind || service.host.empty()) return std::nullopt;
  service.kind = *kind;
  service.port = by_tls(*kind) ? model::ice_server_tls_port : model::ice_server_port;
  if (element.has_attribute("port")) {
    const auto port = number_of<uint16_t>(element.attribute("port"), 65535);
    if (!port || *port == 0) return std::nullopt;
    service.port = *port;
  }
  const std::string_view transport = element.attribute("transport");
  service.transport =
      transport == "tcp" || (transport.empty() && by_tls(*kind)) ? Transport::tcp : Transport::udp;
  if (!transport.empty() && transport != "tcp" && transport != "udp") return std::nullopt;
  service.restricted = is_true(element.attribute("restricted"));
  if (!read_credentials(element, service)) return std::nullopt;
  return service;
}

}  // namespace

Stanza ExternalServices::request() const {
  Stanza iq = make_iq("get", account_.domain(), make_id());
  iq.add("services", ns::kExternalServices);
  return iq;
}

void ExternalServices::take_services(const Element& iq) {
  forget();
  asked_ = true;
  for (const Element each : iq.child("services", ns::kExternalServices)) {
    if (!each.is("service", ns::kExternalServices) || services_.size() == most_services) continue;
    if (auto service = service_of(each)) services_.push_back(std::move(*service));
  }
}

std::optional<Stanza> ExternalServices::credentials_request() {
  while (next_credentials_ < services_.size()) {
    const ExternalService& service = services_[next_credentials_++];
    if (!service.password.empty() || !service.restricted) continue;
    Stanza iq = make_iq("get", account_.domain(), make_id());
    iq.add("credentials", ns::kExternalServices)
        .add("service")
        .set("host", service.host)
        .set("type", kinds.at(static_cast<size_t>(service.kind)))
        .set("port", std::to_string(service.port));
    return iq;
  }
  return std::nullopt;
}

// They go to the services that wait for them: an answer brings no new ones.
void ExternalServices::take_credentials(const Element& iq) {
  for (const Element each : iq.child("credentials", ns::kExternalServices)) {
    const auto kind = kind_of(each.type());
    const std::string host = host_of(each.attribute("host"));
    const auto port = number_of<uint16_t>(each.attribute("port"), 65535);
    if (!each.is("service", ns::kExternalServices) || !kind || host.empty()) continue;
    for (ExternalService& service : services_) {
      if (service.kind != *kind || service.host != host || (port && service.port != *port) ||
          !service.password.empty())
        continue;
      ExternalService renewed = service;
      if (read_credentials(each, renewed)) service = std::move(renewed);
    }
  }
}

bool ExternalServices::take_push(const Element& iq) {
  const Element services = iq.child("services", ns::kExternalServices);
  const bool ours = from_own_server(iq, account_) || iq.from() == account_.domain();
  if (iq.type() != "set" || !services || !ours || !asked_) return false;
  size_t seen = 0;
  for (const Element each : services) {
    if (!each.is("service", ns::kExternalServices) || ++seen > most_services) continue;
    auto service = service_of(each);
    if (!service) continue;
    const std::string_view action = each.attribute("action");
    const bool gone = action == "remove" || action == "delete";
    const bool any_transport = gone && !each.has_attribute("transport");
    std::erase_if(services_, [&](const ExternalService& known) {
      return known.kind == service->kind && known.host == service->host &&
             known.port == service->port &&
             (any_transport || known.transport == service->transport);
    });
    if (!gone && services_.size() < most_services) services_.push_back(std::move(*service));
  }
  next_credentials_ = 0;
  return true;
}

std::vector<ExternalService> ExternalServices::usable(base::WallTime now) const {
  std::vector<ExternalService> usable;
  for (const ExternalService& each : services_) {
    const bool known = !each.username.empty() && !each.password.empty();
    const bool over = each.expire_time && *each.expire_time < now + renew_before;
    if (over || ((each.relays() || each.restricted) && !known)) continue;
    usable.push_back(each);
  }
  return usable;
}

std::optional<base::WallTime> ExternalServices::renew_time() const {
  std::optional<base::WallTime> first;
  for (const ExternalService& each : services_)
    if (each.expire_time && (!first || *each.expire_time < *first)) first = each.expire_time;
  if (first) *first -= renew_before;
  return first;
}

void ExternalServices::forget() {
  services_.clear();
  next_credentials_ = 0;
  asked_ = false;
}

}  // namespace commd::xmpp
