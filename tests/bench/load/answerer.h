// The simplest callee there can be: answers every INVITE at once, sends back each RTP
// packet as it is, and ends on BYE. What it costs is the floor that sockets set; what
// the caller measures against it is what the caller itself costs.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "tests/bench/load/sip_text.h"
#include "tests/bench/load/udp_socket.h"

namespace commd::bench {

class Answerer {
 public:
  Answerer();
  Answerer(const Answerer&) = delete;
  Answerer& operator=(const Answerer&) = delete;
  ~Answerer();

  uint16_t port() const { return socket_.port(); }
  // Until the process is ended.
  [[noreturn]] void run();

 private:
  void on_message(std::string_view datagram, uint16_t from);
  void answer(const SipMessage& invite, uint16_t from);
  UdpSocket open_stream();
  static void reflect(int descriptor);
  void watch(int descriptor) const;

  UdpSocket socket_;
  int epoll_;
  uint16_t next_port_ = 20000;
  std::unordered_map<int, UdpSocket> streams_;      // by descriptor: a call each
  std::unordered_map<std::string, int> stream_of_;  // by Call-ID
};

}  // namespace commd::bench
