// A name server on loopback for the tests, over UDP and TCP: what is in its zone, "no
// such name" for the rest, and whatever a hook makes up.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "daemon/base/unique_fd.h"

namespace commd::test {

class DnsPeer {
 public:
  struct Service {
    std::string host;  // "": the root, for "not offered"
    uint16_t port;
    int priority = -1;  // -1: its place in the list
    uint16_t weight = 1;
  };
  struct Question {
    std::string name;  // lower case, without final dot
    int type = 0;
    std::string raw;  // the whole message
    bool tcp = false;
  };
  // By name, lower case, without final dot. Fixed once it runs.
  struct Zone {
    std::map<std::string, std::string> addresses;
    std::map<std::string, std::vector<Service>> services;  // "_sips._tcp.a.test"
    std::map<std::string, std::string> addresses6;
    std::map<std::string, std::string> aliases;
    std::map<std::string, std::string> texts;
    std::map<std::string, int> errors;  // RCODE
    uint32_t ttl = 60;
    // Asked first, on the peer's thread: the whole answer; "" = none at all; nothing = the
    // zone decides.
    std::function<std::optional<std::string>(const Question&)> hook;
  };

  explicit DnsPeer(Zone zone);
  ~DnsPeer();
  uint16_t port() const { return port_; }
  // "127.0.0.1:port"
  std::string address() const { return "127.0.0.1:" + std::to_string(port_); }
  std::vector<Question> questions() const;
  size_t asked(const std::string& name) const;

  // For hooks: a header and the question of `query`, before records.
  static std::string begin_answer(const Question& query, int answers, int rcode = 0);
  static std::string labels(const std::string& name);
  static std::string number16(unsigned value);
  static std::string record(const std::string& wire_name, int type, uint32_t ttl,
                            const std::string& data);

 private:
  void serve();
  void serve_datagram();
  void serve_stream();
  std::string answer(const std::string& query, bool tcp);
  std::string records_for(const std::string& name, int type, int& count) const;
  bool knows(const std::string& name) const;

  const Zone zone_;
  base::UniqueFd socket_;
  base::UniqueFd listener_;
  base::UniqueFd stop_;
  uint16_t port_ = 0;
  mutable std::mutex mutex_;
  std::vector<Question> questions_;
  std::thread thread_;
};

}  // namespace commd::test
