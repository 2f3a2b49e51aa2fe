#include "tests/bench/load/answerer.h"

#include <sys/epoll.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <system_error>

namespace commd::bench {
namespace {

constexpr uint16_t first_port = 20000;
constexpr uint16_t last_port = 60000;

}  // namespace

Answerer::Answerer() : epoll_(::epoll_create1(EPOLL_CLOEXEC)) {
  if (epoll_ < 0) throw std::system_error(errno, std::generic_category(), "epoll_create1");
  watch(socket_.descriptor());
}

Answerer::~Answerer() { ::close(epoll_); }

void Answerer::watch(int descriptor) const {
  epoll_event event{};
  event.events = EPOLLIN;
  event.data.fd = descriptor;
  ::epoll_ctl(epoll_, EPOLL_CTL_ADD, descriptor, &event);
}

void Answerer::run() {
  std::array<epoll_event, 64> events{};
  for (;;) {
    const int count = ::epoll_wait(epoll_, events.data(), static_cast<int>(events.size()), -1);
    for (int i = 0; i < count; ++i) {
      const int descriptor = events[static_cast<size_t>(i)].data.fd;
      if (descriptor == socket_.descriptor()) {
        socket_.receive([this](const UdpSocket::Arrival& arrival) {
          on_message(
              {reinterpret_cast<const char*>(arrival.datagram.data()), arrival.datagram.size()},
              arrival.port);
        });
        continue;
      }
      const auto stream = streams_.find(descriptor);
      if (stream != streams_.end()) reflect(descriptor);
    }
  }
}

// One receive and one send a packet, as a call with a socket of its own has it.
void Answerer::reflect(int descriptor) {
  std::array<uint8_t, 2048> packet;
  sockaddr_in from{};
  socklen_t length = sizeof from;
  const ssize_t size = ::recvfrom(descriptor, packet.data(), packet.size(), MSG_DONTWAIT,
                                  reinterpret_cast<sockaddr*>(&from), &length);
  if (size > 0)
    ::sendto(descriptor, packet.data(), static_cast<size_t>(size), 0,
             reinterpret_cast<const sockaddr*>(&from), length);
}

void Answerer::on_message(std::string_view datagram, uint16_t from) {
  const std::optional<SipMessage> request = parse_sip(datagram);
  if (!request || request->status != 0 || request->method == "ACK") return;
  if (request->method == "INVITE") return answer(*request, from);
  const auto stream = stream_of_.find(std::string(request->call_id));
  if (request->method == "BYE" && stream != stream_of_.end()) {
    streams_.erase(stream->second);
    stream_of_.erase(stream);
  }
  socket_.send(response(*request, 200, "OK", "a", "", ""), from);
}

UdpSocket Answerer::open_stream() {
  for (;;) {
    if (next_port_ >= last_port) next_port_ = first_port;
    const uint16_t port = next_port_;
    next_port_ = static_cast<uint16_t>(next_port_ + 2);
    try {
      return UdpSocket(port);
    } catch (const std::system_error& error) {
      if (error.code().value() != EADDRINUSE) throw;
    }
  }
}

void Answerer::answer(const SipMessage& invite, uint16_t from) {
  const std::string call_id(invite.call_id);
  auto stream = stream_of_.find(call_id);
  if (stream == stream_of_.end()) {
    UdpSocket socket = open_stream();
    const int descriptor = socket.descriptor();
    watch(descriptor);
    streams_.emplace(descriptor, std::move(socket));
    stream = stream_of_.emplace(call_id, descriptor).first;
  }
  const UdpSocket& socket = streams_.at(stream->second);
  const std::string sdp =
      "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio " +
      std::to_string(socket.port()) + " RTP/AVP 0\r\na=rtpmap:0 PCMU/8000\r\n";
  const std::string contact = "sip:answerer@127.0.0.1:" + std::to_string(port());
  socket_.send(response(invite, 200, "OK", "a", contact, sdp), from);
  // A packet of silence at once: the earliest that can be.
  std::array<uint8_t, 172> silence;
  silence.fill(0xff);
  const std::array<uint8_t, 12> header{0x80, 0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 9};
  std::copy(header.begin(), header.end(), silence.begin());
  socket.send(silence, audio_port(invite.body));
}

}  // namespace commd::bench
