// How calls leave by the account, which may come in, and whose challenges they answer.
#include <strings.h>

#include <algorithm>
#include <utility>

#include "daemon/net/local_address.h"
#include "daemon/sip/local_address.h"
#include "daemon/sip/registered_account.h"
#include "daemon/sip/sip_uri.h"

namespace commd::sip {
namespace {

constexpr size_t max_direct = 32;
constexpr size_t max_waiting = 64;
// As long as a person waits for a call to go anywhere.
constexpr std::chrono::seconds way_patience{10};

tl::unexpected<base::Error> offline(const std::string& id) {
  return base::fail(base::Code::unavailable, "ACCOUNT_OFFLINE",
                    "the account " + id + " is not online");
}

bool is_secure(const std::string& uri) { return strncasecmp(uri.c_str(), "sips:", 5) == 0; }

std::string contact_at(const SipEndpoint& endpoint, const std::string& token, bool secure) {
  const std::string place = token + "@" + bracketed(endpoint.options().bind_address) + ":" +
                            std::to_string(endpoint.port());
  if (secure) return "<sips:" + place + ">";
  return "<sip:" + place + (endpoint.tls() ? ";transport=tls" : "") + ">";
}

std::string host_in(const std::string& uri) {
  const auto hop = hop_of_uri(uri);
  return hop ? hop->host : std::string();
}

std::string place_in(const std::string& target) {
  const auto hop = hop_of_uri(target);
  return hop ? hop_uri(*hop, hop->transport) : std::string();
}

}  // namespace

bool RegisteredAccount::has_hop() const {
  return takes_part() || target_.via_proxy || !account_.settings.server.empty();
}

// The first Route of a call: the server or proxy, then what the registrar said lies
// behind it (RFC 3608).
std::string RegisteredAccount::first_route() const {
  model::SipTransport transport = target_.first.transport;
  if (found_.tls) transport = model::SipTransport::tls;
  if (transport == model::SipTransport::automatic && protocol_ == "tcp")
    transport = model::SipTransport::tcp;
  std::string route = hop_route(target_.first, transport);
  for (size_t i = 0; i < service_route_.size(); ++i) {
    // The first one is often our own first hop under another name.
    const std::string host = host_in(service_route_[i]);
    if (i == 0 && (same_host(host, target_.first.host) || addresses_.contains(host))) continue;
    route += ", <" + service_route_[i] + ">";
  }
  if (service_route_.empty() && !target_.server_route.empty()) route += ", " + target_.server_route;
  return route;
}

std::string RegisteredAccount::contact_on(const SipEndpoint& endpoint,
                                          const std::string& target) const {
  const bool secure =
      endpoint.tls() != nullptr && (is_secure(target) || (has_hop() && target_.secure));
  if (!has_hop()) return contact_at(endpoint, token_, secure);
  // How the server would see one that the account has left is not known.
  if (&endpoint != endpoint_) return {};
  return registration_ ? registration_->contact(secure) : contact_at(endpoint, token_, secure);
}

base::Result<Departure> RegisteredAccount::departure(const std::string& target,
                                                     bool hide_identity) const {
  Departure out;
  if (has_hop()) {
    if (endpoint_ == nullptr || !online_) return offline(account_.id.str());
    out.endpoint = endpoint_;
    out.route = first_route();
  } else {
    const Direct* way = direct_way(target);
    if (way == nullptr)
      return base::fail(base::Code::unavailable, "NOT_ROUTED", "no way to " + target + " is known");
    out.endpoint = way->endpoint;
  }
  // What was meant to be protected on its whole way is not sent in the clear.
  const bool secure = is_secure(target) || (has_hop() && target_.secure);
  if (secure && out.endpoint->tls() == nullptr)
    return base::fail(base::Code::failed_precondition, "TLS_REQUIRED",
                      target + " wants TLS, which the account does not use: set transport=tls");
  out.contact = registration_ && has_hop() ? registration_->contact(secure)
                                           : contact_at(*out.endpoint, token_, secure);
  const std::string own = "<" + target_.address + ">";
  const std::string& name = account_.settings.display_name;
  out.from = name.empty() ? own : quoted_display(name) + " " + own;
  if (!hide_identity) return out;
  out.preferred_identity = out.from;
  out.from = "\"Anonymous\" <sip:anonymous@anonymous.invalid>";
  out.privacy = "id";
  return out;
}

void RegisteredAccount::route(const std::string& target,
                              std::function<void(base::Result<ports::MediaRoute>)> done) {
  if (!has_hop()) return find_direct(target, std::move(done));
  if (comes_up()) return wait_for_way(target, std::move(done));
  if (endpoint_ == nullptr || !online_) return done(offline(account_.id.str()));
  ports::MediaRoute route;
  route.local_ip = endpoint_->options().bind_address;
  route.peer_ip = server_ip_;
  route.signalling_protected = endpoint_->tls() != nullptr || is_loopback(server_ip_);
  done(route);
}

bool RegisteredAccount::comes_up() const {
  return !online_ && !leaving_ && reported_ && reported_->state == model::AccountState::connecting;
}

// A change of settings takes the account down for a moment: whoever calls then waits.
void RegisteredAccount::wait_for_way(const std::string& target,
                                     std::function<void(base::Result<ports::MediaRoute>)> done) {
  if (waiting_.size() >= max_waiting)
    return done(base::fail(base::Code::resource_exhausted, "TOO_MANY_LOOKUPS",
                           "too many calls wait for the account " + account_.id.str()));
  waiting_.push_back({target, std::move(done)});
  if (waiting_.size() == 1)
    waiting_patience_ = thread_.after(way_patience, [this] { end_waiting(); });
}

// Each asks once more: there is a way now, or it is told why not.
void RegisteredAccount::end_waiting() {
  waiting_patience_.cancel();
  for (Waiting& each : std::exchange(waiting_, {})) {
    if (comes_up())
      each.done(offline(account_.id.str()));
    else
      route(each.target, std::move(each.done));
  }
}

// ---- accounts without a server --------------------------------------------------------

const RegisteredAccount::Direct* RegisteredAccount::direct_way(const std::string& target) const {
  const auto found = direct_.find(place_in(target));
  return found == direct_.end() ? nullptr : &found->second;
}

void RegisteredAccount::find_direct(const std::string& target,
                                    std::function<void(base::Result<ports::MediaRoute>)> done) {
  const auto hop = hop_of_uri(target);
  if (!hop) return done(base::fail(hop.error()));
  if (direct_finders_.size() >= max_direct)
    return done(base::fail(base::Code::resource_exhausted, "TOO_MANY_LOOKUPS",
                           "too many addresses are being looked up"));
  direct_finders_.push_back(std::make_unique<ServerFinder>(thread_, pool_.resolv_conf()));
  ServerFinder* finder = direct_finders_.back().get();
  const auto over = [this, finder] {
    thread_.post([this, finder, alive = std::weak_ptr<bool>(alive_)] {
      if (alive.expired()) return;
      std::erase_if(direct_finders_, [finder](const auto& each) { return each.get() == finder; });
    });
  };
  const std::string place = hop_uri(*hop, hop->transport);
  finder->find(*hop, [this, place, over, done = std::move(done)](base::Result<FoundServer> found) {
    over();
    if (!found) return done(base::fail(found.error()));
    done(take_direct(place, *found));
  });
}

base::Result<ports::MediaRoute> RegisteredAccount::take_direct(const std::string& place,
                                                               const FoundServer& found) {
  Direct way;
  for (const std::string& address : found.addresses) {
    way.peer_ip = address;
    way.local_ip = net::local_address_towards(address);
    if (!way.local_ip.empty()) break;
  }
  if (way.local_ip.empty())
    return base::fail(base::Code::unavailable, "NETWORK_DOWN", "no network reaches " + way.peer_ip);
  const auto before = direct_.find(place);
  const bool moved = before != direct_.end() && before->second.local_ip != way.local_ip;
  if (moved) events_.network_noticed();
  auto endpoint = endpoint_for(found.tls, way.local_ip);
  if (!endpoint) return base::fail(endpoint.error());
  way.endpoint = *endpoint;
  if (direct_.size() >= max_direct) direct_.clear();
  direct_[place] = way;
  ports::MediaRoute route;
  route.local_ip = way.local_ip;
  route.peer_ip = way.peer_ip;
  route.signalling_protected = found.tls || is_loopback(way.peer_ip);
  return route;
}

// ---- what comes in ----------------------------------------------------------------------

bool RegisteredAccount::accepts_from(const MessageSource& source) const {
  return account_.settings.accept_from == model::AcceptFrom::any || is_server(source);
}

bool RegisteredAccount::is_server(const MessageSource& source) const {
  if (!has_hop() || endpoint_ == nullptr) return false;
  if (endpoint_->tls() != nullptr)
    return !source.verified_name.empty() &&
           same_host(source.verified_name, bracketed(target_.first.host));
  return addresses_.contains(source.ip);
}

ports::MediaRoute RegisteredAccount::route_of(const MessageSource& source,
                                              const SipEndpoint& endpoint) const {
  ports::MediaRoute route;
  route.local_ip = endpoint.options().bind_address;
  route.peer_ip = source.ip;
  route.signalling_protected = !source.verified_name.empty() || is_loopback(source.ip);
  return route;
}

// ---- challenges -------------------------------------------------------------------------

bool RegisteredAccount::is_own_host(const std::string& host) const {
  const auto same = [&](const std::string& each) { return same_host(each, host); };
  const auto same_route = [&](const std::string& uri) { return same_host(host_in(uri), host); };
  return std::any_of(target_.own_names.begin(), target_.own_names.end(), same) ||
         std::any_of(service_route_.begin(), service_route_.end(), same_route) ||
         addresses_.contains(host);
}

std::optional<Authorization> RegisteredAccount::answer(
    const sip_t& response, const std::string& method, const std::string& request_uri,
    unsigned attempt, const std::string& first_hop_host, RequestStage stage) {
  const bool own = has_hop() && is_own_host(first_hop_host);
  if (!digest_ || !own) {
    log_->debug("challenge of a stranger not answered, account: {}, first hop: {}",
                account_.id.str(), first_hop_host);
    return std::nullopt;
  }
  DigestAttempt state;
  state.path = RequestPath::own_proxy;
  state.stage = stage;
  state.answered = static_cast<int>(attempt);
  if (digest_->challenged(state, challenges_of(response)) != DigestVerdict::answer)
    return std::nullopt;
  const bool proxy = response.sip_status != nullptr && response.sip_status->st_status == 407;
  const ChallengeKind kind = proxy ? ChallengeKind::proxy : ChallengeKind::server;
  for (Credentials& each : digest_->credentials(state, method, request_uri))
    if (each.kind == kind) return Authorization{proxy, std::move(each.value)};
  return std::nullopt;
}

}  // namespace commd::sip
