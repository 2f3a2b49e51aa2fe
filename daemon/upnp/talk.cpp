#include "daemon/upnp/talk.h"

#include <arpa/inet.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

#include "daemon/http/response_reader.h"

namespace commd::upnp {
namespace {

base::Error silent() {
  return {base::Code::deadline_exceeded, "IGD_SILENT", "the router did not answer in time", {}};
}

base::Error unreachable(int why) {
  return {base::Code::unavailable,
          "IGD_UNREACHABLE",
          std::string("the router cannot be reached: ") + std::strerror(why),
          {}};
}

bool address_of(const std::string& ip, uint16_t port, sockaddr_in& out) {
  out = {};
  out.sin_family = AF_INET;
  out.sin_port = htons(port);
  return ::inet_pton(AF_INET, ip.c_str(), &out.sin_addr) == 1;
}

base::Result<base::UniqueFd> connect(const std::string& local_ip, const http::Url& place,
                                     const Patience& patience) {
  sockaddr_in local{}, remote{};
  if (!address_of(local_ip, 0, local) || !address_of(place.host, place.port, remote))
    return base::fail(unreachable(EAFNOSUPPORT));
  base::UniqueFd fd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!fd || ::bind(fd.get(), reinterpret_cast<sockaddr*>(&local), sizeof local) != 0)
    return base::fail(unreachable(errno));
  if (::connect(fd.get(), reinterpret_cast<sockaddr*>(&remote), sizeof remote) == 0) return fd;
  if (errno != EINPROGRESS) return base::fail(unreachable(errno));
  if (!patience.wait(fd.get(), POLLOUT)) return base::fail(silent());
  int error = 0;
  socklen_t size = sizeof error;
  ::getsockopt(fd.get(), SOL_SOCKET, SO_ERROR, &error, &size);
  if (error != 0) return base::fail(unreachable(error));
  return fd;
}

base::Result<void> send_all(int fd, std::string_view bytes, const Patience& patience) {
  while (!bytes.empty()) {
    const ssize_t sent = ::send(fd, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent > 0) {
      bytes.remove_prefix(static_cast<size_t>(sent));
      continue;
    }
    if (errno != EAGAIN && errno != EINTR) return base::fail(unreachable(errno));
    if (!patience.wait(fd, POLLOUT)) return base::fail(silent());
  }
  return {};
}

base::Result<Response> read_response(int fd, const Patience& patience) {
  http::ResponseReader reader(most_response_bytes);
  Response out;
  std::array<char, 4096> piece;
  while (!reader.complete()) {
    if (!patience.wait(fd, POLLIN)) return base::fail(silent());
    const ssize_t got = ::recv(fd, piece.data(), piece.size(), 0);
    if (got < 0 && (errno == EAGAIN || errno == EINTR)) continue;
    if (got < 0) return base::fail(unreachable(errno));
    const auto taken =
        got == 0 ? reader.end() : reader.take({piece.data(), static_cast<size_t>(got)}, out.body);
    if (!taken) return base::fail(taken.error());
    if (got == 0) break;
  }
  if (reader.head() == nullptr) return base::fail(silent());
  out.status = reader.head()->status;
  return out;
}

}  // namespace

CallOff::CallOff() : event_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {}

void CallOff::now() {
  called_.store(true);
  const uint64_t one = 1;
  if (::write(event_.get(), &one, sizeof one) < 0) return;  // it is readable already
}

void CallOff::take() {
  uint64_t count = 0;
  if (::read(event_.get(), &count, sizeof count) < 0) return;
}

bool Patience::wait(int fd, short events) const {
  for (;;) {
    const auto left =
        std::chrono::ceil<std::chrono::milliseconds>(until_ - std::chrono::steady_clock::now());
    if (left.count() <= 0) return false;
    std::array<pollfd, 2> both{pollfd{fd, events, 0}, pollfd{off_.fd(), POLLIN, 0}};
    const int ready = ::poll(both.data(), both.size(), static_cast<int>(left.count()));
    if (ready < 0 && errno == EINTR) continue;
    if (ready <= 0 || both[1].revents != 0) return false;
    return true;
  }
}

base::Result<Response> exchange(const std::string& local_ip, const http::Url& place,
                                std::string_view method, std::string_view head,
                                std::string_view body, const Patience& patience) {
  auto socket = connect(local_ip, place, patience);
  if (!socket) return base::fail(socket.error());
  std::string request = std::string(method) + " " + place.target +
                        " HTTP/1.1\r\nHost: " + place.authority() + "\r\nConnection: close\r\n" +
                        std::string(head);
  if (!body.empty()) request += "Content-Length: " + std::to_string(body.size()) + "\r\n";
  request += "\r\n";
  request += body;
  if (const auto sent = send_all(socket->get(), request, patience); !sent)
    return base::fail(sent.error());
  return read_response(socket->get(), patience);
}

}  // namespace commd::upnp
