#include "daemon/core/device_book.h"

#include <memory>

namespace commd::core {
namespace {

constexpr auto patience = std::chrono::seconds(2);

}  // namespace

DeviceBook::DeviceBook(EventLog& log, ports::MediaEngine& media, ports::Timers& timers)
    : log_(log), media_(media), timers_(timers) {}

void DeviceBook::watch() {
  if (!std::exchange(watching_, true)) media_.watch_devices(*this);
}

void DeviceBook::list(std::function<void(std::vector<model::Device>)> done) {
  watch();
  // Whatever comes first takes the callback.
  struct Waiting {
    std::function<void(std::vector<model::Device>)> done;
    ports::TimerHandle timer;
  };
  auto waiting = std::make_shared<Waiting>();
  waiting->done = std::move(done);
  const auto answer = [this](Waiting& asked) {
    if (const auto told = std::exchange(asked.done, nullptr)) told(media_.devices());
    asked.timer.reset();
  };
  waiting->timer = timers_.after(patience, [answer, weak = std::weak_ptr(waiting)] {
    if (const auto asked = weak.lock()) answer(*asked);
  });
  media_.when_devices_known([answer, waiting] { answer(*waiting); });
}

void DeviceBook::test(const model::AudioSource& source, const model::AudioSink& sink,
                      unsigned seconds, TestDone done) {
  using Source = model::AudioSource::Kind;
  using Sink = model::AudioSink::Kind;
  if (source.kind != Source::device && source.kind != Source::none)
    return done(base::fail(base::invalid_argument(
        "capture", "capture: a device is tested; name default, pulse:NAME or none")));
  if (sink.kind != Sink::device && sink.kind != Sink::none)
    return done(base::fail(base::invalid_argument(
        "playback", "playback: a device is tested; name default, pulse:NAME or none")));
  media_.test_devices(source, sink, seconds, std::move(done));
}

void DeviceBook::need(const std::string& call) {
  watch();
  if (server_ == Server::absent) tell_absent(call);
  if (server_ == Server::unknown) waiting_.push_back(call);
}

void DeviceBook::tell_absent(const std::string& call) {
  missed_ = true;
  log_.emit(model::Notice{"SOUND_SERVER_ABSENT", message_, call});
}

std::vector<std::string> DeviceBook::problems() const {
  std::vector<std::string> all;
  if (server_ == Server::absent && missed_) all.push_back(message_);
  for (const auto& [device, message] : troubles_) all.push_back(message);
  return all;
}

void DeviceBook::device_added(const model::Device& device) {
  log_.emit(model::DeviceChanged{device});
}

void DeviceBook::device_removed(const std::string& id) { log_.emit(model::DeviceRemoved{id}); }

void DeviceBook::sound_server(bool present, const std::string& message) {
  const Server before = std::exchange(server_, present ? Server::present : Server::absent);
  message_ = present ? std::string() : message;
  if (before != Server::unknown && before != server_) {
    missed_ = true;
    log_.emit(model::Notice{present ? "SOUND_SERVER_FOUND" : "SOUND_SERVER_LOST", message, {}});
  }
  for (const std::string& call : std::exchange(waiting_, {}))
    if (!present) tell_absent(call);
}

std::vector<std::string> DeviceBook::troubles(model::Device::Kind kind,
                                              const std::string& device) const {
  std::vector<std::string> all;
  if (server_ == Server::absent) all.push_back("there are no sound devices: " + message_);
  if (const auto found = troubles_.find({kind, device}); found != troubles_.end())
    all.push_back(found->second);
  return all;
}

void DeviceBook::device_trouble(model::Device::Kind kind, const std::string& device,
                                const std::string& message) {
  const auto key = std::pair(kind, device);
  if (message.empty()) {
    troubles_.erase(key);
    return;
  }
  const std::string name = device.empty() ? "default" : "pulse:" + device;
  const std::string what = kind == model::Device::Kind::capture ? "microphone " : "loudspeaker ";
  const std::string text = "the " + what + name + " cannot be used: " + message +
                           "; calls are silent there, it is tried again";
  if (troubles_.insert_or_assign(key, text).second)
    log_.emit(model::Notice{"AUDIO_DEVICE_FAILED", text, name});
}

}  // namespace commd::core
