// The sound devices as events, and what is wrong with them. Core thread only.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "daemon/core/event_log.h"
#include "daemon/ports/media_engine.h"
#include "daemon/ports/timers.h"

namespace commd::core {

class DeviceBook final : public ports::DeviceObserver {
 public:
  DeviceBook(EventLog& log, ports::MediaEngine& media, ports::Timers& timers);

  // From the first call on, changes are events: nothing of the sound server is touched
  // before somebody asks, watches, or a call needs it.
  void watch();
  // As watch(); `done` comes when the list is known, or after 2 s with what is known
  // then: a sound server that hangs is waited for no longer.
  void list(std::function<void(std::vector<model::Device>)> done);
  // Plays a tone and listens. INVALID_ARGUMENT for ends that are neither device nor none.
  using TestDone = std::function<void(base::Result<ports::MediaEngine::DeviceTest>)>;
  void test(const model::AudioSource& source, const model::AudioSink& sink, unsigned seconds,
            TestDone done);
  // Why there are none or fewer than hoped; empty: all is well.
  const std::string& message() const { return message_; }
  // A call wants to be heard, or to hear, or to ring: it is told if there is no sound
  // server.
  void need(const std::string& call);
  // Why this device (empty: the default one) cannot be used now, in words; nothing else.
  std::vector<std::string> troubles(model::Device::Kind kind, const std::string& device) const;
  // What a person should know, in words.
  std::vector<std::string> problems() const;

  void device_added(const model::Device& device) override;
  void device_removed(const std::string& id) override;
  void sound_server(bool present, const std::string& message) override;
  void device_trouble(model::Device::Kind kind, const std::string& device,
                      const std::string& message) override;

 private:
  enum class Server { unknown, present, absent };

  void tell_absent(const std::string& call);

  EventLog& log_;
  ports::MediaEngine& media_;
  ports::Timers& timers_;
  bool watching_ = false;
  Server server_ = Server::unknown;
  bool missed_ = false;  // somebody wanted a sound server that is not there
  std::string message_;
  std::vector<std::string> waiting_;  // calls, while the server is unknown
  std::map<std::pair<model::Device::Kind, std::string>, std::string> troubles_;
};

}  // namespace commd::core
