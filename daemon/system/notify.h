// What systemd is told about the service (sd_notify(3)), without libsystemd: one
// datagram to NOTIFY_SOCKET, a path or an abstract address ("@...").
//
// Any thread; never blocks. Outside systemd every call does nothing.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "daemon/base/result.h"
#include "daemon/base/time.h"
#include "daemon/base/unique_fd.h"

namespace commd::system {

class ServiceNotifier {
 public:
  // A notifier that does nothing.
  ServiceNotifier() = default;
  // Reads NOTIFY_SOCKET, WATCHDOG_USEC and WATCHDOG_PID and removes them from the
  // environment, so that no child speaks for us. Call it before threads start.
  static base::Result<ServiceNotifier> from_environment();

  bool enabled() const { return static_cast<bool>(socket_); }

  void ready() const { send("READY=1"); }
  // Followed by ready() when the new settings hold.
  void reloading() const;
  void stopping() const { send("STOPPING=1"); }
  void watchdog() const { send("WATCHDOG=1"); }
  // One line for `systemctl status`; line breaks and controls are escaped.
  void status(std::string_view text) const;

  // How often watchdog() is wanted: half of systemd's deadline. Empty: never.
  std::optional<base::Duration> watchdog_interval() const { return watchdog_interval_; }

 private:
  void send(std::string_view message) const;

  std::string address_;  // of sun_path; begins with NUL when abstract
  base::UniqueFd socket_;
  std::optional<base::Duration> watchdog_interval_;
};

}  // namespace commd::system
