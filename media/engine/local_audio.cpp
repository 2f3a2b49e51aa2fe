#include "media/engine/local_audio.h"

#include <utility>

namespace commd::engine {
namespace {

using base::fail;
using base::Result;
using model::AudioSink;
using model::AudioSource;

constexpr unsigned stereo = 2;

bool has_suffix(const std::string& path, std::string_view suffix) {
  return path.size() > suffix.size() &&
         same_name(std::string_view(path).substr(path.size() - suffix.size()), suffix);
}

}  // namespace

void LocalAudio::succeed(Done done) {
  link_.later([done = std::move(done)] { done({}); });
}

LocalAudio::Opened LocalAudio::opened(const unsigned& generation, FileField field, Done done,
                                      std::function<void(Endpoint)> use) const {
  return link_.on_core([&generation, wanted = generation, field, done = std::move(done),
                        use = std::move(use)](Result<Endpoint> endpoint) {
    if (!endpoint) {
      done(fail(for_field(endpoint.error(), field)));
      return;
    }
    // Overtaken: what was opened is let go.
    if (generation == wanted) use(*endpoint);
    done({});
  });
}

void LocalAudio::put_capture(std::unique_ptr<mixer::AudioInput> input) {
  link_.command([input = std::move(input)](CallMedia& media) mutable {
    media.audio().set_capture(std::move(input));
  });
}

void LocalAudio::put_playback(std::unique_ptr<mixer::AudioOutput> output) {
  link_.command([output = std::move(output)](CallMedia& media) mutable {
    media.audio().set_playback(std::move(output));
  });
}

void LocalAudio::capture_finished(unsigned generation) {
  if (generation == capture_) finished_();
}

void LocalAudio::player_finished(unsigned generation) {
  if (generation != player_) return;
  link_.command([](CallMedia& media) { media.audio().set_player(nullptr); });
  finished_();
}

void LocalAudio::set_capture(const AudioSource& source, uint32_t rate, Done done) {
  const unsigned generation = ++capture_;
  switch (source.kind) {
    case AudioSource::Kind::none:
      put_capture(nullptr);
      break;
    case AudioSource::Kind::tone:
      put_capture(std::make_unique<ToneInput>(source.tone_hz));
      break;
    case AudioSource::Kind::echo:
      link_.command([](CallMedia& media) { media.audio().set_echo_capture(); });
      break;
    case AudioSource::Kind::device:
      put_capture(rooms_.devices == nullptr
                      ? nullptr
                      : std::make_unique<RingInput>(rooms_.devices->open_capture(source.name, rate),
                                                    RingInput::Backlog::drop, nullptr));
      break;
    case AudioSource::Kind::file: {
      const auto finished = link_.on_core([this, generation] { capture_finished(generation); });
      const auto repeat = source.loop ? FileThread::Repeat::yes : FileThread::Repeat::no;
      rooms_.files.open_source(
          source.name, repeat, rate,
          opened(capture_, FileField::capture, std::move(done),
                 [this, finished](Endpoint endpoint) {
                   put_capture(std::make_unique<RingInput>(std::move(endpoint),
                                                           RingInput::Backlog::keep, finished));
                 }));
      return;
    }
  }
  succeed(std::move(done));
}

void LocalAudio::set_playback(const AudioSink& sink, uint32_t rate, Done done) {
  ++playback_;
  switch (sink.kind) {
    case AudioSink::Kind::none:
      put_playback(nullptr);
      break;
    case AudioSink::Kind::echo:
      link_.command([](CallMedia& media) { media.audio().set_echo_playback(); });
      break;
    case AudioSink::Kind::device:
      put_playback(rooms_.devices == nullptr ? nullptr
                                             : std::make_unique<RingOutput>(
                                                   rooms_.devices->open_playback(sink.name, rate)));
      break;
    case AudioSink::Kind::file:
      rooms_.files.open_sink(
          sink.name, rate, 1,
          opened(playback_, FileField::playback, std::move(done), [this](Endpoint endpoint) {
            put_playback(std::make_unique<RingOutput>(std::move(endpoint)));
          }));
      return;
  }
  succeed(std::move(done));
}

void LocalAudio::play(const std::string& path, uint32_t rate, Done done) {
  const unsigned generation = ++player_;
  if (path.empty()) {
    link_.command([](CallMedia& media) { media.audio().set_player(nullptr); });
    succeed(std::move(done));
    return;
  }
  const auto finished = link_.on_core([this, generation] { player_finished(generation); });
  rooms_.files.open_source(
      path, FileThread::Repeat::no, rate,
      opened(player_, FileField::played, std::move(done), [this, finished](Endpoint endpoint) {
        link_.command(
            [player = std::make_unique<RingInput>(std::move(endpoint), RingInput::Backlog::keep,
                                                  finished)](CallMedia& media) mutable {
              media.audio().set_player(std::move(player));
            });
      }));
}

void LocalAudio::record(const std::string& path, uint32_t rate, Done done) {
  ++recorder_;
  if (path.empty()) {
    link_.command([](CallMedia& media) { media.audio().set_recorder(nullptr); });
    succeed(std::move(done));
    return;
  }
  auto put = opened(recorder_, FileField::recorded, done, [this](Endpoint endpoint) {
    link_.command(
        [recorder = std::make_unique<StereoRecorder>(std::move(endpoint))](
            CallMedia& media) mutable { media.audio().set_recorder(std::move(recorder)); });
  });
  if (has_suffix(path, ".wav")) {
    rooms_.files.open_sink(path, rate, stereo, std::move(put));
  } else if (has_suffix(path, ".ogg") && rooms_.recorders != nullptr) {
    rooms_.recorders->open(path, rate, std::move(put));
  } else {
    link_.later([done = std::move(done)] {
      done(fail(base::invalid_argument("path", "a recording is a .wav or .ogg file")));
    });
  }
}

}  // namespace commd::engine
