// The thread of libnice: one GMainContext that serves all agents. It is not the one of
// the sound devices, since a sound server that hangs may hold that up.
//
// Nothing of libnice, which brings some thirty libraries with it, is loaded before
// the first agent.
#pragma once

#include <glib.h>

#include <memory>
#include <mutex>
#include <optional>
#include <set>

#include "daemon/base/log.h"
#include "daemon/base/result.h"
#include "daemon/loop/foreign_loop.h"

typedef struct _NiceAgent NiceAgent;

namespace commd::ice {

struct NiceLibrary;

class IceThread final : public loop::ForeignLoop {
 public:
  // Takes no thread yet. libnice's own complaints go to `log`.
  explicit IceThread(base::Logger log);
  // All agents are gone by then. Relays that were held are given back, which takes up
  // to a second if their servers are silent.
  ~IceThread() override;

  // Loads libnice and starts the thread, once. unavailable, ICE_LIBRARY_MISSING, if it
  // is not installed. Any thread.
  base::Result<void> ensure_started();

  // For this room, once it is started. Any thread.
  const NiceLibrary& library() const { return *library_; }
  GMainContext* context() const { return context_.get(); }
  // Gives an agent's relays back and drops the caller's reference when that is done.
  // This thread.
  void retire(NiceAgent* agent);

 protected:
  base::Result<void> set_up() override;
  void run_loop() override;
  void quit() override;
  void tear_down() override;

 private:
  struct ContextUnref {
    void operator()(GMainContext* context) const noexcept { g_main_context_unref(context); }
  };
  struct LoopUnref {
    void operator()(GMainLoop* loop) const noexcept { g_main_loop_unref(loop); }
  };
  struct Retired;
  static gboolean on_wake(gint fd, GIOCondition condition, gpointer self) noexcept;
  void await_retired();

  base::Logger log_;
  std::once_flag once_;
  base::Result<void> started_;
  std::unique_ptr<const NiceLibrary> library_;
  std::unique_ptr<GMainContext, ContextUnref> context_;
  std::unique_ptr<GMainLoop, LoopUnref> loop_;
  GSource* wake_ = nullptr;
  guint log_handler_ = 0;
  std::set<NiceAgent*> retiring_;
};

}  // namespace commd::ice
