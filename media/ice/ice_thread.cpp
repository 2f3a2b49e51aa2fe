#include "media/ice/ice_thread.h"

#include <glib-object.h>

#include <chrono>
#include <utility>

#include "daemon/base/escape.h"
#include "media/ice/nice_library.h"

namespace commd::ice {

namespace {

constexpr const char* log_domain = "libnice";
// A relay is given back by one question, asked three times within this if need be; a
// server that is silent forgets it by itself after ten minutes.
constexpr guint first_farewell_ms = 100;
constexpr guint farewell_questions = 3;
constexpr guint tcp_farewell_ms = 400;
constexpr std::chrono::milliseconds longest_farewell{1500};  // for a thread that is late itself

// libnice complains of what it is asked for in a wrong state; there it would go to
// stderr past the log. Its debug messages, which hold passwords, are never on.
void complain(const gchar*, GLogLevelFlags, const gchar* message, gpointer log) noexcept {
  (*static_cast<base::Logger*>(log))->warn("libnice: {}", base::escape_line(message));
}

}  // namespace

struct IceThread::Retired {
  IceThread* thread;
  NiceAgent* agent;
};

IceThread::IceThread(base::Logger log, ports::PortMapper* mapper)
    : GlibLoop("ice"), log_(std::move(log)), mapper_(mapper) {}

IceThread::~IceThread() { stop(); }

base::Result<void> IceThread::ensure_started() {
  std::call_once(once_, [this] {
    auto loaded = NiceLibrary::load();
    if (!loaded) {
      started_ = base::fail(std::move(loaded.error()));
      return;
    }
    library_ = std::move(*loaded);
    started_ = start();
  });
  return started_;
}

base::Result<void> IceThread::set_up() {
  if (auto ready = GlibLoop::set_up(); !ready) return ready;
  log_handler_ = g_log_set_handler(
      log_domain,
      static_cast<GLogLevelFlags>(G_LOG_LEVEL_CRITICAL | G_LOG_LEVEL_WARNING | G_LOG_LEVEL_MESSAGE),
      complain, &log_);
  return {};
}

void IceThread::tear_down() {
  ignore_posted();
  await_retired();
  g_log_remove_handler(log_domain, log_handler_);
  GlibLoop::tear_down();
}

void IceThread::await_retired() {
  if (retiring_.empty()) return;
  bool late = false;
  const loop::AttachedSource timer = after(longest_farewell, [&late] { late = true; });
  while (!late && !retiring_.empty()) g_main_context_iteration(context(), TRUE);
}

void IceThread::retire(NiceAgent* agent) {
  retiring_.insert(agent);
  g_object_set(agent, "stun-initial-timeout", first_farewell_ms, "stun-max-retransmissions",
               farewell_questions, "stun-reliable-timeout", tcp_farewell_ms, nullptr);
  library_->agent_close_async(
      agent,
      [](GObject*, GAsyncResult*, gpointer data) noexcept {
        const std::unique_ptr<Retired> retired(static_cast<Retired*>(data));
        retired->thread->retiring_.erase(retired->agent);
        g_object_unref(retired->agent);
      },
      new Retired{this, agent});
}

}  // namespace commd::ice
