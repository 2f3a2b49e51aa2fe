// The composition root: makes every room, wires them by constructor arguments, and
// takes them down in order. The only class that knows all of them.
//
// Main thread, which becomes the core thread in run().
#pragma once

#include <memory>

#include "daemon/app/options.h"
#include "daemon/base/log.h"
#include "daemon/base/result.h"
#include "daemon/settings/settings.h"
#include "daemon/system/notify.h"
#include "daemon/system/paths.h"
#include "daemon/system/signals.h"

namespace commd::app {

struct Surroundings {
  Options options;
  system::Paths paths;
  settings::Settings settings;
  system::SignalSource signals;
  system::ServiceNotifier notifier;
};

class Daemon {
 public:
  Daemon(Surroundings surroundings, base::LogFactory& logs);
  ~Daemon();

  // Opens everything, serves until a signal ends it. An error says why it could not
  // start.
  base::Result<void> run();

 private:
  struct Rooms;
  std::unique_ptr<Rooms> rooms_;
};

}  // namespace commd::app
