#include "daemon/sip/sofia_log.h"

#include <sofia-sip/su_log.h>

#include <cstdarg>
#include <cstdio>
#include <string_view>
#include <utility>

#include "daemon/base/escape.h"
#include "daemon/base/redact.h"

namespace commd::sip {
namespace {

// Errors and what went wrong with a connection; above that it is a trace.
constexpr unsigned kLevel = 3;

thread_local spdlog::logger* thread_logger = nullptr;

void write_line(void*, const char* format, va_list arguments) {
  if (thread_logger == nullptr || !thread_logger->should_log(spdlog::level::debug)) return;
  char text[1024];
  const int length = vsnprintf(text, sizeof text, format, arguments);
  if (length <= 0) return;
  std::string_view line(text);
  while (!line.empty() && (line.back() == '\n' || line.back() == '\r')) line.remove_suffix(1);
  if (!line.empty()) thread_logger->debug("sofia: {}", base::escape_line(base::redact_sip(line)));
}

}  // namespace

SofiaLog::SofiaLog(base::Logger logger) : logger_(std::move(logger)) {
  thread_logger = logger_.get();
  static const bool redirected = [] {
    su_log_redirect(nullptr, &write_line, nullptr);
    su_log_set_level(nullptr, kLevel);
    return true;
  }();
  static_cast<void>(redirected);
}

SofiaLog::~SofiaLog() { thread_logger = nullptr; }

}  // namespace commd::sip
