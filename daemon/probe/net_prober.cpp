#include "daemon/probe/net_prober.h"

#include <algorithm>
#include <chrono>
#include <utility>
#include <vector>

#include "daemon/loop/asio.h"
#include "daemon/loop/pool.h"
#include "daemon/probe/certificate_check.h"
#include "daemon/probe/name_check.h"
#include "daemon/probe/relay_check.h"
#include "daemon/probe/server_plan.h"

namespace commd::probe {
namespace {

net::ResolverOptions resolver_options(const std::string& resolv_conf) {
  net::ResolverOptions options;
  if (!resolv_conf.empty()) options.resolv_conf = resolv_conf;
  options.deadline = std::chrono::seconds(4);
  return options;
}

model::Check skipped(const char* id, const Subject& subject, std::string found,
                     std::string remedy) {
  model::Check check;
  check.id = id;
  check.account = model::AccountId(subject.account);
  check.result = model::CheckResult::skipped;
  check.found = std::move(found);
  check.remedy = std::move(remedy);
  return check;
}

// All checks of one account at once; `done` after the last.
class AccountProbing final : public ports::Probing,
                             public std::enable_shared_from_this<AccountProbing> {
 public:
  AccountProbing(const Surroundings& around, ports::AccountProbe what, ports::Prober::Each each,
                 ports::Prober::Done done)
      : around_(around), what_(std::move(what)), each_(std::move(each)), done_(std::move(done)) {}

  void start() {
    open_ = 1;  // until all have begun
    names_and_certificate();
    stun();
    relays();
    boost::asio::post(around_.context, [here = weak_from_this()] {
      if (const auto self = here.lock()) self->one_less();
    });
  }

  void cancel() {
    each_ = nullptr;
    done_ = nullptr;
    pending_.clear();
  }

 private:
  void names_and_certificate() {
    const auto plan = plan_for(what_.account);
    if (!plan) {
      ++open_;
      return later(failed_check("dns.address", subject("server", {}), plan.error()));
    }
    if (!plan->literal) domain_ = plan->certificate.domain;
    const Subject whom = subject("server", plan->host);
    const auto found = [this](model::Check check) { tell(std::move(check)); };
    const auto ended = [this] { one_less(); };
    open_ += 2;
    pending_.push_back(check_names(around_, *plan, whom, found, ended));
    pending_.push_back(
        check_certificate(around_, *plan, whom, what_.account.settings.tls_ca_file, found, ended));
  }

  void stun() {
    const auto places = stun_places_of(what_.servers);
    ++open_;
    if (!places.empty())
      return ask_stun(places, subject(has_stun() ? "stun" : "turn", places.front().host));
    if (domain_.empty()) return later(no_stun());
    // What the domain publishes (RFC 8489, section 8.1).
    net::ServiceQuery query;
    query.domain = domain_;
    query.services = {{"_stun._udp", 0}};
    pending_.push_back(
        net::find_targets(around_.context, around_.resolver, query, net::system_random(),
                          [this](const base::Result<net::FoundTargets>& found) {
                            const auto self = shared_from_this();
                            std::vector<StunPlace> published;
                            if (found)
                              for (const net::Target& each : found->targets)
                                published.push_back({each.host, each.port});
                            if (!published.empty())
                              return ask_stun(published, subject("stun", published.front().host));
                            tell(no_stun());
                            one_less();
                          }));
  }

  void ask_stun(const std::vector<StunPlace>& places, const Subject& whom) {
    pending_.push_back(probe_mapping(around_, places, [this, whom](const MappingOutcome& outcome) {
      const auto self = shared_from_this();
      for (model::Check& check : mapping_checks(outcome, whom, has_relay())) tell(std::move(check));
      one_less();
    }));
  }

  model::Check no_stun() const {
    return skipped("stun.binding", subject("stun", {}),
                   "no STUN server is set, and the domain publishes none",
                   "behind a NAT calls may need one: \"commctl account set " +
                       what_.account.id.str() + " stun=HOST\"");
  }

  void relays() {
    const auto ways = ways_of(what_.servers, what_.account.settings.tls_ca_file);
    if (ways.empty()) {
      ++open_;
      return later(skipped("turn", subject("turn", {}), "no relay is set",
                           "behind a symmetric NAT, or where UDP is blocked, calls need one: "
                           "\"commctl account set " +
                               what_.account.id.str() +
                               " turn=turn:HOST turn_username=NAME --turn-password-file FILE\""));
    }
    for (const RelayWay& way : ways) {
      ++open_;
      const Subject whom = subject("turn", way.target.host);
      pending_.push_back(
          probe_relay(around_, way.target, [this, way, whom](const RelayOutcome& outcome) {
            const auto self = shared_from_this();
            tell(relay_check(way, outcome, whom));
            one_less();
          }));
    }
  }

  bool has_stun() const {
    return std::any_of(what_.servers.begin(), what_.servers.end(),
                       [](const model::IceServer& each) { return !each.relays(); });
  }
  bool has_relay() const {
    return std::any_of(what_.servers.begin(), what_.servers.end(),
                       [](const model::IceServer& each) { return each.relays(); });
  }

  Subject subject(std::string setting, std::string host) const {
    return {what_.account.id.str(), std::move(setting), std::move(host)};
  }

  void later(model::Check check) {
    boost::asio::post(around_.context,
                      [here = weak_from_this(), check = std::move(check)]() mutable {
                        const auto self = here.lock();
                        if (!self) return;
                        self->tell(std::move(check));
                        self->one_less();
                      });
  }

  // May be the end of this object, for who does not hold it.
  void tell(model::Check check) {
    const auto each = each_;
    if (each) each(std::move(check));
  }

  void one_less() {
    if (--open_ > 0 || !done_) return;
    const auto done = std::exchange(done_, nullptr);
    done();
  }

  const Surroundings around_;
  const ports::AccountProbe what_;
  ports::Prober::Each each_;
  ports::Prober::Done done_;
  std::string domain_;  // empty: it is an address
  int open_ = 0;
  std::vector<net::OperationHandle> pending_;
};

// Whoever probes may let go inside of what he is told.
template <class State>
class Held final : public ports::Probing {
 public:
  explicit Held(std::shared_ptr<State> state) : state_(std::move(state)) {}
  Held(const Held&) = delete;
  Held& operator=(const Held&) = delete;
  ~Held() override { state_->cancel(); }

