// /etc/hosts, resolv.conf and the names people write.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "daemon/net/domain_name.h"
#include "daemon/net/hosts_file.h"
#include "daemon/net/resolv_conf.h"

using namespace commd;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  for (const auto& [name, addresses] : net::parse_hosts(text))
    if (!net::is_host_name(name) || addresses.empty() || addresses.size() > 16) abort();
  const net::ResolvConf conf = net::parse_resolv_conf(text);
  if (conf.servers.empty() || conf.servers.size() > 4 || conf.search.size() > 8) abort();
  if (const auto ascii = net::ascii_domain(text)) {
    if (!net::is_host_name(*ascii)) abort();
    const auto again = net::ascii_domain(*ascii);
    if (again && *again != *ascii) abort();
  }
  if (const auto endpoint = net::Endpoint::parse(text, 53))
    if (net::Endpoint::parse(endpoint->text(), 1) != endpoint) abort();
  return 0;
}
