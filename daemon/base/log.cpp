#include "daemon/base/log.h"

#include <spdlog/pattern_formatter.h>
#include <spdlog/sinks/base_sink.h>
#include <spdlog/sinks/null_sink.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstdio>
#include <ctime>
#include <map>
#include <mutex>
#include <vector>

#include "daemon/base/escape.h"

namespace commd::base {
namespace {

void append_json_string(std::string& out, std::string_view text) {
  out += '"';
  out += escape_json(text);
  out += '"';
}

// stderr may be a pipe: a record is written whole unless the reader is gone.
void write_all(std::string_view line) {
  while (!line.empty()) {
    const ssize_t n = ::write(STDERR_FILENO, line.data(), line.size());
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return;
    line.remove_prefix(static_cast<size_t>(n));
  }
}

// Writes one record a line. A payload that contains line breaks or terminal
// controls is escaped here, so that no caller can forge a record.
class StderrSink final : public spdlog::sinks::base_sink<std::mutex> {
 public:
  explicit StderrSink(LogOptions options) : options_(std::move(options)) {}
  ~StderrSink() override {
    for (const auto& [room, window] : windows_)
      report_dropped(room, window, std::chrono::system_clock::now());
  }

 protected:
  void sink_it_(const spdlog::details::log_msg& msg) override {
    const std::string room(msg.logger_name.data(), msg.logger_name.size());
    if (!admit(room, msg.time)) return;
    write_line(msg.time, msg.level, room, {msg.payload.data(), msg.payload.size()});
  }
  void flush_() override {}

 private:
  struct Window {
    std::chrono::system_clock::time_point start;
    unsigned lines = 0;
    unsigned dropped = 0;
  };

  bool admit(const std::string& room, std::chrono::system_clock::time_point now) {
    if (options_.lines_per_second == 0) return true;
    Window& window = windows_[room];
    // A clock that was set back must not silence the room until it has caught up.
    if (now < window.start || now - window.start >= std::chrono::seconds(1)) {
      report_dropped(room, window, now);
      window = Window{now, 0, 0};
    }
    if (window.lines >= options_.lines_per_second) {
      ++window.dropped;
      return false;
    }
    ++window.lines;
    return true;
  }

  void report_dropped(const std::string& room, const Window& window,
                      std::chrono::system_clock::time_point now) {
    if (window.dropped == 0) return;
    write_line(now, spdlog::level::warn, room,
               "event: log_lines_dropped, count: " + std::to_string(window.dropped));
  }

  void write_line(std::chrono::system_clock::time_point time, spdlog::level::level_enum level,
                  const std::string& room, std::string_view payload) {
    std::string line;
    const auto stamp = [&] {
      const std::time_t seconds = std::chrono::system_clock::to_time_t(time);
      const auto ms =
          std::chrono::duration_cast<std::chrono::milliseconds>(time.time_since_epoch()).count() %
          1000;
      std::tm parts{};
      gmtime_r(&seconds, &parts);
      char buffer[40];
      const size_t n = std::strftime(buffer, sizeof buffer, "%Y-%m-%dT%H:%M:%S", &parts);
      std::snprintf(buffer + n, sizeof buffer - n, ".%03dZ", static_cast<int>(ms));
      return std::string(buffer);
    };
    const auto name = spdlog::level::to_string_view(level);
    if (options_.format == LogFormat::json) {
      line = "{\"time\":\"" + stamp() + "\",\"level\":\"" + std::string(name.data(), name.size()) +
             "\",\"room\":";
      append_json_string(line, room);
      line += ",\"message\":";
      append_json_string(line, payload);
      line += "}\n";
    } else {
      if (options_.timestamps) line = stamp() + " ";
      line += std::string(name.data(), name.size()) + " " + room + ": " + escape_controls(payload) +
              "\n";
    }
    write_all(line);
  }

  LogOptions options_;
  std::map<std::string, Window> windows_;
};

}  // namespace

struct LogFactory::State {
  std::shared_ptr<StderrSink> sink;
  spdlog::level::level_enum level = spdlog::level::info;
  std::mutex mutex;  // rooms may be asked for from any thread
  std::vector<Logger> loggers;
};

LogFactory::LogFactory(const LogOptions& options) : state_(std::make_unique<State>()) {
  state_->sink = std::make_shared<StderrSink>(options);
  state_->level = spdlog::level::from_str(options.level);
}

LogFactory::~LogFactory() = default;

Logger LogFactory::room(const std::string& name) {
  auto logger = std::make_shared<spdlog::logger>(name, state_->sink);
  const std::lock_guard lock(state_->mutex);
  logger->set_level(state_->level);
  state_->loggers.push_back(logger);
  return logger;
}

void LogFactory::set_level(const std::string& level) {
  const std::lock_guard lock(state_->mutex);
  state_->level = spdlog::level::from_str(level);
  for (const Logger& logger : state_->loggers) logger->set_level(state_->level);
}

Logger null_logger() {
  static const Logger logger =
      std::make_shared<spdlog::logger>("null", std::make_shared<spdlog::sinks::null_sink_mt>());
  return logger;
}

}  // namespace commd::base