 private:
  std::shared_ptr<State> state_;
};

struct MachineProbing {
  ports::Prober::Each each;
  ports::Prober::Done done;
  PortRange ports;

  void run() {
    tell(check_media_ports(ports));
    tell(check_clock());
    if (const auto last = std::exchange(done, nullptr)) last();
  }
  void tell(model::Check check) const {
    const auto told = each;
    if (told) told(std::move(check));
  }
  void cancel() {
    each = nullptr;
    done = nullptr;
  }
};

}  // namespace

struct NetProber::State {
  State(loop::CoreLoop& l, ProbeOptions o)
      : loop(l),
        options(std::move(o)),
        sip(l.context(), resolver_options(options.sip_resolv_conf)),
        xmpp(l.context(), resolver_options(options.xmpp_resolv_conf)),
        trust(l.context(), pool) {}

  loop::CoreLoop& loop;
  const ProbeOptions options;
  loop::Pool pool{"probe", 1};
  net::Resolver sip;
  net::Resolver xmpp;
  net::TlsTrustSets trust;
};

NetProber::NetProber(loop::CoreLoop& loop, ProbeOptions options)
    : state_(std::make_unique<State>(loop, std::move(options))) {}

NetProber::~NetProber() = default;

std::unique_ptr<ports::Probing> NetProber::probe(ports::AccountProbe what, Each each, Done done) {
  net::Resolver& resolver =
      what.account.protocol == model::Protocol::sip ? state_->sip : state_->xmpp;
  auto probing = std::make_shared<AccountProbing>(
      Surroundings{state_->loop.context(), resolver, state_->trust}, std::move(what),
      std::move(each), std::move(done));
  probing->start();
  return std::make_unique<Held<AccountProbing>>(std::move(probing));
}

std::unique_ptr<ports::Probing> NetProber::probe_machine(Each each, Done done) {
  auto probing = std::make_shared<MachineProbing>(
      MachineProbing{std::move(each), std::move(done), state_->options.rtp_ports});
  state_->loop.post([probing] { probing->run(); });
  return std::make_unique<Held<MachineProbing>>(std::move(probing));
}

}  // namespace commd::probe
