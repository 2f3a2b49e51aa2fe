#include "daemon/discovery/dns_discovery.h"

#include <cstdio>
#include <map>
#include <optional>
#include <random>
#include <utility>

#include "daemon/discovery/options_ping.h"
#include "daemon/discovery/protocol_search.h"
#include "daemon/loop/asio.h"
#include "daemon/net/domain_name.h"

namespace commd::discovery {
namespace {

using Done = std::function<void(base::Result<ports::FoundServers>)>;

// What a service's tag says; the fallback is none of them.
enum Tag { any_service, own_host, direct_tls };

net::ResolverOptions resolver_options(const std::string& resolv_conf, base::Duration patience) {
  net::ResolverOptions options;
  if (!resolv_conf.empty()) options.resolv_conf = resolv_conf;
  options.deadline = patience;
  return options;
}

std::string random_token() {
  std::random_device random;
  char text[17];
  std::snprintf(text, sizeof text, "%08x%08x", random(), random());
  return text;
}

SearchPlan xmpp_plan(const std::string& domain, const DiscoveryOptions& options) {
  SearchPlan plan;
  plan.published.domain = domain;
  plan.published.services = {{"_xmpps-client._tcp", direct_tls}, {"_xmpp-client._tcp", own_host}};
  plan.published.fallback = net::Fallback{options.xmpp_port, own_host};
  plan.connections = {{domain, options.xmpp_port, own_host, {}}};
  plan.patience = options.patience;
  return plan;
}

SearchPlan sip_plan(const std::string& domain, const DiscoveryOptions& options) {
  SearchPlan plan;
  plan.published.domain = domain;
  plan.published.services = {
      {"_sips._tcp", any_service}, {"_sip._tcp", any_service}, {"_sip._udp", any_service}};
  plan.published.fallback = net::Fallback{options.sip_port, own_host};
  plan.connections = {{domain, options.sips_port, own_host, {}},
                      {domain, options.sip_port, own_host, {}}};
  plan.patience = options.patience;
  plan.datagram = net::DatagramProbe{
      {domain, options.sip_port, own_host, {}},
      [domain, token = random_token()](const net::Endpoint& local, const net::Endpoint&) {
        return options_ping(domain, local, token);
      },
      is_sip_response};
  plan.datagram->deadline = options.patience;
  return plan;
}

// Both protocols of one question.
struct Question {
  Done done;
  std::map<model::Protocol, SearchOutcome> outcomes;
  std::vector<std::unique_ptr<ProtocolSearch>> searches;
};

ports::FoundServers summed_up(std::map<model::Protocol, SearchOutcome>& outcomes) {
  ports::FoundServers sum;
  for (auto& [protocol, outcome] : outcomes) {
    if (outcome.found_by) sum.found.push_back({protocol, *outcome.found_by});
    const std::string name = protocol == model::Protocol::xmpp ? "XMPP" : "SIP";
    for (const std::string& step : outcome.tried) sum.tried.push_back(name + ": " + step);
  }
  return sum;
}

}  // namespace

struct DnsDiscovery::State {
  State(loop::CoreLoop& l, DiscoveryOptions o)
      : loop(l),
        options(std::move(o)),
        sip(l.context(), resolver_options(options.sip_resolv_conf, options.patience)),
        xmpp(l.context(), resolver_options(options.xmpp_resolv_conf, options.patience)) {}

  void ask(const std::string& domain, Done done);
  void begin(uint64_t number, model::Protocol protocol, net::Resolver& resolver, SearchPlan plan);

  loop::CoreLoop& loop;
  DiscoveryOptions options;
  net::Resolver sip;
  net::Resolver xmpp;
  uint64_t last = 0;
  std::map<uint64_t, Question> questions;
};

void DnsDiscovery::State::ask(const std::string& domain, Done done) {
  const uint64_t number = ++last;
  questions[number].done = std::move(done);
  begin(number, model::Protocol::sip, sip, sip_plan(domain, options));
  begin(number, model::Protocol::xmpp, xmpp, xmpp_plan(domain, options));
}

void DnsDiscovery::State::begin(uint64_t number, model::Protocol protocol, net::Resolver& resolver,
                                SearchPlan plan) {
  Question& question = questions[number];
  question.searches.push_back(std::make_unique<ProtocolSearch>(
      loop.context(), resolver, std::move(plan), [this, number, protocol](SearchOutcome outcome) {
        Question& asked = questions.at(number);
        asked.outcomes[protocol] = std::move(outcome);
        if (asked.outcomes.size() < asked.searches.size()) return;
        const auto node = questions.extract(number);
        node.mapped().done(summed_up(node.mapped().outcomes));
      }));
}

DnsDiscovery::DnsDiscovery(loop::CoreLoop& loop, DiscoveryOptions options)
    : state_(std::make_shared<State>(loop, std::move(options))) {}

DnsDiscovery::~DnsDiscovery() = default;

void DnsDiscovery::discover(const std::string& domain, Done done) {
  auto name = net::ascii_domain(domain);
  if (name) return state_->ask(*name, std::move(done));
  state_->loop.post([done = std::move(done), error = name.error()] { done(base::fail(error)); });
}

}  // namespace commd::discovery
