// /etc/hosts (hosts(5)): read once, and again when it has changed. One thread at a time.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "daemon/net/address.h"
#include "daemon/net/config_file.h"

namespace commd::net {

using HostTable = std::map<std::string, std::vector<IpAddress>, std::less<>>;

// Lines that make no sense are passed over. Names become lower case.
HostTable parse_hosts(std::string_view text);

class HostsFile {
 public:
  explicit HostsFile(std::string path) : stamp_(std::move(path)) {}
  // All addresses of the name (lower case, both families); nullptr: not in the file.
  // Valid until the next call.
  const std::vector<IpAddress>* find(std::string_view name);

 private:
  FileStamp stamp_;
  HostTable table_;
};

}  // namespace commd::net
