#include "daemon/sip/local_account.h"

#include <algorithm>
#include <utility>

#include "daemon/base/random.h"
#include "daemon/model/media_address.h"
#include "daemon/net/local_address.h"
#include "daemon/sip/local_address.h"
#include "daemon/sip/sip_text.h"
#include "daemon/sip/sip_uri.h"

namespace commd::sip {
LocalAccount::LocalAccount(EndpointPool& endpoints, const model::Account& account, Options options,
                           AccountEvents& events,
                           std::function<void(const std::string&, const std::string&)> notice)
    : pool_(endpoints),
      account_(account),
      options_(std::move(options)),
      events_(events),
      notice_(std::move(notice)),
      token_("local-" + base::random_token(12)) {
  listen();
}

void LocalAccount::report(model::AccountState state, const std::string& reason,
                          const std::string& message) {
  ports::AccountReport report;
  report.state = state;
  report.reason = reason;
  report.message = message;
  events_.account_report(account_.id, report);
}

SipEndpoint* LocalAccount::listen_on(const std::string& address) {
  const auto place = parse_host_port(address);
  const std::string ip = place ? place->host : address;
  EndpointPool::Want want;
  want.bind_address = ip;
  want.port = place && place->port != 0 ? place->port : options_.port;
  auto endpoint = pool_.get(want);
  if (!endpoint && endpoint.error().reason == "PORT_IN_USE" && want.port != 0) {
    const uint16_t taken = std::exchange(want.port, 0);
    endpoint = pool_.get(want);
    if (endpoint)
      remark("LOCAL_PORT_TAKEN", "port " + std::to_string(taken) + " of " + ip +
                                     " is in use; the local account listens on port " +
                                     std::to_string((*endpoint)->port()) + " instead");
  }
  if (endpoint) return *endpoint;
  // A machine without IPv6 has no ::1; that is nothing to tell a person.
  if (ip != "::1") remark(endpoint.error().reason, endpoint.error().message);
  return nullptr;
}

void LocalAccount::remark(const std::string& reason, const std::string& message) {
  notice_(reason, message);
  if (remark_reason_.empty()) remark_reason_ = reason;
  remarks_ += (remarks_.empty() ? "" : "; ") + message;
}

void LocalAccount::listen() {
  endpoints_.clear();
  remark_reason_.clear();
  remarks_.clear();
  std::vector<std::string> addresses = {"127.0.0.1", "::1"};
  for (const auto* more : {&options_.listen, &account_.settings.listen})
    for (const std::string& ip : *more) addresses.push_back(ip);
  for (const std::string& ip : addresses) {
    SipEndpoint* endpoint = listen_on(ip);
    if (endpoint && std::find(endpoints_.begin(), endpoints_.end(), endpoint) == endpoints_.end())
      endpoints_.push_back(endpoint);
  }
  if (endpoints_.empty())
    return report(
        model::AccountState::failed, "NOT_LISTENING",
        "no port can be opened on 127.0.0.1 or ::1" + (remarks_.empty() ? "" : ": " + remarks_));
  report(model::AccountState::online, remark_reason_, remarks_);
}

bool LocalAccount::serves(const SipEndpoint& endpoint) const {
  return std::find(endpoints_.begin(), endpoints_.end(), &endpoint) != endpoints_.end();
}

// The endpoint of the family and address the target is in; the first one else.
SipEndpoint* LocalAccount::endpoint_for(const std::string& target) const {
  const std::string host = host_of_uri(target);
  for (SipEndpoint* endpoint : endpoints_)
    if (endpoint->options().bind_address == host) return endpoint;
  for (SipEndpoint* endpoint : endpoints_)
    if (model::is_ipv6(host) == model::is_ipv6(endpoint->options().bind_address)) return endpoint;
  return endpoints_.empty() ? nullptr : endpoints_.front();
}

std::string LocalAccount::contact_of(const SipEndpoint& endpoint) const {
  return "<sip:" + token_ + "@" + bracketed(endpoint.options().bind_address) + ":" +
         std::to_string(endpoint.port()) + ">";
}

std::string LocalAccount::contact_on(const SipEndpoint& endpoint, const std::string&) const {
  return contact_of(endpoint);
}

base::Result<Departure> LocalAccount::departure(const std::string& target,
                                                bool hide_identity) const {
  SipEndpoint* endpoint = endpoint_for(target);
  if (!endpoint)
    return base::fail(base::Code::unavailable, "NOT_LISTENING", "the local account has no port");
  Departure out;
  out.endpoint = endpoint;
  out.from = "<sip:local@localhost>";
  if (!account_.settings.display_name.empty())
    out.from = quoted_display(account_.settings.display_name) + " " + out.from;
  out.contact = contact_of(*endpoint);
  if (hide_identity) {
    // Nobody stands between who could be told in confidence (RFC 3325, section 9.1).
    out.from = "\"Anonymous\" <sip:anonymous@anonymous.invalid>";
    out.privacy = "id";
  }
  // A name of our own without a port is ourselves: no resolver is asked.
  if (host_of_uri(target) == "localhost")
    out.route = "<sip:" + bracketed(endpoint->options().bind_address) + ":" +
                std::to_string(endpoint->port()) + ";lr>";
  return out;
}

void LocalAccount::route(const std::string& target,
                         std::function<void(base::Result<ports::MediaRoute>)> done) {
  SipEndpoint* endpoint = endpoint_for(target);
  if (!endpoint)
    return done(
        base::fail(base::Code::unavailable, "NOT_LISTENING", "the local account has no port"));
  ports::MediaRoute route;
  const std::string host = host_of_uri(target);
  route.peer_ip = model::address_use(host) == model::AddressUse::usable
                      ? host
                      : endpoint->options().bind_address;
  route.local_ip = is_loopback(route.peer_ip) ? endpoint->options().bind_address
                                              : net::local_address_towards(route.peer_ip);
  route.signalling_protected = is_loopback(route.peer_ip);
  done(route);
}

bool LocalAccount::accepts_from(const MessageSource&) const { return true; }

ports::MediaRoute LocalAccount::route_of(const MessageSource& source,
                                         const SipEndpoint& endpoint) const {
  ports::MediaRoute route;
  route.peer_ip = source.ip;
  route.local_ip = endpoint.options().bind_address;
  route.signalling_protected = is_loopback(source.ip);
  return route;
}

// Nobody may challenge an account that has no server.
std::optional<Authorization> LocalAccount::answer(const sip_t&, const std::string&,
                                                  const std::string&, unsigned, const std::string&,
                                                  RequestStage) {
  return std::nullopt;
}

void LocalAccount::update(const model::Account& account, base::Secret) {
  account_ = account;
  listen();
}

void LocalAccount::leave(std::function<void()> done) { done(); }

std::string local_from(const SipEndpoint& endpoint) {
  return "<sip:local@" + bracketed(endpoint.options().bind_address) + ":" +
         std::to_string(endpoint.port()) + ">";
}

}  // namespace commd::sip
