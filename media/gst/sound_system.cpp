#include "media/gst/sound_system.h"

#include <chrono>
#include <future>
#include <utility>

#include "daemon/loop/glib_loop.h"
#include "media/gst/audio_router.h"
#include "media/gst/device_list.h"
#include "media/gst/server_socket.h"

namespace commd::gst {
namespace {

// With a sound server that does not answer while its devices are closed.
constexpr std::chrono::milliseconds patience{500};
// A connection that was just being made is found the next time.
constexpr std::chrono::milliseconds between_hurries{50};

using engine::AudioRing;
using engine::RingEndpoint;

// Somewhere between a worker, which lets it go, and the GLib thread, which owns the
// other end.
class CaptureEndpoint : public RingEndpoint {
 public:
  CaptureEndpoint(loop::GlibLoop& loop, AudioRouter& router, std::string name,
                  std::shared_ptr<CaptureTrack> track)
      : loop_(loop), router_(router), name_(std::move(name)), track_(std::move(track)) {}
  ~CaptureEndpoint() override {
    loop_.post([&router = router_, name = std::move(name_), track = std::move(track_)] {
      router.remove_capture(name, track);
    });
  }
  AudioRing& ring() override { return track_->ring(); }
  uint32_t sample_rate() const override { return track_->rate(); }
  void wake() override {}  // the device has its own pace

 private:
  loop::GlibLoop& loop_;
  AudioRouter& router_;
  std::string name_;
  std::shared_ptr<CaptureTrack> track_;
};

class PlaybackEndpoint : public RingEndpoint {
 public:
  PlaybackEndpoint(loop::GlibLoop& loop, AudioRouter& router, std::string name,
                   std::shared_ptr<PlaybackTrack> track)
      : loop_(loop), router_(router), name_(std::move(name)), track_(std::move(track)) {}
  ~PlaybackEndpoint() override {
    loop_.post([&router = router_, name = std::move(name_), track = std::move(track_)] {
      router.remove_playback(name, track);
    });
  }
  AudioRing& ring() override { return track_->ring(); }
  uint32_t sample_rate() const override { return track_->rate(); }
  void wake() override {}

 private:
  loop::GlibLoop& loop_;
  AudioRouter& router_;
  std::string name_;
  std::shared_ptr<PlaybackTrack> track_;
};

class RecorderEndpoint : public RingEndpoint {
 public:
  RecorderEndpoint(loop::GlibLoop& loop, AudioRouter& router, std::shared_ptr<AudioRing> ring,
                   uint32_t rate)
      : loop_(loop), router_(router), ring_(std::move(ring)), rate_(rate) {}
  ~RecorderEndpoint() override {
    loop_.post([&router = router_, ring = std::move(ring_)] { router.finish_recording(ring); });
  }
  AudioRing& ring() override { return *ring_; }
  uint32_t sample_rate() const override { return rate_; }
  void wake() override {
    loop_.post([&router = router_, ring = ring_] { router.drain_recording(ring); });
  }

 private:
  loop::GlibLoop& loop_;
  AudioRouter& router_;
  std::shared_ptr<AudioRing> ring_;
  uint32_t rate_;
};

}  // namespace

// Read and written on the core thread.
struct SoundSystem::Alive {
  bool value = true;
};

template <class F>
auto SoundSystem::on_core(F function) const {
  return [post = post_, alive = alive_, function = std::move(function)](auto... arguments) {
    post([alive, function, arguments...] {
      if (alive->value) function(arguments...);
    });
  };
}

class SoundSystem::Player : public ports::MediaEngine::AlertPlayer {
 public:
  Player(loop::GlibLoop& loop, AudioRouter& router, uint64_t id)
      : loop_(loop), router_(router), id_(id) {}
  ~Player() override {
    loop_.post([&router = router_, id = id_] { router.stop_alert(id); });
  }

