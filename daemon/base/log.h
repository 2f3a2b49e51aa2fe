// Logging: one named spdlog logger a room, passed in by the composition root.
//
// Levels by sentence: error = a user's action failed; warn = degraded; info =
// life cycle of an account or a call; debug = protocol. Info lines have the form
// `event: call_ended, call: ..., reason: ...`. Text of others goes through
// base::escape_line first, secrets through base::redact_*. Any thread.
#pragma once

#include <spdlog/logger.h>

#include <cstddef>
#include <memory>
#include <string>

namespace commd::base {

using Logger = std::shared_ptr<spdlog::logger>;

enum class LogFormat { text, json };

struct LogOptions {
  std::string level = "info";  // trace, debug, info, warn, error, off
  LogFormat format = LogFormat::text;
  // Under systemd the journal has its own timestamps.
  bool timestamps = true;
  // At most this many lines a second per room; the rest are counted, and the
  // count is logged before the room's next line, or at the end. 0 = unlimited.
  unsigned lines_per_second = 200;
};

// Makes the loggers of all rooms; each line is one record on stderr with control
// characters escaped, whatever was put into it.
class LogFactory {
 public:
  explicit LogFactory(const LogOptions& options);
  ~LogFactory();
  Logger room(const std::string& name);
  void set_level(const std::string& level);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

// A logger that drops everything, for tests.
Logger null_logger();

}  // namespace commd::base
