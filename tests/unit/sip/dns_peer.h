// A name server on loopback for the tests: A and SRV records, NXDOMAIN for the rest.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <thread>
#include <vector>

#include "daemon/base/unique_fd.h"

namespace commd::sip::test {

class DnsPeer {
 public:
  struct Service {
    std::string host;
    uint16_t port;
  };
  // By name, lower case, without final dot. Fixed once it runs.
  struct Zone {
    std::map<std::string, std::string> addresses;
    std::map<std::string, std::vector<Service>> services;  // "_sips._tcp.a.test"
  };

  explicit DnsPeer(Zone zone);
  ~DnsPeer();
  uint16_t port() const { return port_; }

 private:
  void serve();
  std::string answer(const std::string& query) const;

  const Zone zone_;
  base::UniqueFd socket_;
  uint16_t port_ = 0;
  std::thread thread_;
};

}  // namespace commd::sip::test
