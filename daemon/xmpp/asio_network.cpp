#include "daemon/xmpp/asio_network.h"

#include <utility>

#include "daemon/loop/asio.h"
#include "daemon/net/connector.h"
#include "daemon/net/domain_name.h"
#include "daemon/net/ice_server_addresses.h"
#include "daemon/net/resolver.h"
#include "daemon/net/tcp_stream.h"
#include "daemon/net/tls_stream.h"
#include "daemon/net/tls_trust.h"

namespace commd::xmpp {
namespace {

constexpr uint16_t starttls_port = 5222;
constexpr uint16_t direct_port = 5223;

int tag_of(TlsMode mode) { return static_cast<int>(mode); }

net::ResolverOptions resolver_options(const std::string& resolv_conf) {
  net::ResolverOptions options;
  if (!resolv_conf.empty()) options.resolv_conf = resolv_conf;
  return options;
}

// Called once, unless its owner went before.
template <class... Values>
class Call final : public net::Operation {
 public:
  explicit Call(std::function<void(Values...)> done)
      : done_(std::make_shared<std::function<void(Values...)>>(std::move(done))) {}
  ~Call() override { *done_ = nullptr; }

  auto taker() const {
    return [done = done_](Values... values) {
      if (!*done) return;
      const auto call = std::exchange(*done, nullptr);
      call(std::move(values)...);
    };
  }

 private:
  std::shared_ptr<std::function<void(Values...)>> done_;
};

ChannelBindings bindings_of(const net::TlsStream& stream) {
  using Kind = net::ChannelBinding;
  ChannelBindings found;
  for (const auto& [kind, type] :
       {std::pair{Kind::tls_exporter, BindingType::tls_exporter},
        std::pair{Kind::tls_unique, BindingType::tls_unique},
        std::pair{Kind::tls_server_end_point, BindingType::tls_server_end_point}})
    if (auto data = stream.channel_binding(kind)) found.push_back({type, std::move(*data)});
  return found;
}

class AsioConnection final : public Connection {
 public:
  AsioConnection(boost::asio::io_context& context, net::TlsTrustSets& trust,
                 net::Connected connected)
      : context_(context), trust_(trust), connected_(std::move(connected)) {}

  const net::Target& target() const override { return connected_.target; }
  size_t target_index() const override { return connected_.target_index; }
  std::string remote() const override { return connected_.remote.text(); }

  net::ByteStream& clear() override {
    if (!clear_) clear_ = std::make_unique<net::TcpStream>(context_, std::move(connected_.socket));
    return *clear_;
  }

  std::unique_ptr<net::ByteStream> take_clear() override {
    static_cast<void>(clear());
    return std::move(clear_);
  }

  void secure(const TlsWish& wish, SecureDone done) override {
    done_ = std::move(done);
    pending_ = trust_.get(
        wish.ca_file,
        [this, domain = wish.domain](base::Result<std::shared_ptr<const net::TlsTrust>> set) {
          if (!set) return std::exchange(done_, nullptr)(base::fail(set.error()));
          shake_hands(domain, std::move(*set));
        });
  }

 private:
  void shake_hands(const std::string& domain, std::shared_ptr<const net::TlsTrust> trust) {
    net::TlsClientOptions options;
    options.reference = {domain, {"_xmpp-client", "_xmpps-client"}, true};
    options.alpn = {"xmpp-client"};
    base::UniqueFd socket = clear_ ? clear_->release() : std::move(connected_.socket);
    clear_.reset();
    pending_ = net::start_tls(context_, std::move(socket), std::move(trust), std::move(options),
                              [this](base::Result<std::unique_ptr<net::TlsStream>> up) {
                                // The owner may end this from inside.
                                const auto tell = std::exchange(done_, nullptr);
                                if (!up) return tell(base::fail(up.error()));
                                Secured secured;
                                secured.facts.bindings = bindings_of(**up);
                                secured.version = (*up)->session().version;
                                secured.stream = std::move(*up);
                                tell(std::move(secured));
                              });
  }

