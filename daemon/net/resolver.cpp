#include "daemon/net/resolver.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "daemon/loop/asio.h"
#include "daemon/net/dns_question.h"
#include "daemon/net/domain_name.h"
#include "daemon/net/hosts_file.h"
#include "daemon/net/resolv_conf.h"

namespace commd::net {
namespace {

constexpr uint16_t dns_port = 53;
// The first try, one repetition, and one more within the deadline.
constexpr int tries = 3;

// An answer that is known at once, and told later like any other.
struct KnownAnswer {
  explicit KnownAnswer(Resolver::Done what) : done(std::move(what)) {}
  void cancel() { done = nullptr; }
  Resolver::Done done;
};

OperationHandle tell(boost::asio::io_context& context, base::Result<DnsAnswer> answer,
                     Resolver::Done done) {
  auto known = std::make_shared<KnownAnswer>(std::move(done));
  boost::asio::post(context, [known, answer = std::move(answer)]() mutable {
    const Resolver::Done tell_it = std::exchange(known->done, nullptr);
    if (tell_it) tell_it(std::move(answer));
  });
  return std::make_unique<SharedOperation<KnownAnswer>>(std::move(known));
}

bool is_localhost(std::string_view name) {
  return name == "localhost" || name.ends_with(".localhost");
}

bool is_onion(std::string_view name) { return name == "onion" || name.ends_with(".onion"); }

}  // namespace

struct Resolver::State {
  State(boost::asio::io_context& io, ResolverOptions chosen)
      : context(io),
        options(std::move(chosen)),
        resolv_conf(options.resolv_conf),
        hosts(options.hosts) {}

  std::shared_ptr<DnsServers> current_servers() {
    const bool changed = options.servers.empty() && resolv_conf.changed();
    if (servers == nullptr || changed) servers = make_servers();
    return servers;
  }

  std::shared_ptr<DnsServers> make_servers() const {
    ResolvConf conf;
    if (options.servers.empty()) {
      conf = parse_resolv_conf(resolv_conf.read());
    } else {
      for (const std::string& text : options.servers)
        if (const auto server = Endpoint::parse(text, dns_port)) conf.servers.push_back(*server);
    }
    std::vector<DnsChannelOptions> channels;
    for (const Endpoint& server : conf.servers)
      channels.push_back({server, conf.search, options.retry, tries});
    return std::make_shared<DnsServers>(context, std::move(channels));
  }

  // What is known without asking anybody.
  std::optional<base::Result<DnsAnswer>> known(RecordType type, const std::string& name) {
    if (is_onion(name))  // RFC 7686: never asked of DNS
      return base::fail(dns_error(DnsFailure::no_such_name, type, name, {}));
    if (type != RecordType::a && type != RecordType::aaaa) return std::nullopt;
    const Family family = type == RecordType::a ? Family::v4 : Family::v6;
    if (const auto* addresses = hosts.find(name)) return of_family(*addresses, type, name);
    // RFC 6761 section 6.3.
    if (is_localhost(name)) return of_family({IpAddress::loopback(family)}, type, name);
    return std::nullopt;
  }

  static base::Result<DnsAnswer> of_family(const std::vector<IpAddress>& addresses, RecordType type,
                                           const std::string& name) {
    const Family family = type == RecordType::a ? Family::v4 : Family::v6;
    DnsAnswer answer;
    for (const IpAddress& address : addresses)
      if (address.family() == family) answer.addresses.push_back(address);
    if (answer.empty()) return base::fail(dns_error(DnsFailure::no_data, type, name, {}));
    return answer;
  }

  boost::asio::io_context& context;
  const ResolverOptions options;
  FileStamp resolv_conf;
  HostsFile hosts;
  std::shared_ptr<DnsServers> servers;
};

Resolver::Resolver(boost::asio::io_context& context, ResolverOptions options)
    : state_(std::make_unique<State>(context, std::move(options))) {}

Resolver::~Resolver() = default;

OperationHandle Resolver::lookup(RecordType type, std::string_view name, Done done) {
  State& state = *state_;
  if (const auto literal = address_literal(name))
    return tell(state.context, State::of_family({*literal}, type, std::string(name)),
                std::move(done));
  const auto ascii = ascii_domain(name);
  if (!ascii) return tell(state.context, base::fail(ascii.error()), std::move(done));
  if (auto known = state.known(type, *ascii))
    return tell(state.context, std::move(*known), std::move(done));
  auto servers = state.current_servers();
  if (servers->size() == 0)
    return tell(state.context, base::fail(dns_error(DnsFailure::unreachable, type, *ascii, {})),
                std::move(done));
  const DnsPatience patience{state.options.next_server, state.options.deadline};
  auto question = std::make_shared<DnsQuestion>(state.context, std::move(servers), *ascii, type,
                                                patience, std::move(done));
  question->start();
  return std::make_unique<SharedOperation<DnsQuestion>>(std::move(question));
}

bool says_nothing_there(const base::Error& error) {
  return error.reason == "DNS_NO_SUCH_NAME" || error.reason == "DNS_NO_DATA";
}

}  // namespace commd::net
