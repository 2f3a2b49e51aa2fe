#include "daemon/probe/mapping_probe.h"

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <memory>
#include <utility>

#include "daemon/net/local_address.h"
#include "daemon/net/one_shot.h"
#include "daemon/probe/stun_message.h"
#include "daemon/probe/udp_socket.h"

namespace commd::probe {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds patience{5000};
constexpr milliseconds first_wait{250};
constexpr int most_sent = 4;
constexpr size_t most_servers = 8;

struct Asked {
  net::Endpoint server;
  TransactionId transaction{};
  base::MonoTime sent_time{};
  bool answered = false;
};

class Mapper : public std::enable_shared_from_this<Mapper> {
 public:
  Mapper(const Surroundings& around, MappingDone done)
      : around_(around),
        done_(std::move(done)),
        deadline_(around.context),
        again_(around.context) {}

  void start(const std::vector<StunPlace>& servers);
  void cancel();

 private:
  void found(uint16_t port, const base::Result<std::vector<net::IpAddress>>& addresses);
  void begin();
  void add(const net::Endpoint& server);
  void send_all();
  void received(const net::Endpoint& from, std::string_view datagram);
  void ask_the_other(const StunMessage& message, const net::Endpoint& server);
  bool all_answered() const;
  void finish();

  const Surroundings around_;
  MappingDone done_;
  MappingOutcome outcome_;
  net::OneShot deadline_, again_;
  std::vector<net::OperationHandle> lookups_;
  size_t looking_ = 0;
  std::vector<net::Endpoint> places_;
  std::optional<base::Error> not_found_;
  int refused_ = 0;
  std::unique_ptr<UdpSocket> socket_;
  std::vector<Asked> asked_;
  int sent_ = 0;
};

void Mapper::start(const std::vector<StunPlace>& servers) {
  deadline_.arm(patience, [this] { finish(); });
  looking_ = std::min(servers.size(), most_servers);
  for (size_t i = 0; i < looking_; ++i)
    lookups_.push_back(find_addresses(
        around_, servers[i].host,
        [this, port = servers[i].port](const base::Result<std::vector<net::IpAddress>>& addresses) {
          found(port, addresses);
        }));
}

void Mapper::cancel() {
  done_ = nullptr;
  deadline_.cancel();
  again_.cancel();
  lookups_.clear();
  socket_.reset();
}

void Mapper::found(uint16_t port, const base::Result<std::vector<net::IpAddress>>& addresses) {
  if (addresses) {
    for (const net::IpAddress& ip : *addresses) places_.push_back({ip, port});
  } else {
    not_found_ = addresses.error();
  }
  if (--looking_ == 0) begin();
}

// One socket speaks one family: that of IPv4, where NATs are, if there is a choice.
void Mapper::begin() {
  if (places_.empty()) {
    outcome_.error = not_found_;
    return finish();
  }
  const bool four = std::any_of(places_.begin(), places_.end(), [](const net::Endpoint& each) {
    return each.ip.family() == net::Family::v4;
  });
  const net::Family family = four ? net::Family::v4 : net::Family::v6;
  auto socket = UdpSocket::open(around_.context, family);
  if (!socket) {
    outcome_.error = socket.error();
    return finish();
  }
  socket_ = std::move(*socket);
  socket_->on_received(
      [this](const net::Endpoint& from, std::string_view datagram) { received(from, datagram); });
  for (const net::Endpoint& each : places_)
    if (each.ip.family() == family) add(each);
  send_all();
}

void Mapper::add(const net::Endpoint& server) {
  const bool known = std::any_of(asked_.begin(), asked_.end(),
                                 [&](const Asked& each) { return each.server == server; });
  if (!known && asked_.size() < most_servers) asked_.push_back({server, new_transaction()});
}

void Mapper::send_all() {
  if (sent_ == most_sent) return finish();
  for (Asked& each : asked_) {
    if (each.answered) continue;
    each.sent_time = std::chrono::steady_clock::now();
    const int error = socket_->send_to(
        each.server,
        StunWriter(StunMethod::binding, StunClass::request, each.transaction).finish());
    if (error == ENETUNREACH || error == EHOSTUNREACH) ++refused_;
  }
  again_.arm(first_wait * (1 << sent_), [this] { send_all(); });
  ++sent_;
}

void Mapper::received(const net::Endpoint& from, std::string_view datagram) {
  const auto message = StunMessage::parse(datagram);
  if (!message || message->kind() != StunClass::success || !message->is(StunMethod::binding))
    return;
  const auto it = std::find_if(asked_.begin(), asked_.end(), [&](const Asked& each) {
    return each.server == from && each.transaction == message->transaction() && !each.answered;
  });
  const auto mapped = message->mapped();
  if (it == asked_.end() || !mapped) return;
  it->answered = true;
  if (outcome_.sightings.empty())
    outcome_.round_trip = std::chrono::steady_clock::now() - it->sent_time;
  const net::Endpoint server = it->server;
  outcome_.sightings.push_back({server, *mapped});
  ask_the_other(*message, server);
  if (all_answered()) finish();
}

// RFC 5780's second address, with the first one's port.
void Mapper::ask_the_other(const StunMessage& message, const net::Endpoint& server) {
  const auto other = message.address(StunAttribute::other_address);
  if (!other || !may_lead_to(server, *other)) return;
  const size_t before = asked_.size();
  add({other->ip, server.port});
  if (asked_.size() == before) return;
  sent_ = 0;
  send_all();
}

bool Mapper::all_answered() const {
  return std::all_of(asked_.begin(), asked_.end(), [](const Asked& each) { return each.answered; });
}

void Mapper::finish() {
  const auto self = shared_from_this();
  if (socket_ && !outcome_.sightings.empty()) {
    const net::Endpoint& server = outcome_.sightings.front().server;
    const auto ip = net::IpAddress::parse(net::local_address_towards(server.ip.text()));
    const auto bound = socket_->local();
    if (ip && bound) outcome_.local = net::Endpoint{*ip, bound->port};
    outcome_.mapping = mapping_of(outcome_.local, outcome_.sightings);
  } else if (!outcome_.error) {
    const bool down = sent_ > 0 && refused_ == sent_ * static_cast<int>(asked_.size());
    outcome_.error =
        down
            ? base::Error{base::Code::unavailable, "NETWORK_DOWN", "there is no way there", {}}
            : base::Error{base::Code::deadline_exceeded, "STUN_NO_ANSWER", "no server answers", {}};
  }
  const MappingDone done = std::move(done_);
  cancel();
  if (done) done(std::move(outcome_));
}

}  // namespace

bool may_lead_to(const net::Endpoint& server, const net::Endpoint& other) {
  if (other.ip == server.ip || other.ip.family() != server.ip.family()) return false;
  return !other.ip.near() || server.ip.near();
}

net::OperationHandle probe_mapping(const Surroundings& around,
                                   const std::vector<StunPlace>& servers, MappingDone done) {
  auto mapper = std::make_shared<Mapper>(around, std::move(done));
  mapper->start(servers);
  return std::make_unique<net::SharedOperation<Mapper>>(std::move(mapper));
}

}  // namespace commd::probe
