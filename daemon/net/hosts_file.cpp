#include "daemon/net/hosts_file.h"

#include "daemon/net/domain_name.h"

namespace commd::net {
namespace {

constexpr size_t max_addresses = 16;

}  // namespace

HostTable parse_hosts(std::string_view text) {
  HostTable table;
  while (!text.empty()) {
    std::string_view line = next_line(text);
    line = line.substr(0, line.find('#'));
    const auto address = IpAddress::parse(next_word(line));
    if (!address) continue;
    for (std::string_view word = next_word(line); !word.empty(); word = next_word(line)) {
      if (!is_host_name(word)) continue;
      auto& addresses = table[lower_case(word)];
      if (addresses.size() < max_addresses) addresses.push_back(*address);
    }
  }
  return table;
}

const std::vector<IpAddress>* HostsFile::find(std::string_view name) {
  if (stamp_.changed()) table_ = parse_hosts(stamp_.read());
  const auto found = table_.find(name);
  return found == table_.end() ? nullptr : &found->second;
}

}  // namespace commd::net