 private:
  loop::GlibLoop& loop_;
  AudioRouter& router_;
  uint64_t id_;
};

SoundSystem::SoundSystem(SoundOptions options, Post post, base::Logger logger)
    : options_(std::move(options)),
      post_(std::move(post)),
      logger_(std::move(logger)),
      alive_(std::make_shared<Alive>()) {
  core_.bind();
}

SoundSystem::~SoundSystem() {
  COMMD_ASSERT_THREAD(core_);
  alive_->value = false;
  if (!loop_) return;
  close();
  // The router goes where it lived; we wait for it in stop().
  std::promise<void> closed;
  loop_->post([&router = router_, &closed] {
    router->shut_down();
    router.reset();
    closed.set_value();
  });
  const auto ended = closed.get_future();
  for (auto until = patience_ends_; ended.wait_until(until) == std::future_status::timeout;
       until = std::chrono::steady_clock::now() + between_hurries)
    hurry();
  loop_->stop();
}

void SoundSystem::close() {
  COMMD_ASSERT_THREAD(core_);
  if (!loop_ || patience_ends_ != std::chrono::steady_clock::time_point{}) return;
  patience_ends_ = std::chrono::steady_clock::now() + patience;
  router_->open_no_more();
  loop_->post([router = router_.get()] { router->close(); });
}

void SoundSystem::hurry() {
  if (!loop_) return;
  if (const auto socket = server_socket(options_.server)) hang_up(*socket);
}

AudioRouter& SoundSystem::running() {
  COMMD_ASSERT_THREAD(core_);
  if (router_) return *router_;
  loop_ = std::make_unique<loop::GlibLoop>("sound");
  AudioRouter::Callbacks callbacks;
  callbacks.server = on_core(
      [this](bool present, const std::string& message) { server_changed(present, message); });
  callbacks.devices =
      on_core([this](std::vector<model::Device> devices) { devices_changed(std::move(devices)); });
  callbacks.trouble =
      on_core([this](model::Device::Kind kind, const std::string& device,
                     const std::string& message) { device_trouble(kind, device, message); });
  router_ = std::make_unique<AudioRouter>(*loop_, options_, std::move(callbacks), logger_);
  if (auto started = loop_->start(); !started)
    logger_->error("event: sound_thread_failed, reason: {}", started.error().message);
  return *router_;
}

void SoundSystem::configure(SoundOptions options) {
  COMMD_ASSERT_THREAD(core_);
  options.server = options_.server;  // one for all its life
  options_ = std::move(options);
  if (router_) {
    loop_->post([router = router_.get(), options = options_] { router->configure(options); });
  }
}

std::shared_ptr<RingEndpoint> SoundSystem::open_capture(const std::string& name, uint32_t rate) {
  AudioRouter& router = running();
  auto track = std::make_shared<CaptureTrack>(rate);
  loop_->post([&router, name, track] { router.add_capture(name, track); });
  return std::make_shared<CaptureEndpoint>(*loop_, router, name, std::move(track));
}

std::shared_ptr<RingEndpoint> SoundSystem::open_playback(const std::string& name, uint32_t rate) {
  AudioRouter& router = running();
  auto track = std::make_shared<PlaybackTrack>(rate);
  loop_->post([&router, name, track] { router.add_playback(name, track); });
  return std::make_shared<PlaybackEndpoint>(*loop_, router, name, std::move(track));
}

std::unique_ptr<ports::MediaEngine::AlertPlayer> SoundSystem::alert(ports::MediaEngine::Alert kind,
                                                                    const model::AudioSink& where) {
  if (where.kind != model::AudioSink::Kind::device)
    return std::make_unique<ports::MediaEngine::AlertPlayer>();
  AudioRouter& router = running();
  const uint64_t id = next_alert_++;
  loop_->post([&router, id, kind, where] { router.start_alert(id, kind, where); });
  return std::make_unique<Player>(*loop_, router, id);
}

void SoundSystem::check(const model::AudioSource& source, const model::AudioSink& sink,
                        std::function<void(base::Result<void>)> done) {
  COMMD_ASSERT_THREAD(core_);
  auto answer = on_core(std::move(done));
  if (!names_device(source) && !names_device(sink)) return answer(base::Result<void>());
  AudioRouter& router = running();
  loop_->post([&router, source, sink, answer] { router.check(source, sink, answer); });
}

void SoundSystem::watch(ports::DeviceObserver& observer) {
  AudioRouter& router = running();
  loop_->post([&router] { router.connect(); });
  // Told and added in one step, so that nothing is missed or told twice.
  on_core([this, &observer] {
    observers_.push_back(&observer);
    if (decided_) observer.sound_server(present_, message_);
    for (const model::Device& device : devices_) observer.device_added(device);
  })();
}

void SoundSystem::server_changed(bool present, const std::string& message) {
  decided_ = true;
  present_ = present;
  message_ = message;
  for (ports::DeviceObserver* observer : observers_) observer->sound_server(present, message);
}

void SoundSystem::devices_changed(std::vector<model::Device> devices) {
  const DeviceChanges changes = compare(devices_, devices);
  devices_ = std::move(devices);
  for (ports::DeviceObserver* observer : observers_) {
    for (const std::string& id : changes.removed) observer->device_removed(id);
    for (const model::Device& device : changes.added) observer->device_added(device);
  }
}

void SoundSystem::when_known(std::function<void()> done) {
  AudioRouter& router = running();
  // No name is asked for, so the answer says no more than that the list is there.
  auto known = on_core([done = std::move(done)](const base::Result<void>&) { done(); });
  loop_->post([&router, known] { router.check({}, {}, known); });
}

void SoundSystem::device_trouble(model::Device::Kind kind, const std::string& device,
                                 const std::string& message) {
  for (ports::DeviceObserver* observer : observers_)
    observer->device_trouble(kind, device, message);
}

void SoundSystem::test(const model::AudioSource& source, const model::AudioSink& sink,
                       unsigned seconds,
                       std::function<void(base::Result<ports::MediaEngine::DeviceTest>)> done) {
  AudioRouter& router = running();
  loop_->post([&router, source, sink, seconds, done = on_core(std::move(done))] {
    router.test(source, sink, seconds, done);
  });
}

void SoundSystem::open(const std::string& path, uint32_t rate,
                       std::function<void(base::Result<std::shared_ptr<RingEndpoint>>)> done) {
  AudioRouter& router = running();
  auto opened = on_core([this, rate, done = std::move(done)](base::Result<AudioRouter::Ring> ring) {
    if (!ring) return done(base::fail(ring.error()));
    done(std::make_shared<RecorderEndpoint>(*loop_, *router_, *ring, rate));
  });
  loop_->post([&router, path, rate, opened] { opened(router.start_recording(path, rate)); });
}

}  // namespace commd::gst
