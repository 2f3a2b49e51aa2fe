// GLib's main loop as a ForeignLoop: one thread, one GMainContext, one-shot timers.
// GStreamer's buses and libpulse are served by one, libnice by another; nothing of them
// is initialised by starting it. A subclass that has more to set up and to tear down
// calls this one's set_up() first and tear_down() last.
#pragma once

#include <glib.h>

#include <chrono>
#include <functional>
#include <memory>
#include <string>

#include "daemon/loop/foreign_loop.h"

namespace commd::loop {

// A GSource that is attached as long as this lives. Loop thread.
class AttachedSource {
 public:
  AttachedSource() = default;
  // Takes `source` over and attaches it. `callback` may destroy the AttachedSource.
  // For sources whose callback is a GSourceFunc.
  AttachedSource(GMainContext* context, GSource* source, std::function<void()> callback);
  // `source` has its callback already.
  AttachedSource(GMainContext* context, GSource* source);
  ~AttachedSource() { reset(); }
  AttachedSource(AttachedSource&& other) noexcept;
  AttachedSource& operator=(AttachedSource&& other) noexcept;

  void reset();
  explicit operator bool() const { return source_ != nullptr; }

 private:
  GSource* source_ = nullptr;
};

class GlibLoop : public ForeignLoop {
 public:
  // `name` is the thread's.
  explicit GlibLoop(const std::string& name);
  ~GlibLoop() override;

  GMainContext* context() const { return context_.get(); }
  // Calls `expired` once, unless the result is gone by then. Loop thread.
  AttachedSource after(std::chrono::milliseconds delay, std::function<void()> expired) const;

 protected:
  base::Result<void> set_up() override;
  void run_loop() override;
  void quit() override;
  void tear_down() override;
  // What is posted from now on is not run any more: for a tear_down() that lets the
  // context run on. Loop thread.
  void ignore_posted() { wake_.reset(); }

 private:
  struct ContextUnref {
    void operator()(GMainContext* context) const noexcept { g_main_context_unref(context); }
  };
  struct LoopUnref {
    void operator()(GMainLoop* loop) const noexcept { g_main_loop_unref(loop); }
  };
  static gboolean on_wake(gint, GIOCondition, gpointer self) noexcept;

  std::unique_ptr<GMainContext, ContextUnref> context_;
  std::unique_ptr<GMainLoop, LoopUnref> loop_;
  AttachedSource wake_;
};

}  // namespace commd::loop
