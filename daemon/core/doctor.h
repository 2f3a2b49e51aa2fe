// Looks at everything an account needs, and says what is wrong and what to do: its login, its
// network by ports::Prober, the sound devices, the machine.
//
// Core thread only; callbacks come on the core thread, never inside a call.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "daemon/base/result.h"
#include "daemon/core/account_book.h"
#include "daemon/core/device_book.h"
#include "daemon/core/service_book.h"
#include "daemon/model/check.h"
#include "daemon/ports/clock.h"
#include "daemon/ports/prober.h"
#include "daemon/ports/timers.h"

namespace commd::core {

class Doctor {
 public:
  // At once; each opens some sockets, and asks servers that are not ours.
  static constexpr size_t most_visits = 4;

  // One examination under way. Destroying it ends it, and nothing more is told.
  class Visit;

  struct Parts {
    AccountBook& accounts;
    DeviceBook& devices;
    ServicesByProtocol services;
    const ports::Clock& clock;
    ports::Timers& timers;
    ports::Prober* prober;  // null: the network is not looked at
  };
  explicit Doctor(const Parts& parts) : parts_(parts) {}

  using Each = std::function<void(const model::Check&)>;
  using Done = std::function<void()>;
  // `account`: an id, a unique prefix of one, or an address; empty: all that are enabled. Each
  // check as it is finished, then `done`; within 15 s. Errors: those of AccountBook::find();
  // DOCTOR_BUSY (resource_exhausted).
  base::Result<std::shared_ptr<Visit>> examine(const std::string& account, Each each, Done done);

 private:
  const Parts parts_;
  std::shared_ptr<size_t> open_ = std::make_shared<size_t>(0);
};

}  // namespace commd::core
