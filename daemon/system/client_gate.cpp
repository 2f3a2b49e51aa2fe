#include "daemon/system/client_gate.h"

#include <fcntl.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <string>
#include <string_view>
#include <utility>

namespace commd::system {
namespace {

using base::UniqueFd;

constexpr std::string_view preface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
constexpr uint64_t timer_id = 0;  // guests count from 1

enum class Said { hello, not_yet, other, nothing_more };

// Looks without reading: the bytes are the server's.
Said said_by(int fd) {
  std::array<char, preface.size()> bytes{};
  const ssize_t count = ::recv(fd, bytes.data(), bytes.size(), MSG_PEEK | MSG_DONTWAIT);
  if (count == 0) return Said::nothing_more;
  if (count < 0) return errno == EAGAIN || errno == EINTR ? Said::not_yet : Said::nothing_more;
  const std::string_view begin(bytes.data(), static_cast<size_t>(count));
  if (!preface.starts_with(begin)) return Said::other;
  return begin.size() == preface.size() ? Said::hello : Said::not_yet;
}

}  // namespace

ClientGate::ClientGate(const GateLimits& limits, UniqueFd epoll, UniqueFd timer)
    : limits_(limits), epoll_(std::move(epoll)), timer_(std::move(timer)) {}

base::Result<ClientGate> ClientGate::open(const GateLimits& limits) {
  UniqueFd epoll(::epoll_create1(EPOLL_CLOEXEC));
  UniqueFd timer(::timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC));
  epoll_event event{};
  event.events = EPOLLIN;
  event.data.u64 = timer_id;
  if (!epoll || !timer || ::epoll_ctl(epoll.get(), EPOLL_CTL_ADD, timer.get(), &event) != 0)
    return base::fail(base::Code::unavailable, "GATE_FAILED",
                      std::string("cannot watch over connections: ") + std::strerror(errno));
  return ClientGate(limits, std::move(epoll), std::move(timer));
}

void ClientGate::admit(UniqueFd connection) {
  if (guests_.size() >= limits_.clients + margin) {
    ++refused_;
    return;
  }
  epoll_event event{};
  // Once for each arrival: part of a preface must not wake us again and again.
  event.events = EPOLLIN | EPOLLRDHUP | EPOLLET;
  event.data.u64 = ++last_id_;
  if (::epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, connection.get(), &event) != 0) {
    ++refused_;
    return;
  }
  guests_[last_id_] = {std::move(connection), Stage::waiting, Clock::now() + limits_.patience};
  arm_timer();
}

std::optional<Visitor> ClientGate::next() {
  for (;;) {
    epoll_event event{};
    const int count = ::epoll_wait(epoll_.get(), &event, 1, 0);
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) return std::nullopt;
    if (event.data.u64 == timer_id) {
      close_overdue();
      continue;
    }
    const auto guest = guests_.find(event.data.u64);
    if (guest == guests_.end()) continue;
    if (auto visitor = look_at(guest, event.events)) return visitor;
  }
}

std::optional<Visitor> ClientGate::look_at(Guests::iterator guest, uint32_t events) {
  // A client that half-closes has said all it will: there is nobody to serve.
  if (guest->second.stage != Stage::waiting) {
    if ((events & (EPOLLHUP | EPOLLERR)) != 0) drop(guest);
    return std::nullopt;
  }
  switch (said_by(guest->second.fd.get())) {
    case Said::hello:
      return let_in(guest);
    case Said::not_yet:
      break;
    case Said::other:
      refuse(guest);
      return std::nullopt;
    case Said::nothing_more:
      drop(guest);
      return std::nullopt;
  }
  if ((events & (EPOLLRDHUP | EPOLLHUP | EPOLLERR)) != 0) drop(guest);
  return std::nullopt;
}

std::optional<Visitor> ClientGate::let_in(Guests::iterator guest) {
  UniqueFd second(::fcntl(guest->second.fd.get(), F_DUPFD_CLOEXEC, 0));
  epoll_event event{};
  // The end of the socket alone: data is the server's and must not wake us.
  event.events = EPOLLET;
  event.data.u64 = guest->first;
  if (!second || ::epoll_ctl(epoll_.get(), EPOLL_CTL_MOD, guest->second.fd.get(), &event) != 0) {
    refuse(guest);
    return std::nullopt;
  }
  if (served_ < limits_.clients) {
    guest->second.stage = Stage::served;
    ++served_;
    return Visitor{std::move(second), Entry::welcome};
  }
  guest->second.stage = Stage::leaving;
  guest->second.due = Clock::now() + limits_.farewell;
  ++leaving_;
  ++refused_;
  arm_timer();
  return Visitor{std::move(second), Entry::over_limit};
}

void ClientGate::drop(Guests::iterator guest) {
  if (guest->second.stage == Stage::served) --served_;
  if (guest->second.stage == Stage::leaving) --leaving_;
  if (guest->second.stage != Stage::waiting) ++departed_;
  guests_.erase(guest);
}

void ClientGate::refuse(Guests::iterator guest) {
  ++refused_;
  drop(guest);
}

void ClientGate::close_overdue() {
  uint64_t ticks = 0;
  while (::read(timer_.get(), &ticks, sizeof ticks) > 0) {
  }
  const auto now = Clock::now();
  for (auto i = guests_.begin(); i != guests_.end();) {
    const auto guest = i++;
    if (guest->second.stage == Stage::served || guest->second.due > now) continue;
    // Whoever has the second descriptor notices it too.
    ::shutdown(guest->second.fd.get(), SHUT_RDWR);
    if (guest->second.stage == Stage::waiting)
      refuse(guest);
    else
      drop(guest);
  }
  arm_timer();
}

// One timer for all, and none while nobody waits.
void ClientGate::arm_timer() {
  auto due = Clock::time_point::max();
  for (const auto& [id, guest] : guests_)
    if (guest.stage != Stage::served) due = std::min(due, guest.due);
  itimerspec when{};
  if (due != Clock::time_point::max()) {
    const auto since =
        std::max<std::chrono::nanoseconds>(due.time_since_epoch(), std::chrono::nanoseconds(1));
    when.it_value.tv_sec = since / std::chrono::seconds(1);
    when.it_value.tv_nsec = since.count() % 1'000'000'000;
  }
  ::timerfd_settime(timer_.get(), TFD_TIMER_ABSTIME, &when, nullptr);
}

}  // namespace commd::system