  boost::asio::io_context& context_;
  net::TlsTrustSets& trust_;
  net::Connected connected_;
  std::unique_ptr<net::TcpStream> clear_;
  net::OperationHandle pending_;
  SecureDone done_;
};

}  // namespace

struct AsioNetwork::State {
  State(loop::CoreLoop& l, loop::Pool& p, const std::string& resolv_conf)
      : loop(l),
        pool(p),
        resolver(l.context(), resolver_options(resolv_conf)),
        trust(l.context(), p) {}
  loop::CoreLoop& loop;
  loop::Pool& pool;
  net::Resolver resolver;
  net::TlsTrustSets trust;
};

AsioNetwork::AsioNetwork(loop::CoreLoop& loop, loop::Pool& pool, const std::string& resolv_conf)
    : state_(std::make_shared<State>(loop, pool, resolv_conf)) {}

AsioNetwork::~AsioNetwork() = default;

net::OperationHandle AsioNetwork::find(const ServerQuery& query, net::TargetsDone done) {
  if (query.server) {
    net::FoundTargets found;
    const bool direct = query.tls ? *query.tls == TlsMode::direct
                                  : query.server->port == direct_port || query.server->port == 443;
    const uint16_t port = query.server->port != 0 ? query.server->port
                          : direct                ? direct_port
                                                  : starttls_port;
    found.targets.push_back(
        {query.server->host, port, tag_of(direct ? TlsMode::direct : TlsMode::starttls), {}});
    auto domain = net::ascii_domain(query.domain);
    if (net::address_literal(query.domain)) domain = query.domain;
    auto call = std::make_unique<Call<base::Result<net::FoundTargets>>>(std::move(done));
    base::Result<net::FoundTargets> result = std::move(found);
    if (domain)
      result->domain = *domain;
    else
      result = base::fail(domain.error());
    state_->loop.post(
        [tell = call->taker(), result = std::move(result)]() mutable { tell(std::move(result)); });
    return call;
  }
  net::ServiceQuery ask;
  ask.domain = query.domain;
  // XEP-0368 section 3: both kinds in one list. Without any record, RFC 6120 section 3.2.2.
  if (query.tls != TlsMode::starttls)
    ask.services.push_back({"_xmpps-client._tcp", tag_of(TlsMode::direct)});
  if (query.tls != TlsMode::direct)
    ask.services.push_back({"_xmpp-client._tcp", tag_of(TlsMode::starttls)});
  ask.fallback = query.tls == TlsMode::direct
                     ? net::Fallback{direct_port, tag_of(TlsMode::direct)}
                     : net::Fallback{starttls_port, tag_of(TlsMode::starttls)};
  return net::find_targets(state_->loop.context(), state_->resolver, std::move(ask),
                           net::system_random(), std::move(done));
}

net::OperationHandle AsioNetwork::connect(std::vector<net::Target> targets,
                                          std::chrono::seconds keepalive, ConnectDone done) {
  net::ConnectOptions options;
  options.keepalive_idle = keepalive;
  return net::connect_any(
      state_->loop.context(), state_->resolver, std::move(targets), options,
      [state = state_.get(), done = std::move(done)](base::Result<net::Connected> connected) {
        if (!connected) return done(base::fail(connected.error()));
        done(std::make_unique<AsioConnection>(state->loop.context(), state->trust,
                                              std::move(*connected)));
      });
}

net::OperationHandle AsioNetwork::find_ice_servers(IceServers servers,
                                                   std::function<void(IceServers)> done) {
  return net::find_ice_servers(state_->loop.context(), state_->resolver, std::move(servers),
                               std::move(done));
}

net::OperationHandle AsioNetwork::derive(DeriveKeys what, std::function<void(ScramKeys)> done) {
  auto call = std::make_unique<Call<ScramKeys>>(std::move(done));
  state_->pool.run(
      state_->loop,
      [what = std::move(what)] { return derive_scram_keys(what.challenge, what.password); },
      call->taker());
  return call;
}

}  // namespace commd::xmpp
