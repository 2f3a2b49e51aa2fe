// The thread of libnice: one GMainContext that serves all agents. It is not the one of
// the sound devices, since a sound server that hangs may hold that up.
//
// Nothing of libnice, which brings some thirty libraries with it, is loaded before
// the first agent.
#pragma once

#include <memory>
#include <mutex>
#include <optional>
#include <set>

#include "daemon/base/log.h"
#include "daemon/base/result.h"
#include "daemon/loop/glib_loop.h"
#include "daemon/ports/port_mapper.h"

typedef struct _NiceAgent NiceAgent;

namespace commd::ice {

struct NiceLibrary;

class IceThread final : public loop::GlibLoop {
 public:
  // Takes no thread yet. libnice's own complaints go to `log`. `mapper`, which outlives it, is
  // asked to let others in to each address of its own that an agent tells; null: nobody is.
  explicit IceThread(base::Logger log, ports::PortMapper* mapper = nullptr);
  // All agents are gone by then. Relays that were held are given back, which takes up
  // to a second if their servers are silent.
  ~IceThread() override;

  // Loads libnice and starts the thread, once. unavailable, ICE_LIBRARY_MISSING, if it
  // is not installed. Any thread.
  base::Result<void> ensure_started();

  // For this room, once it is started. Any thread.
  const NiceLibrary& library() const { return *library_; }
  ports::PortMapper* mapper() const { return mapper_; }
  // Gives an agent's relays back and drops the caller's reference when that is done.
  // This thread.
  void retire(NiceAgent* agent);

 protected:
  base::Result<void> set_up() override;
  void tear_down() override;

 private:
  struct Retired;
  void await_retired();

  base::Logger log_;
  ports::PortMapper* const mapper_;
  std::once_flag once_;
  base::Result<void> started_;
  std::unique_ptr<const NiceLibrary> library_;
  guint log_handler_ = 0;
  std::set<NiceAgent*> retiring_;
};

}  // namespace commd::ice
