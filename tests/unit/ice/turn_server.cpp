#include "tests/unit/ice/turn_server.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <vector>

namespace commd::test {

namespace {

using base::UniqueFd;
using Clock = std::chrono::steady_clock;
constexpr auto start_patience = std::chrono::seconds(30);

sockaddr_in loopback(uint16_t port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return address;
}

bool bind_to(int fd, uint16_t port) {
  const sockaddr_in address = loopback(port);
  return ::bind(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
}

// One that is free for UDP and TCP at this moment.
uint16_t free_port() {
  for (int tries = 0; tries < 100; ++tries) {
    const UniqueFd tcp(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    if (!bind_to(tcp.get(), 0)) continue;
    sockaddr_in address{};
    socklen_t size = sizeof address;
    ::getsockname(tcp.get(), reinterpret_cast<sockaddr*>(&address), &size);
    const UniqueFd udp(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
    if (bind_to(udp.get(), ntohs(address.sin_port))) return ntohs(address.sin_port);
  }
  return 0;
}

}  // namespace

TurnProcess::TurnProcess() : port_(free_port()) {
  std::vector<std::string> words = {"turnserver",
                                    "-n",
                                    "--no-cli",
                                    "--listening-ip=127.0.0.1",
                                    "--relay-ip=127.0.0.1",
                                    "--allow-loopback-peers",
                                    "--no-tls",
                                    "--no-dtls",
                                    "--lt-cred-mech",
                                    "--realm=test",
                                    "--log-file=stdout",
                                    "--simple-log",
                                    "--no-stdout-log",
                                    "--listening-port=" + std::to_string(port_),
                                    std::string("--user=") + user + ":" + password,
                                    "--pidfile=" + (folder_ / "pid").string(),
                                    "--userdb=" + (folder_ / "db").string()};
  std::vector<char*> raw;
  for (std::string& word : words) raw.push_back(word.data());
  raw.push_back(nullptr);
  pid_ = ::fork();
  if (pid_ == 0) {
    const int log = ::open("/dev/null", O_RDWR);
    for (const int fd : {0, 1, 2}) ::dup2(log, fd);
    ::execvp("turnserver", raw.data());
    ::_exit(127);
  }
  ready_ = await_udp() && await_tcp();
}

TurnProcess::~TurnProcess() {
  ::kill(pid_, SIGKILL);
  ::waitpid(pid_, nullptr, 0);
}

void TurnProcess::freeze() { ::kill(pid_, SIGSTOP); }

ice::TurnServer TurnProcess::server(ice::RelayProtocol protocol,
                                    const std::string& with_password) const {
  return {{"127.0.0.1", port_}, protocol, user, base::Secret(with_password)};
}

// A binding request (RFC 8489), again until there is an answer.
bool TurnProcess::await_udp() const {
  const UniqueFd fd(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  const sockaddr_in address = loopback(port_);
  const std::array<uint8_t, 20> request{0, 1, 0, 0, 0x21, 0x12, 0xa4, 0x42, 1,  2,
                                        3, 4, 5, 6, 7,    8,    9,    10,   11, 12};
  const auto give_up = Clock::now() + start_patience;
  while (Clock::now() < give_up) {
    if (::waitpid(pid_, nullptr, WNOHANG) != 0) return false;
    ::sendto(fd.get(), request.data(), request.size(), 0,
             reinterpret_cast<const sockaddr*>(&address), sizeof address);
    pollfd readable{fd.get(), POLLIN, 0};
    if (::poll(&readable, 1, 50) != 1) continue;
    std::array<uint8_t, 512> answer;
    if (::recv(fd.get(), answer.data(), answer.size(), MSG_DONTWAIT) > 0) return true;
  }
  return false;
}

bool TurnProcess::await_tcp() const {
  const sockaddr_in address = loopback(port_);
  const auto give_up = Clock::now() + start_patience;
  while (Clock::now() < give_up) {
    const UniqueFd fd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    if (::connect(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0) {
      return true;
    }
    ::poll(nullptr, 0, 20);
  }
  return false;
}

}  // namespace commd::test
