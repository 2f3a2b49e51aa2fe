#include "daemon/net/ice_server_addresses.h"

#include <array>
#include <memory>
#include <utility>

#include "daemon/loop/asio.h"

namespace commd::net {
namespace {

struct Search {
  void cancel() {
    done = nullptr;
    lookups.clear();
  }
  void answered(size_t server, Family family, const base::Result<DnsAnswer>& answer) {
    if (answer && !answer->addresses.empty())
      found[server][family == Family::v4 ? 0 : 1] = answer->addresses.front().text();
    if (--waiting == 0) finish();
  }
  void finish() {
    std::vector<model::IceServer> known;
    for (size_t i = 0; i < servers.size(); ++i)
      for (std::string& address : found[i]) {
        if (address.empty()) continue;
        known.push_back(servers[i]);
        if (known.back().certificate_name.empty()) known.back().certificate_name = servers[i].host;
        known.back().host = std::move(address);
      }
    if (const auto tell = std::exchange(done, nullptr)) tell(std::move(known));
  }

  std::vector<model::IceServer> servers;
  std::vector<std::array<std::string, 2>> found;
  std::vector<OperationHandle> lookups;
  size_t waiting = 1;  // until all are asked
  std::function<void(std::vector<model::IceServer>)> done;
};

}  // namespace

OperationHandle find_ice_servers(boost::asio::io_context& context, Resolver& resolver,
                                 std::vector<model::IceServer> servers,
                                 std::function<void(std::vector<model::IceServer>)> done) {
  auto search = std::make_shared<Search>();
  if (servers.size() > most_servers_looked_up) servers.resize(most_servers_looked_up);
  search->servers = std::move(servers);
  search->found.resize(search->servers.size());
  search->done = std::move(done);
  for (size_t i = 0; i < search->servers.size(); ++i) {
    for (const Family family : {Family::v4, Family::v6}) {
      ++search->waiting;
      const auto type = family == Family::v4 ? RecordType::a : RecordType::aaaa;
      search->lookups.push_back(resolver.lookup(
          type, search->servers[i].host,
          [weak = std::weak_ptr(search), i, family](const base::Result<DnsAnswer>& answer) {
            const auto self = weak.lock();
            if (self && self->done) self->answered(i, family, answer);
          }));
    }
  }
  boost::asio::post(context, [weak = std::weak_ptr(search)] {
    const auto self = weak.lock();
    if (self && self->done && --self->waiting == 0) self->finish();
  });
  return std::make_unique<SharedOperation<Search>>(std::move(search));
}

}  // namespace commd::net
