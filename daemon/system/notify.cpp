#include "daemon/system/notify.h"

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <utility>

#include "daemon/base/escape.h"

namespace commd::system {
namespace {

std::string take_variable(const char* name) {
  const char* const value = std::getenv(name);
  std::string text = value != nullptr ? value : "";
  ::unsetenv(name);
  return text;
}

std::optional<uint64_t> number_of(const std::string& text) {
  uint64_t value = 0;
  const char* const end = text.data() + text.size();
  const auto [at, error] = std::from_chars(text.data(), end, value);
  if (error != std::errc{} || at != end) return std::nullopt;
  return value;
}

// WATCHDOG_PID names the process the deadline is meant for; absent means all.
std::optional<base::Duration> interval_of(const std::string& usec, const std::string& pid) {
  const auto deadline = number_of(usec);
  constexpr uint64_t a_year_of_usec = 31'536'000'000'000;
  if (!deadline || *deadline == 0 || *deadline > a_year_of_usec) return std::nullopt;
  if (!pid.empty() && number_of(pid) != static_cast<uint64_t>(::getpid())) return std::nullopt;
  return std::chrono::microseconds(*deadline) / 2;
}

}  // namespace

base::Result<ServiceNotifier> ServiceNotifier::from_environment() {
  const std::string address = take_variable("NOTIFY_SOCKET");
  const std::string usec = take_variable("WATCHDOG_USEC");
  const std::string pid = take_variable("WATCHDOG_PID");
  ServiceNotifier notifier;
  if (address.empty()) return notifier;
  if ((address[0] != '/' && address[0] != '@') || address.size() < 2 ||
      address.size() >= sizeof(sockaddr_un::sun_path))
    return base::fail(
        base::Code::failed_precondition, "NOTIFY_SOCKET_INVALID",
        "NOTIFY_SOCKET is neither a path nor an abstract address: " + base::escape_line(address));
  notifier.socket_.reset(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  if (!notifier.socket_)
    return base::fail(base::Code::internal, "NOTIFY_SOCKET_INVALID",
                      std::string("cannot make a socket for systemd: ") + std::strerror(errno));
  notifier.address_ = address;
  if (address[0] == '@') notifier.address_[0] = '\0';
  notifier.watchdog_interval_ = interval_of(usec, pid);
  return notifier;
}

void ServiceNotifier::reloading() const {
  timespec now{};
  ::clock_gettime(CLOCK_MONOTONIC, &now);
  const int64_t usec = int64_t{now.tv_sec} * 1'000'000 + now.tv_nsec / 1000;
  send("RELOADING=1\nMONOTONIC_USEC=" + std::to_string(usec));
}

void ServiceNotifier::status(std::string_view text) const {
  send("STATUS=" + base::escape_controls(text));
}

// A message that systemd cannot take now is dropped: the next watchdog message
// comes in time, and the core must not wait.
void ServiceNotifier::send(std::string_view message) const {
  if (!socket_) return;
  sockaddr_un to{};
  to.sun_family = AF_UNIX;
  std::memcpy(to.sun_path, address_.data(), address_.size());
  const auto length = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + address_.size());
  [[maybe_unused]] const ssize_t n =
      ::sendto(socket_.get(), message.data(), message.size(), MSG_NOSIGNAL | MSG_DONTWAIT,
               reinterpret_cast<const sockaddr*>(&to), length);
}

}  // namespace commd::system
