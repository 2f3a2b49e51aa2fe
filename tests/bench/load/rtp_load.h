// The media side of many calls at once: sends each its voice every 20 ms and counts
// what comes back. Calls are spread over ten phases of 2 ms, as real ones are. One thread.
#pragma once

#include <poll.h>

#include <chrono>
#include <functional>
#include <optional>
#include <unordered_map>
#include <vector>

#include "tests/bench/load/rtp_stream.h"
#include "tests/bench/load/udp_socket.h"

namespace commd::bench {

class RtpLoad {
 public:
  using Clock = std::chrono::steady_clock;
  static constexpr std::chrono::milliseconds frame{20};
  static constexpr size_t phase_count = 10;
  // A pause in what comes back that a listener may hear.
  static constexpr std::chrono::milliseconds pause{60};

  RtpLoad(Codec codec, Protection protection);

  std::string offer(size_t call) const;
  void start(size_t call, uint16_t peer_port);
  void stop(size_t call);

  void add_descriptors(std::vector<pollfd>& descriptors) const;
  // The descriptors that add_descriptors() has added, after a poll.
  void receive(std::span<const pollfd> polled);
  // Sends what is due; when it wants to be called again.
  Clock::time_point run(Clock::time_point now);

  // What came back since begin_window().
  struct Window {
    uint64_t packets = 0;
    uint64_t fewest = 0;    // of one call
    uint64_t sounding = 0;  // packets that were not silence
    uint64_t pauses = 0;
    uint64_t octets = 0;  // of the packets, headers included
    double seconds = 0;
    double latest_ms = 0;  // the most by which a packet of ours left too late
  };
  void begin_window();
  Window end_window() const;

  // For the time to the first packet: forgets, and tells, on CLOCK_REALTIME.
  void forget_arrivals() { first_arrivals_.clear(); }
  std::optional<int64_t> first_arrival(uint16_t peer_port) const;

 private:
  struct Phase {
    RtpSockets sockets;
    Voice voice;
    std::vector<sockaddr_in> targets;
    std::vector<size_t> calls;  // whose targets they are
    Clock::time_point due;
  };
  struct Heard {
    bool active = false;
    uint64_t packets = 0;
    uint64_t sounding = 0;
    uint64_t pauses = 0;
    uint64_t octets = 0;
    Clock::time_point last;
  };

  void note(const UdpSocket::Arrival& arrival, Clock::time_point now);

  Codec codec_;
  Protection protection_;
  Speech speech_;
  std::optional<srtp::SrtpLibrary> srtp_;
  std::vector<Phase> phases_;
  std::vector<Heard> heard_;  // by call
  std::unordered_map<uint16_t, size_t> call_of_port_;
  std::unordered_map<uint16_t, int64_t> first_arrivals_;
  Clock::time_point window_begin_;
  Clock::duration latest_{};
};

}  // namespace commd::bench
