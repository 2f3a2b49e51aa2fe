#include "media/ice/ice_thread.h"

#include <glib-object.h>
#include <glib-unix.h>

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
constexpr guint longest_farewell_ms = 1500;  // for a thread that is late itself

// libnice complains of what it is asked for in a wrong state; there it would go to
// stderr past the log. Its debug messages, which hold passwords, are never on.
void complain(const gchar*, GLogLevelFlags, const gchar* message, gpointer log) noexcept {
  (*static_cast<base::Logger*>(log))->warn("libnice: {}", base::escape_line(message));
}

gboolean set_true(gpointer flag) noexcept {
  *static_cast<bool*>(flag) = true;
  return G_SOURCE_REMOVE;
}

}  // namespace

struct IceThread::Retired {
  IceThread* thread;
  NiceAgent* agent;
};

IceThread::IceThread(base::Logger log)
    : ForeignLoop("ice"),
      log_(std::move(log)),
      context_(g_main_context_new()),
      loop_(g_main_loop_new(context_.get(), FALSE)) {}

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
  g_main_context_push_thread_default(context());
  log_handler_ = g_log_set_handler(
      log_domain,
      static_cast<GLogLevelFlags>(G_LOG_LEVEL_CRITICAL | G_LOG_LEVEL_WARNING | G_LOG_LEVEL_MESSAGE),
      complain, &log_);
  wake_ = g_unix_fd_source_new(wake_fd(), G_IO_IN);
  g_source_set_callback(wake_, G_SOURCE_FUNC(&IceThread::on_wake), this, nullptr);
  g_source_attach(wake_, context());
  return {};
}

void IceThread::run_loop() { g_main_loop_run(loop_.get()); }

void IceThread::quit() { g_main_loop_quit(loop_.get()); }

void IceThread::tear_down() {
  g_source_destroy(wake_);
  g_source_unref(wake_);
  await_retired();
  g_log_remove_handler(log_domain, log_handler_);
  g_main_context_pop_thread_default(context());
}

void IceThread::await_retired() {
  if (retiring_.empty()) return;
  bool late = false;
  GSource* timer = g_timeout_source_new(longest_farewell_ms);
  g_source_set_callback(timer, set_true, &late, nullptr);
  g_source_attach(timer, context());
  while (!late && !retiring_.empty()) g_main_context_iteration(context(), TRUE);
  g_source_destroy(timer);
  g_source_unref(timer);
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

gboolean IceThread::on_wake(gint, GIOCondition, gpointer self) noexcept {
  static_cast<IceThread*>(self)->run_posted();
  return G_SOURCE_CONTINUE;
}

}  // namespace commd::ice
