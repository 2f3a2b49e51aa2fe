#include "daemon/net/resolv_conf.h"

#include <charconv>

#include "daemon/net/config_file.h"
#include "daemon/net/domain_name.h"

namespace commd::net {
namespace {

constexpr uint16_t dns_port = 53;
constexpr size_t max_servers = 4;
constexpr size_t max_search = 8;

// Others write "[127.0.0.1]:5353" for IPv4 too. Port 0: none is named.
std::optional<Endpoint> server_of(std::string_view word) {
  if (auto server = Endpoint::parse(word, 0)) return server;
  const size_t end = word.find(']');
  if (!word.starts_with('[') || end == word.npos) return std::nullopt;
  return Endpoint::parse(std::string(word.substr(1, end - 1)) + std::string(word.substr(end + 1)),
                         0);
}

std::optional<uint16_t> port_of(std::string_view word) {
  uint16_t port = 0;
  const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), port);
  if (error != std::errc() || end != word.data() + word.size() || port == 0) return std::nullopt;
  return port;
}

}  // namespace

ResolvConf parse_resolv_conf(std::string_view text) {
  ResolvConf conf;
  uint16_t port = dns_port;
  while (!text.empty()) {
    std::string_view line = next_line(text);
    line = line.substr(0, line.find_first_of("#;"));
    const std::string_view key = next_word(line);
    if (key == "nameserver") {
      const auto server = server_of(next_word(line));
      if (server && conf.servers.size() < max_servers) conf.servers.push_back(*server);
    } else if (key == "port") {
      port = port_of(next_word(line)).value_or(port);
    } else if (key == "search" || key == "domain") {
      conf.search.clear();
      for (auto word = next_word(line); !word.empty(); word = next_word(line))
        if (is_host_name(word) && conf.search.size() < max_search)
          conf.search.push_back(lower_case(word));
    }
  }
  if (conf.servers.empty()) conf.servers.push_back({IpAddress::loopback(Family::v4), 0});
  for (Endpoint& server : conf.servers)
    if (server.port == 0) server.port = port;
  return conf;
}

}  // namespace commd::net
