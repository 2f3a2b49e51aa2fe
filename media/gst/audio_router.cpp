#include "media/gst/audio_router.h"

#include <algorithm>
#include <array>
#include <fstream>
#include <string_view>

#include "daemon/base/escape.h"

namespace commd::gst {
namespace {

using Kind = model::Device::Kind;

// Some devices take their time to wake up.
constexpr std::chrono::milliseconds first_samples{4'000};

// The last pages of all recordings go to the disk.
constexpr std::chrono::milliseconds end_of_recordings{500};

// Whether ALSA has a card that can play or capture.
bool alsa_has(Kind kind) {
  const std::string_view wanted = kind == Kind::capture ? "capture" : "playback";
  std::ifstream cards("/proc/asound/pcm");
  for (std::string line; std::getline(cards, line);) {
    if (line.find(wanted) != std::string::npos) return true;
  }
  return false;
}

bool has_element(const char* name) {
  GstElementFactory* factory = gst_element_factory_find(name);
  if (factory == nullptr) return false;
  gst_object_unref(factory);
  return true;
}

base::Error shutting_down() {
  return {base::Code::unavailable, "SHUTTING_DOWN", "the daemon stops", {}};
}

std::string label(const char* what, const std::string& name) {
  return std::string(what) + " " + (name.empty() ? "default" : name);
}

}  // namespace

struct AudioRouter::Test {
  model::AudioSource source;
  model::AudioSink sink;
  std::chrono::seconds length;
  TestDone done;
  std::shared_ptr<CaptureMeter> meter;
  std::unique_ptr<DeviceStream> capture;
  Tone tone;
  loop::AttachedSource timer;
};

AudioRouter::AudioRouter(loop::GlibLoop& loop, SoundOptions options, Callbacks callbacks,
                         base::Logger logger)
    : loop_(loop),
      options_(std::move(options)),
      callbacks_(std::move(callbacks)),
      logger_(std::move(logger)),
      server_(loop, options_.server, *this, logger_) {}

AudioRouter::~AudioRouter() = default;

void AudioRouter::connect() { server_.open(); }

base::Result<void> AudioRouter::start_for_device() {
  if (!opening_.load()) return base::fail(shutting_down());
  return start();
}

base::Result<void> AudioRouter::start() {
  if (started_) return {};
  GError* error = nullptr;
  if (gst_init_check(nullptr, nullptr, &error) == FALSE) {
    const std::string reason = error != nullptr ? error->message : "unknown";
    g_clear_error(&error);
    return base::fail(base::Code::unavailable, "GSTREAMER_FAILED",
                      "GStreamer cannot start: " + reason);
  }
  started_ = true;
  if (has_element("webrtcdsp") && has_element("webrtcechoprobe")) {
    // The name is looked for in the whole process.
    std::array<char, 64> name{};
    g_snprintf(name.data(), name.size(), "commd-echo-%p", static_cast<void*>(this));
    echo_probe_ = hold(gst_element_factory_make("webrtcechoprobe", name.data()));
  } else {
    logger_->warn(
        "event: voice_processing_absent, reason: gstreamer1.0-plugins-bad is not installed");
  }
  return {};
}

void AudioRouter::close() {
  if (std::exchange(closed_, true)) return;
  lookups_.pass();
  for (const auto& test : std::exchange(tests_, {})) test->done(base::fail(shutting_down()));
  alerts_.clear();
  captures_.clear();
  playbacks_.clear();
  server_.set_wanted(false);
}

void AudioRouter::shut_down() {
  close();
  const auto until = std::chrono::steady_clock::now() + end_of_recordings;
  for (auto& [ring, recorder] : recordings_) {
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(
        until - std::chrono::steady_clock::now());
    recorder->finish_now(std::max(left, std::chrono::milliseconds(0)));
  }
  recordings_.clear();
}

void AudioRouter::check(const model::AudioSource& source, const model::AudioSink& sink,
                        DeviceLookup::Done done) {
  connect();
  lookups_.ask(source, sink, std::move(done));
  answer_lookups();
}

void AudioRouter::answer_lookups() {
  if (closed_ || (!server_.present() && !server_.undecided())) return lookups_.pass();
  if (listed_) lookups_.answer(devices_);
}

DeviceStream::Trouble AudioRouter::trouble(Kind kind, const std::string& name) const {
  return
      [this, kind, name](const std::string& message) { callbacks_.trouble(kind, name, message); };
}

DeviceSpec AudioRouter::spec(Backend backend, const std::string& name, const char* title,
                             const char* role) const {
  return {backend, options_.server, name, title, role};
}

std::optional<Backend> AudioRouter::backend(Kind kind, const std::string& name) const {
  if (server_.present()) return Backend::pulse;
  // Names are the sound server's.
  if (!server_.undecided() && name.empty() && alsa_has(kind)) return Backend::alsa;
  return std::nullopt;
}

VoiceProcessing AudioRouter::processing(const CaptureHub& hub) {
  if (!echo_probe_) return {};
  VoiceProcessing result;
  result.noise_suppression = options_.noise_suppression;
  result.gain_control = options_.gain_control;
  if (options_.echo_cancellation && (echo_canceller_ == nullptr || echo_canceller_ == &hub)) {
    echo_canceller_ = &hub;
    result.echo_probe = GST_OBJECT_NAME(echo_probe_.get());
  }
  return result;
}

GstElement* AudioRouter::echo_probe(const PlaybackHub& hub) {
  if (!echo_probe_ || (echo_source_ != nullptr && echo_source_ != &hub)) return nullptr;
  echo_source_ = &hub;
  return echo_probe_.get();
}

void AudioRouter::open_capture_hub(const std::string& name, CaptureHub& hub) {
  hub.stream = std::make_unique<DeviceStream>(
      loop_, logger_, label("capture", name),
      [this, name, &hub](Backend where, DevicePipeline::Failed failed) -> DeviceStream::Opened {
        if (auto ready = start_for_device(); !ready) return base::fail(ready.error());
        hub.feed->settle();
        return DevicePipeline::capture(loop_, spec(where, name, "Call", "phone"), processing(hub),
                                       hub.feed, std::move(failed));
      },
      trouble(Kind::capture, name));
}

void AudioRouter::open_playback_hub(const std::string& name, PlaybackHub& hub) {
  hub.stream = std::make_unique<DeviceStream>(
      loop_, logger_, label("playback", name),
      [this, name, &hub](Backend where, DevicePipeline::Failed failed) -> DeviceStream::Opened {
        if (auto ready = start_for_device(); !ready) return base::fail(ready.error());
        hub.feed->settle();
        hub.feed->forget();
        return DevicePipeline::playback(loop_, spec(where, name, "Call", "phone"), echo_probe(hub),
                                        hub.feed, std::move(failed));
      },
      trouble(Kind::playback, name));
}

void AudioRouter::add_capture(const std::string& name, std::shared_ptr<CaptureTrack> track) {
  if (closed_) return;
  connect();
  CaptureHub& hub = captures_[name];
  hub.feed->add(std::move(track));
  ++hub.users;
  if (!hub.stream) open_capture_hub(name, hub);
  update_wanted();
  hub.stream->use(backend(Kind::capture, name));
}

void AudioRouter::remove_capture(const std::string& name,
                                 const std::shared_ptr<CaptureTrack>& track) {
  const auto found = captures_.find(name);
  if (found == captures_.end()) return;
  CaptureHub& hub = found->second;
  hub.feed->remove(track);
  if (!hub.stream->running()) hub.feed->settle();
  if (--hub.users > 0) return;
  if (echo_canceller_ == &hub) echo_canceller_ = nullptr;
  captures_.erase(found);
  update_wanted();
}

void AudioRouter::add_playback(const std::string& name, std::shared_ptr<PlaybackTrack> track) {
  if (closed_) return;
  connect();
  PlaybackHub& hub = playbacks_[name];
  hub.feed->add(std::move(track));
  ++hub.users;
  if (!hub.stream) open_playback_hub(name, hub);
  update_wanted();
  hub.stream->use(backend(Kind::playback, name));
}

void AudioRouter::remove_playback(const std::string& name,
                                  const std::shared_ptr<PlaybackTrack>& track) {
  const auto found = playbacks_.find(name);
  if (found == playbacks_.end()) return;
  PlaybackHub& hub = found->second;
  hub.feed->remove(track);
  if (!hub.stream->running()) hub.feed->settle();
  if (--hub.users > 0) return;
  if (echo_source_ == &hub) echo_source_ = nullptr;
  playbacks_.erase(found);
  update_wanted();
}

AudioRouter::Tone AudioRouter::play_tone(Tune tune, const std::string& device,
                                         const std::string& title) {
  Tone tone{device, nullptr};
  tone.stream = std::make_unique<DeviceStream>(
      loop_, logger_, label("tone on", device),
      [this, tune, device, title](Backend where,
                                  DevicePipeline::Failed failed) -> DeviceStream::Opened {
        if (auto ready = start_for_device(); !ready) return base::fail(ready.error());
        return DevicePipeline::playback(loop_, spec(where, device, title.c_str(), "event"), nullptr,
                                        std::make_shared<ToneSource>(notes_of(tune)),
                                        std::move(failed));
      },
      tune == Tune::test ? DeviceStream::Trouble() : trouble(Kind::playback, device));
  return tone;
}

void AudioRouter::start_alert(uint64_t id, Alert kind, const model::AudioSink& where) {
  if (closed_ || where.kind != model::AudioSink::Kind::device) return;
  const bool ringing = kind == Alert::ringtone;
  connect();
  const Tune tune = ringing                   ? Tune::ringtone
                    : kind == Alert::ringback ? Tune::ringback
                                              : Tune::call_waiting;
  Tone& tone = alerts_[id] =
      play_tone(tune, where.name, ringing ? "Incoming call" : "Call progress");
  update_wanted();
  tone.stream->use(backend(Kind::playback, tone.device));
}

void AudioRouter::stop_alert(uint64_t id) {
  alerts_.erase(id);
  update_wanted();
}

void AudioRouter::test(const model::AudioSource& source, const model::AudioSink& sink,
                       unsigned seconds, TestDone done) {
  const bool capture = source.kind == model::AudioSource::Kind::device;
  const bool playback = sink.kind == model::AudioSink::Kind::device;
  if (closed_) {
    done(base::fail(shutting_down()));
    return;
  }
  if (!capture && !playback) {
    done(base::fail(base::invalid_argument("source", "name a device to be tested")));
    return;
  }
  connect();
  auto test = std::make_shared<Test>();
  test->source = source;
  test->sink = sink;
  test->length = std::chrono::seconds(std::clamp(seconds, 1U, 60U));
  test->done = std::move(done);
  test->meter = std::make_shared<CaptureMeter>([this, weak = std::weak_ptr(test)] {
    loop_.post([this, weak] {
      if (const auto heard = weak.lock(); heard && heard->done) time_test(heard, heard->length);
    });
  });
  if (capture) {
    test->capture = std::make_unique<DeviceStream>(
        loop_, logger_, label("test of", source.name),
        [this, name = source.name, meter = test->meter](
            Backend where, DevicePipeline::Failed failed) -> DeviceStream::Opened {
          if (auto ready = start_for_device(); !ready) return base::fail(ready.error());
          // As it comes: nothing is cancelled or amplified.
          return DevicePipeline::capture(loop_, spec(where, name, "Device test", "test"), {}, meter,
                                         std::move(failed));
        });
  }
  if (playback) test->tone = play_tone(Tune::test, sink.name, "Device test");
  tests_.push_back(test);
  update_wanted();
  if (!server_.undecided()) begin_test(test);
}

void AudioRouter::begin_test(const std::shared_ptr<Test>& test) {
  const auto captured_at = backend(Kind::capture, test->source.name);
  const auto played_at = backend(Kind::playback, test->sink.name);
  if (test->capture) test->capture->use(captured_at);
  if (test->tone.stream) test->tone.stream->use(played_at);
  if (test->capture && captured_at) {
    time_test(test, first_samples);  // once they come, the time begins
  } else if (test->tone.stream && played_at) {
    time_test(test, test->length);
  } else {
    time_test(test, std::chrono::milliseconds(0));
  }
}

void AudioRouter::time_test(const std::shared_ptr<Test>& test, std::chrono::milliseconds length) {
  test->timer = loop_.after(length, [this, weak = std::weak_ptr(test)] {
    if (const auto ended = weak.lock()) end_test(ended);
  });
}

void AudioRouter::end_test(const std::shared_ptr<Test>& test) {
  TestOutcome outcome;
  outcome.sound_system = server_.present() || alsa_has(Kind::capture) || alsa_has(Kind::playback);
  outcome.server_message = server_message_;
  outcome.capture_wanted = test->capture != nullptr;
  outcome.playback_wanted = test->tone.stream != nullptr;
  if (test->capture) {
    if (!test->capture->running()) outcome.capture_error = test->capture->last_error();
    test->capture.reset();
  }
  if (test->tone.stream) {
    if (!test->tone.stream->running()) outcome.playback_error = test->tone.stream->last_error();
    test->tone.stream.reset();
  }
  outcome.samples = test->meter->samples();
  outcome.peak_dbov = test->meter->peak_dbov();
  outcome.rms_dbov = test->meter->rms_dbov();
  const TestDone done = std::exchange(test->done, nullptr);
  std::erase(tests_, test);
  update_wanted();
  done(conclude(outcome));
}

base::Result<AudioRouter::Ring> AudioRouter::start_recording(const std::string& path,
                                                             uint32_t rate) {
  if (auto ready = start(); !ready) return base::fail(ready.error());
  auto recorder = OggRecorder::create(loop_, path, rate, logger_);
  if (!recorder) return base::fail(recorder.error());
  const Ring ring = (*recorder)->ring();
  recordings_[ring] = std::move(*recorder);
  return ring;
}

void AudioRouter::drain_recording(const Ring& ring) {
  if (const auto found = recordings_.find(ring); found != recordings_.end()) found->second->drain();
}

void AudioRouter::finish_recording(const Ring& ring) {
  if (const auto found = recordings_.find(ring); found != recordings_.end())
    found->second->finish([this, ring] { recordings_.erase(ring); });
}

void AudioRouter::use_devices() {
  for (auto& [name, hub] : captures_) hub.stream->use(backend(Kind::capture, name));
  for (auto& [name, hub] : playbacks_) hub.stream->use(backend(Kind::playback, name));
  for (auto& [id, alert] : alerts_) alert.stream->use(backend(Kind::playback, alert.device));
}

void AudioRouter::update_wanted() {
  server_.set_wanted(!captures_.empty() || !playbacks_.empty() || !alerts_.empty() ||
                     !tests_.empty());
}

void AudioRouter::server_changed(bool present, const std::string& message) {
  server_message_ = message;
  listed_ = false;
  use_devices();
  for (const auto& test : std::vector(tests_)) {
    if (!test->timer) begin_test(test);
  }
  callbacks_.server(present, message);
  answer_lookups();
}

void AudioRouter::devices_changed(const std::vector<model::Device>& devices) {
  const bool more = devices.size() > devices_.size();
  devices_ = devices;
  listed_ = server_.present();
  if (more) {
    for (auto& [name, hub] : captures_) hub.stream->retry_now();
    for (auto& [name, hub] : playbacks_) hub.stream->retry_now();
    for (auto& [id, alert] : alerts_) alert.stream->retry_now();
  }
  callbacks_.devices(devices);
  answer_lookups();
}

}  // namespace commd::gst
