// The sound devices as events. Core thread only.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "daemon/core/event_log.h"
#include "daemon/ports/media_engine.h"

namespace commd::core {

class DeviceBook final : public ports::DeviceObserver {
 public:
  DeviceBook(EventLog& log, ports::MediaEngine& media);

  // Starts watching on the first call: nothing of the sound server is touched
  // before somebody asks or a call needs it.
  std::vector<model::Device> list();
  // Why there are none or fewer than hoped; empty: all is well.
  const std::string& message() const { return message_; }

  void device_added(const model::Device& device) override;
  void device_removed(const std::string& id) override;
  void sound_server(bool present, const std::string& message) override;

 private:
  EventLog& log_;
  ports::MediaEngine& media_;
  bool watching_ = false;
  bool server_present_ = true;
  std::string message_;
};

}  // namespace commd::core
