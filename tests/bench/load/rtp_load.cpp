#include "tests/bench/load/rtp_load.h"

#include <algorithm>

namespace commd::bench {
namespace {

// Above the ports that the daemons under test use for media.
constexpr uint16_t first_port = 61000;

}  // namespace

RtpLoad::RtpLoad(Codec codec, Protection protection)
    : codec_(codec), protection_(protection), speech_(codec) {
  if (protection == Protection::sdes) srtp_.emplace();
  uint16_t port = first_port;
  const Clock::time_point begin = Clock::now();
  phases_.reserve(phase_count);
  for (size_t n = 0; n < phase_count; ++n) {
    phases_.push_back({take_pair(port),
                       Voice(speech_, srtp_ ? &*srtp_ : nullptr, static_cast<uint32_t>(n + 1)),
                       {},
                       {},
                       begin + n * frame / phase_count});
    phases_.back().sockets.rtp.stamp_arrivals();
  }
}

std::string RtpLoad::offer(size_t call) const {
  const Phase& phase = phases_[call % phase_count];
  return phase.voice.offer(phase.sockets.rtp.port());
}

void RtpLoad::start(size_t call, uint16_t peer_port) {
  Phase& phase = phases_[call % phase_count];
  phase.targets.push_back(loopback(peer_port));
  phase.calls.push_back(call);
  if (heard_.size() <= call) heard_.resize(call + 1);
  heard_[call].active = true;
  call_of_port_[peer_port] = call;
}

void RtpLoad::stop(size_t call) {
  Phase& phase = phases_[call % phase_count];
  const auto found = std::ranges::find(phase.calls, call);
  if (found == phase.calls.end()) return;
  phase.targets.erase(phase.targets.begin() + (found - phase.calls.begin()));
  phase.calls.erase(found);
  heard_[call].active = false;
}

void RtpLoad::add_descriptors(std::vector<pollfd>& descriptors) const {
  for (const Phase& phase : phases_)
    descriptors.push_back({phase.sockets.rtp.descriptor(), POLLIN, 0});
}

void RtpLoad::receive(std::span<const pollfd> polled) {
  const Clock::time_point now = Clock::now();
  for (size_t n = 0; n < phases_.size(); ++n)
    if (polled[n].revents != 0)
      phases_[n].sockets.rtp.receive(
          [this, now](const UdpSocket::Arrival& arrival) { note(arrival, now); });
}

void RtpLoad::note(const UdpSocket::Arrival& arrival, Clock::time_point now) {
  first_arrivals_.try_emplace(arrival.port, arrival.nanoseconds);
  const auto found = call_of_port_.find(arrival.port);
  if (found == call_of_port_.end()) return;
  Heard& heard = heard_[found->second];
  ++heard.packets;
  heard.octets += arrival.datagram.size();
  if (sounds(arrival.datagram, codec_, protection_)) ++heard.sounding;
  if (heard.last != Clock::time_point() && now - heard.last > pause) ++heard.pauses;
  heard.last = now;
}

RtpLoad::Clock::time_point RtpLoad::run(Clock::time_point now) {
  Clock::time_point next = now + frame;
  for (Phase& phase : phases_) {
    while (phase.due <= now) {
      if (!phase.targets.empty()) {
        latest_ = std::max(latest_, now - phase.due);
        phase.sockets.rtp.send_to_all(phase.voice.next(), phase.targets);
      }
      phase.due += frame;
    }
    if (!phase.targets.empty()) next = std::min(next, phase.due);
  }
  return next;
}

void RtpLoad::begin_window() {
  for (Heard& heard : heard_) heard.packets = heard.sounding = heard.pauses = heard.octets = 0;
  window_begin_ = Clock::now();
  latest_ = {};
}

RtpLoad::Window RtpLoad::end_window() const {
  Window window;
  window.fewest = UINT64_MAX;
  for (const Heard& heard : heard_) {
    if (!heard.active) continue;
    window.packets += heard.packets;
    window.fewest = std::min(window.fewest, heard.packets);
    window.sounding += heard.sounding;
    window.pauses += heard.pauses;
    window.octets += heard.octets;
  }
  if (window.fewest == UINT64_MAX) window.fewest = 0;
  window.seconds = std::chrono::duration<double>(Clock::now() - window_begin_).count();
  window.latest_ms = std::chrono::duration<double, std::milli>(latest_).count();
  return window;
}

std::optional<int64_t> RtpLoad::first_arrival(uint16_t peer_port) const {
  const auto found = first_arrivals_.find(peer_port);
  if (found == first_arrivals_.end()) return std::nullopt;
  return found->second;
}

}  // namespace commd::bench
