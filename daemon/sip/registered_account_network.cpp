// The way to the account's server, over networks that come and go: the local address that it
// leaves by, the connection it took, and what is to be done when either is another.
#include <algorithm>
#include <utility>

#include "daemon/base/random.h"
#include "daemon/net/local_address.h"
#include "daemon/sip/registered_account.h"
#include "daemon/sip/sip_uri.h"

namespace commd::sip {
namespace {

using model::AccountState;
using std::chrono::milliseconds;
using std::chrono::seconds;

// A connection that lasted so long is made again at once when it is lost.
constexpr seconds steady{60};
// What a server may take to answer after a change. Then the way is looked for from its
// beginning: the connection may be dead, the name may lead elsewhere in another network.
constexpr seconds way_patience{4};
// Networks that come and go for others (containers, virtual machines) are no reason to ask it
// again and again.
constexpr seconds check_pause{10};
// The kernel tells when there is a network; this is for where it does not.
constexpr seconds gone_patience{30};

base::MonoTime now() { return std::chrono::steady_clock::now(); }

}  // namespace

// ---- where it leaves ----------------------------------------------------------------------

// On the local address that reaches the server. Where both families do, they take
// turns as long as there is no success.
base::Result<SipEndpoint*> RegisteredAccount::choose_endpoint(const FoundServer& found) {
  std::vector<std::string> own;
  const auto add = [&](const std::string& address) {
    const std::string local = net::local_address_towards(address);
    if (!local.empty() && std::find(own.begin(), own.end(), local) == own.end())
      own.push_back(local);
  };
  // The one that answered before is tried first: calls are on its endpoint.
  if (addresses_.contains(server_ip_)) add(server_ip_);
  for (const std::string& address : found.addresses) add(address);
  if (own.empty())
    return base::fail(base::Code::unavailable, "NETWORK_DOWN",
                      "no network reaches " + target_.first.host);
  return endpoint_for(found.tls, own[attempts_ % own.size()]);
}

base::Result<SipEndpoint*> RegisteredAccount::endpoint_for(bool tls, const std::string& local_ip) {
  EndpointPool::Want want;
  want.transport = tls ? TransportClass::tls : TransportClass::udp_tcp;
  want.bind_address = local_ip;
  if (tls) {
    want.ca_file = account_.settings.tls_ca_file;
    want.client_certificate = account_.settings.tls_client_certificate;
  }
  // Its calls are to come along.
  if (moved_elsewhere()) events_.network_noticed();
  return pool_.get(want, endpoint_);
}

std::string RegisteredAccount::local_address() const {
  std::string local = net::local_address_towards(server_ip_);
  for (const std::string& address : found_.addresses)
    if (local.empty()) local = net::local_address_towards(address);
  return local;
}

// The machine has got another address (a new network): the old one is of no use.
bool RegisteredAccount::moved_elsewhere() const {
  if (endpoint_ == nullptr || server_ip_.empty()) return false;
  const std::string local = local_address();
  return !local.empty() && local != endpoint_->options().bind_address;
}

std::vector<SipAccount::Way> RegisteredAccount::ways() const {
  std::vector<Way> ways;
  if (has_hop() && endpoint_ != nullptr) ways.push_back({endpoint_, local_address()});
  for (const auto& [place, way] : direct_)
    ways.push_back({way.endpoint, net::local_address_towards(way.peer_ip)});
  return ways;
}

// ---- when networks change -------------------------------------------------------------------

void RegisteredAccount::network_changed() {
  if (leaving_) return;
  for (auto& [place, way] : direct_) way.local_ip = net::local_address_towards(way.peer_ip);
  std::erase_if(direct_, [](const auto& each) {
    return each.second.local_ip != each.second.endpoint->options().bind_address;
  });
  if (!has_hop()) return settled();
  if (reported_ && reported_->state == AccountState::failed) return;
  if (endpoint_ == nullptr || found_.addresses.empty()) return online_ ? void() : look_up();
  if (local_address().empty()) return network_gone();
  if (endpoint_->moves() != moves_ || moved_elsewhere()) return move();
  check_way();
}

// The connection is kept: it lives on if the same address comes back soon.
void RegisteredAccount::network_gone() {
  moving_ = true;
  if (!std::exchange(online_, false)) return;  // it is being tried already
  way_check_.cancel();
  keepalive_.cancel();
  finder_.cancel();
  log_->info("event: account_retrying, account: {}, reason: NETWORK_DOWN", account_.id.str());
  report(AccountState::retrying, "NETWORK_DOWN", "no network reaches " + target_.first.host,
         gone_patience);
  timer_ = thread_.after(gone_patience, [this] { look_up(); });
}

// To the server that is known, without asking for its name again: it is the same one in most
// cases, and somebody may be in the middle of a call.
void RegisteredAccount::move() {
  log_->info("event: account_moves, account: {}, from: {}", account_.id.str(), local_address());
  stop();
  moving_ = true;
  report(AccountState::connecting, {}, {}, {});
  on_found(FoundServer(found_));
  if (registration_ && registration_->under_way())
    timer_ = thread_.after(way_patience, [this] { look_up(); });
}

// The address is what it was, but the network may be another, or a router may have forgotten
// the account.
void RegisteredAccount::check_way() {
  if (!takes_part()) return online_ ? void() : on_found(FoundServer(found_));
  const bool asked = registration_ && registration_->under_way();
  if (!asked && online_ && now() - way_checked_at_ < check_pause) {
    way_check_ = thread_.after(check_pause, [this] { check_way(); });
    return;
  }
  way_checked_at_ = now();
  if (!asked) send_register();
  way_check_ = thread_.after(way_patience, [this] {
    if (flow_) flow_->abandon();
    look_up();
  });
}

// How others reach it is known again, and so is whether that is as before.
void RegisteredAccount::settled() {
  moving_ = false;
  events_.contact_settled(account_.id);
}

// ---- the connection ---------------------------------------------------------------------------

void RegisteredAccount::follow_flow(const RegisterAnswer& answer) {
  const FlowName name{answer.protocol, bracketed(target_.first.host), answer.source.ip,
                      answer.source.port};
  const bool connected = answer.protocol != "udp";
  if (flow_ && flow_->name() == name && flow_->open()) return arm_keepalive();
  flow_.reset();
  if (!connected && account_.settings.keepalive_s == 0) return;
  flow_ = SipFlow::take(*endpoint_, name, [this] { on_flow_lost(); });
  arm_keepalive();
}

void RegisteredAccount::on_flow_lost() {
  if (leaving_) return;
  flow_.reset();
  keepalive_.cancel();
  if (!std::exchange(online_, false)) return;
  log_->info("event: account_retrying, account: {}, reason: CONNECTION_LOST", account_.id.str());
  milliseconds wait{0};
  if (now() - registered_at_ > steady) {
    flapping_.reset();
  } else {
    wait = flapping_.next(base::random_u32());
  }
  report(AccountState::retrying, "CONNECTION_LOST",
         target_.first.host + " closed the connection; it is made again", wait);
  timer_ = thread_.after(std::max(wait, milliseconds(1)), [this] { look_up(); });
}

}  // namespace commd::sip
