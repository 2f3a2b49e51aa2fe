#include "daemon/core/device_book.h"

namespace commd::core {

DeviceBook::DeviceBook(EventLog& log, ports::MediaEngine& media) : log_(log), media_(media) {}

std::vector<model::Device> DeviceBook::list() {
  if (!watching_) {
    watching_ = true;
    media_.watch_devices(*this);
  }
  return media_.devices();
}

void DeviceBook::device_added(const model::Device& device) {
  log_.emit(model::DeviceChanged{device});
}

void DeviceBook::device_removed(const std::string& id) { log_.emit(model::DeviceRemoved{id}); }

void DeviceBook::sound_server(bool present, const std::string& message) {
  message_ = message;
  if (present == server_present_) return;
  server_present_ = present;
  log_.emit(model::Notice{present ? "SOUND_SERVER_FOUND" : "SOUND_SERVER_LOST", message, {}});
}

}  // namespace commd::core
