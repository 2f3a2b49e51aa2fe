// A router on the loopback that is asked as a real one is, and does what a test wants.
#pragma once

#include <cstdint>
#include <deque>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "daemon/base/unique_fd.h"

namespace commd::upnp {

class FakeRouter {
 public:
  struct Ways {
    std::string outside = "198.20.0.7";
    std::string location;  // empty: its own
    std::string control = "/control";
    std::deque<unsigned> map_errors;  // of the next requests to map; then there are none
    bool mute = false;                // requests are taken and never answered
    bool flood = false;               // a description without an end
    bool answers_search = true;
  };

  explicit FakeRouter(Ways ways);
  ~FakeRouter();

  uint16_t search_port() const { return search_port_; }
  std::string own_location() const;
  // Each as "AddPortMapping UDP 20000 10.0.0.2:20000 3600", in order.
  std::vector<std::string> heard() const;
  void change(Ways ways);

 private:
  void run();
  void answer_search();
  void answer_request();
  std::string respond(const std::string& request);
  std::string do_action(const std::string& request);

  uint16_t search_port_ = 0;
  uint16_t http_port_ = 0;
  base::UniqueFd search_, listener_, stop_;
  std::vector<base::UniqueFd> kept_;  // of who waits in vain
  mutable std::mutex mutex_;  // of what follows
  Ways ways_;
  std::vector<std::string> heard_;
  std::thread thread_;
};

}  // namespace commd::upnp
