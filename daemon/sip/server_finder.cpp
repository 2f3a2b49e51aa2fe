#include "daemon/sip/server_finder.h"
#include "daemon/sip/sip_uri.h"

#include <strings.h>

#include <algorithm>
#include <chrono>
#include <string_view>

namespace commd::sip {
namespace {

constexpr uint16_t sips_port = 5061;
constexpr size_t max_hosts = 4;
constexpr size_t max_questions = 8;
constexpr size_t max_addresses = 16;
constexpr std::chrono::seconds patience{10};

bool wants_tls(const Hop& hop) {
  return hop.transport == model::SipTransport::tls ||
         (hop.transport == model::SipTransport::automatic && hop.port == sips_port);
}

// RFC 2782: a lone "." says that the service is not offered.
bool offered(const ServiceRecord& service) {
  return !service.host.empty() && service.host != "." && service.port != 0;
}

}  // namespace

ServerFinder::ServerFinder(SipThread& thread, std::string resolv_conf)
    : thread_(thread), lookup_(thread, std::move(resolv_conf)) {}

void ServerFinder::cancel() {
  lookup_.cancel();
  patience_.cancel();
  done_ = nullptr;
}

void ServerFinder::find(const Hop& hop, Done done) {
  cancel();
  hop_ = hop;
  done_ = std::move(done);
  found_ = {wants_tls(hop), {}};
  answered_ = false;
  asked_.clear();
  tls_services_.clear();
  other_services_.clear();
  hosts_.clear();
  if (is_ip_literal(hop.host)) {
    found_.addresses.push_back(hop.host);
    return finish(found_);
  }
  patience_ = thread_.after(patience, [this] { collect(); });
  if (hop.port != 0) return ask_addresses();
  ask_services();
}

void ServerFinder::ask_services() {
  using enum model::SipTransport;
  // One more, so that answers from the cache do not end the round before it is asked.
  waiting_ = 1;
  if (hop_.transport == automatic || hop_.transport == tls)
    ask_service("_sips._tcp." + hop_.host, true);
  if (hop_.transport == automatic || hop_.transport == udp)
    ask_service("_sip._udp." + hop_.host, false);
  if (hop_.transport == automatic || hop_.transport == tcp)
    ask_service("_sip._tcp." + hop_.host, false);
  if (hop_.transport == automatic) {
    ++waiting_;
    lookup_.ask(RecordType::naptr, hop_.host, [this](const NameAnswer& a) { on_naptr(a); });
  }
  one_service_less();
}

void ServerFinder::ask_service(const std::string& name, bool tls) {
  const auto same = [&](const std::string& each) { return same_host(each, name); };
  if (asked_.size() >= max_questions || std::any_of(asked_.begin(), asked_.end(), same)) return;
  asked_.push_back(name);
  ++waiting_;
  lookup_.ask(RecordType::srv, name, [this, tls](const NameAnswer& answer) {
    answered_ = answered_ || answer.answered;
    for (const ServiceRecord& service : answer.services)
      if (offered(service)) (tls ? tls_services_ : other_services_).push_back(service);
    one_service_less();
  });
}

// Names of services other than the usual ones, over which the library will find the
// server; they do not turn TLS on, for a request over TLS could not follow them.
void ServerFinder::on_naptr(const NameAnswer& answer) {
  answered_ = answered_ || answer.answered;
  for (const NaptrRecord& record : answer.naptr) {
    const bool plain = strcasecmp(record.service.c_str(), "SIP+D2U") == 0 ||
                       strcasecmp(record.service.c_str(), "SIP+D2T") == 0;
    if (plain && !record.replacement.empty()) ask_service(record.replacement, false);
  }
  one_service_less();
}

void ServerFinder::one_service_less() {
  if (--waiting_ > 0) return;
  if (hop_.transport == model::SipTransport::automatic) found_.tls = !tls_services_.empty();
  ask_addresses();
}

void ServerFinder::ask_addresses() {
  auto& services = found_.tls ? tls_services_ : other_services_;
  std::stable_sort(services.begin(), services.end(), [](const auto& a, const auto& b) {
    return a.priority != b.priority ? a.priority < b.priority : a.weight > b.weight;
  });
  for (const ServiceRecord& service : services)
    if (hosts_.size() < max_hosts) hosts_.push_back({service.host, {}, {}});
  if (hosts_.empty()) hosts_.push_back({hop_.host, {}, {}});
  waiting_ = 2 * hosts_.size() + 1;
  for (size_t i = 0; i < hosts_.size(); ++i) {
    lookup_.ask(RecordType::a, hosts_[i].name, [this, i](NameAnswer answer) {
      answered_ = answered_ || answer.answered;
      hosts_[i].four = std::move(answer.addresses);
      one_address_less();
    });
    lookup_.ask(RecordType::aaaa, hosts_[i].name, [this, i](NameAnswer answer) {
      answered_ = answered_ || answer.answered;
      hosts_[i].six = std::move(answer.addresses);
      one_address_less();
    });
  }
  one_address_less();
}

void ServerFinder::one_address_less() {
  if (--waiting_ == 0) collect();
}

// With what has been answered until now.
void ServerFinder::collect() {
  for (const Host& host : hosts_)
    for (const auto* family : {&host.four, &host.six})
      for (const std::string& address : *family)
        if (found_.addresses.size() < max_addresses) found_.addresses.push_back(address);
  if (!found_.addresses.empty()) return finish(found_);
  finish(base::fail(base::Code::unavailable, "DNS_FAILED",
                    answered_ ? "no server is known for " + hop_.host +
                                    ": check the domain of the address or set `server`"
                              : "the name servers did not answer for " + hop_.host +
                                    ": check the network connection"));
}

void ServerFinder::finish(base::Result<FoundServer> result) {
  auto done = std::move(done_);
  cancel();
  if (done) done(std::move(result));
}

}  // namespace commd::sip
