#include "daemon/loop/glib_loop.h"

#include <glib-unix.h>

#include <utility>

namespace commd::loop {
namespace {

using Callback = std::function<void()>;

gboolean run_callback(gpointer data) noexcept {
  // The callback may destroy the source, which destroys its data.
  const Callback callback = *static_cast<Callback*>(data);
  callback();
  return G_SOURCE_CONTINUE;
}

void delete_callback(gpointer data) noexcept { delete static_cast<Callback*>(data); }

}  // namespace

AttachedSource::AttachedSource(GMainContext* context, GSource* source, Callback callback)
    : source_(source) {
  g_source_set_callback(source_, run_callback, new Callback(std::move(callback)), delete_callback);
  g_source_attach(source_, context);
}

AttachedSource::AttachedSource(GMainContext* context, GSource* source) : source_(source) {
  g_source_attach(source_, context);
}

AttachedSource::AttachedSource(AttachedSource&& other) noexcept
    : source_(std::exchange(other.source_, nullptr)) {}

AttachedSource& AttachedSource::operator=(AttachedSource&& other) noexcept {
  if (this != &other) {
    reset();
    source_ = std::exchange(other.source_, nullptr);
  }
  return *this;
}

void AttachedSource::reset() {
  GSource* source = std::exchange(source_, nullptr);
  if (source == nullptr) return;
  g_source_destroy(source);
  g_source_unref(source);
}

GlibLoop::GlibLoop(const std::string& name)
    : ForeignLoop(name),
      context_(g_main_context_new()),
      loop_(g_main_loop_new(context_.get(), FALSE)) {}

GlibLoop::~GlibLoop() { stop(); }

AttachedSource GlibLoop::after(std::chrono::milliseconds delay, Callback expired) const {
  GSource* source = g_timeout_source_new(static_cast<guint>(delay.count()));
  // Once: the source is taken off before the callback runs, which may start another.
  return {context(), source, [source, expired = std::move(expired)] {
            g_source_destroy(source);
            expired();
          }};
}

base::Result<void> GlibLoop::set_up() {
  g_main_context_push_thread_default(context());
  GSource* source = g_unix_fd_source_new(wake_fd(), G_IO_IN);
  g_source_set_callback(source, G_SOURCE_FUNC(&GlibLoop::on_wake), this, nullptr);
  wake_ = AttachedSource(context(), source);
  return {};
}

void GlibLoop::run_loop() { g_main_loop_run(loop_.get()); }

void GlibLoop::quit() { g_main_loop_quit(loop_.get()); }

void GlibLoop::tear_down() {
  wake_.reset();
  g_main_context_pop_thread_default(context());
}

gboolean GlibLoop::on_wake(gint, GIOCondition, gpointer self) noexcept {
  static_cast<GlibLoop*>(self)->run_posted();
  return G_SOURCE_CONTINUE;
}

}  // namespace commd::loop
