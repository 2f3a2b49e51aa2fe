#include "daemon/upnp/upnp_mapper.h"

#include <atomic>
#include <map>
#include <optional>
#include <utility>

#include "daemon/upnp/gateways.h"

namespace commd::upnp {
namespace {

using namespace std::chrono_literals;

constexpr std::chrono::seconds address_holds{30};  // of a router, for all ports of a call
constexpr size_t most_addresses = 16;
constexpr std::chrono::milliseconds forget_time = 1s;
constexpr std::chrono::milliseconds last_time = 500ms;  // for all that is left at the end

}  // namespace

UpnpOptions UpnpOptions::usual() {
  UpnpOptions options;
  options.is_inside = is_private;
  options.gateways = default_gateways;
  return options;
}

// Of the thread, but for `off` and `wanted`.
struct UpnpMapper::State {
  struct Known {
    std::vector<std::string> gateways;
    std::optional<Router> router;
    base::MonoTime since;
    std::string outside_ip;
    base::MonoTime asked_for_it{};
  };
  struct Made {
    std::string ip;
    Router router;
    uint16_t port;
  };
  using Wanted = std::shared_ptr<std::atomic<bool>>;

  Known& look(const std::string& ip, std::vector<std::string> gateways);
  Known* router_for(const std::string& ip);
  void look_again(const std::string& ip);
  base::Result<model::TransportAddress> ask(size_t number, Carries what,
                                            const model::TransportAddress& inside, Known& by);
  std::optional<model::TransportAddress> map(size_t number, Carries what,
                                             const model::TransportAddress& inside);
  void forget(size_t number, Carries what);
  std::chrono::milliseconds patience_for_one();

  base::Logger log;
  UpnpOptions options;
  CallOff off;
  std::map<std::string, Known> known;  // by our address
  std::map<size_t, Made> made;
  std::optional<base::MonoTime> end;  // of all patience
};

class UpnpMapper::Mapping final : public ports::PortMapping {
 public:
  Mapping(UpnpMapper& mapper, size_t number, Carries what, State::Wanted wanted)
      : mapper_(mapper), number_(number), what_(what), wanted_(std::move(wanted)) {}
  ~Mapping() override {
    wanted_->store(false);
    mapper_.thread_.post(
        [state = mapper_.state_, number = number_, what = what_] { state->forget(number, what); });
  }

 private:
  UpnpMapper& mapper_;
  const size_t number_;
  const Carries what_;
  const State::Wanted wanted_;
};

UpnpMapper::UpnpMapper(base::Logger log, UpnpOptions options) : state_(std::make_shared<State>()) {
  state_->log = std::move(log);
  state_->options = std::move(options);
}

UpnpMapper::~UpnpMapper() { state_->off.now(); }

std::unique_ptr<ports::PortMapping> UpnpMapper::map(Carries what,
                                                    const model::TransportAddress& inside,
                                                    Mapped done) {
  static std::atomic<size_t> numbers{0};
  if (!state_->options.is_inside(inside.ip)) return nullptr;
  const size_t number = ++numbers;
  auto wanted = std::make_shared<std::atomic<bool>>(true);
  thread_.post([state = state_, number, what, inside, wanted, done = std::move(done)] {
    done(wanted->load() ? state->map(number, what, inside) : std::nullopt);
    state->look_again(inside.ip);
  });
  return std::make_unique<Mapping>(*this, number, what, std::move(wanted));
}

UpnpMapper::State::Known& UpnpMapper::State::look(const std::string& ip,
                                                  std::vector<std::string> gateways) {
  if (known.size() >= most_addresses) known.clear();  // this machine has been around
  Known& one = known[ip];
  one = {std::move(gateways), std::nullopt, std::chrono::steady_clock::now(), {}};
  if (one.gateways.empty()) return one;
  auto router = Router::find(ip, one.gateways, options.places, off);
  if (router) {
    one.router = std::move(*router);
    log->info("event: router_maps_ports, address: {}", ip);
  } else {
    log->debug("no router maps ports for {}: {}", ip, router.error().reason);
  }
  return one;
}

UpnpMapper::State::Known* UpnpMapper::State::router_for(const std::string& ip) {
  auto gateways = options.gateways();
  const auto found = known.find(ip);
  const bool same = found != known.end() && found->second.gateways == gateways;
  Known& one = same ? found->second : look(ip, std::move(gateways));
  return one.router ? &one : nullptr;
}

// No call waits for a router that was not there the last time: the next one may have it.
void UpnpMapper::State::look_again(const std::string& ip) {
  const auto found = known.find(ip);
  if (found == known.end() || found->second.router || off.called()) return;
  if (std::chrono::steady_clock::now() - found->second.since >= options.look_again_after)
    look(ip, options.gateways());
}

base::Result<model::TransportAddress> UpnpMapper::State::ask(size_t number, Carries what,
                                                             const model::TransportAddress& inside,
                                                             Known& by) {
  const base::MonoTime now = std::chrono::steady_clock::now();
  if (by.outside_ip.empty() || now - by.asked_for_it > address_holds) {
    auto ip = by.router->outside_ip(off);
    if (!ip) return base::fail(ip.error());
    by.outside_ip = std::move(*ip);
    by.asked_for_it = now;
  }
  const auto port = by.router->map(what, inside, off);
  if (!port) return base::fail(port.error());
  made.insert({number, Made{inside.ip, *by.router, *port}});
  return model::TransportAddress{by.outside_ip, *port};
}

std::optional<model::TransportAddress> UpnpMapper::State::map(
    size_t number, Carries what, const model::TransportAddress& inside) {
  if (off.called()) return std::nullopt;
  Known* const by = router_for(inside.ip);
  if (by == nullptr) return std::nullopt;
  const auto outside = ask(number, what, inside, *by);
  if (outside) return *outside;
  log->info("event: router_maps_no_port, address: {}, reason: {}, message: {}", inside.ip,
            outside.error().reason, outside.error().message);
  // If it has heard after all, its lease is short; and what is at that port may be somebody else's.
  if (outside.error().reason == "IGD_UNREACHABLE") {
    known.erase(inside.ip);  // it may have begun anew, at another port
  } else if (outside.error().reason != "IGD_REFUSED") {
    by->router.reset();
    by->since = std::chrono::steady_clock::now();
  }
  return std::nullopt;
}

void UpnpMapper::State::forget(size_t number, Carries what) {
  const auto found = made.find(number);
  if (found == made.end()) return;
  const Made gone = std::move(found->second);
  made.erase(found);
  auto forgotten = base::Result<void>();
  do {
    const auto patience = patience_for_one();
    if (patience <= 0ms) return;
    forgotten = gone.router.forget(what, gone.port, patience, off);
    // Called off in its middle: the end has its own patience.
  } while (!forgotten && off.called() && !end);
  if (!forgotten)
    log->info("event: router_keeps_port, address: {}, port: {}, reason: {}", gone.ip, gone.port,
              forgotten.error().reason);
}

std::chrono::milliseconds UpnpMapper::State::patience_for_one() {
  if (!off.called()) return forget_time;
  const base::MonoTime now = std::chrono::steady_clock::now();
  if (!end) {
    end = now + last_time;
    off.take();
  }
  return std::chrono::duration_cast<std::chrono::milliseconds>(*end - now);
}

}  // namespace commd::upnp
