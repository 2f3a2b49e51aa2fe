// CallBook's care for the ends of a call's audio: what a client names is tried before
// anything happens, what the configuration names and fails is silence and a problem.
#include <utility>

#include "daemon/base/escape.h"
#include "daemon/core/call_book.h"

namespace commd::core {
namespace {

using End = ports::MediaObserver::End;

// A disk or a sound server that does not answer must not keep a person from calling;
// what was wrong then is found out when the media starts.
constexpr auto patience = std::chrono::seconds(2);

bool needs_trial(const std::optional<model::AudioSource>& source) {
  return source && (source->kind == model::AudioSource::Kind::file ||
                    (source->kind == model::AudioSource::Kind::device && !source->name.empty()));
}

bool needs_trial(const std::optional<model::AudioSink>& sink) {
  return sink && (sink->kind == model::AudioSink::Kind::file ||
                  (sink->kind == model::AudioSink::Kind::device && !sink->name.empty()));
}

}  // namespace

void CallBook::with_usable_ends(const Ends& ends, Done done, std::function<void(Done)> go_on) {
  if (!needs_trial(ends.first) && !needs_trial(ends.second)) return go_on(std::move(done));
  struct Trial {
    Done done;
    std::function<void(Done)> go_on;
    ports::TimerHandle timer;
  };
  auto trial = std::make_shared<Trial>();
  trial->done = std::move(done);
  trial->go_on = std::move(go_on);
  // The answer and the end of patience: the second of them finds nothing to do.
  const auto conclude = [weak = std::weak_ptr(life_)](Trial& tried,
                                                      const base::Result<void>& result) {
    Done told = std::exchange(tried.done, nullptr);
    tried.timer.reset();
    if (!told || weak.expired()) return;
    if (!result) return told(base::fail(result.error()));
    std::exchange(tried.go_on, nullptr)(std::move(told));
  };
  trial->timer = timers_.after(patience, [conclude, weak = std::weak_ptr(trial)] {
    if (const auto tried = weak.lock()) conclude(*tried, {});
  });
  media_.check(ends.first.value_or(model::AudioSource{}), ends.second.value_or(model::AudioSink{}),
               [conclude, trial](const base::Result<void>& result) { conclude(*trial, result); });
}

void CallBook::end_failed(const model::CallId& call, End which, const base::Error& error) {
  const bool capture = which == End::capture;
  const std::string message =
      std::string("[audio] ") + (capture ? "capture" : "playback") +
      " of the configuration cannot be used, calls are silent there: " + error.message;
  logger_->warn("event: audio_end_failed, call: {}, reason: {}", call.str(),
                base::escape_line(message));
  end_problems_[which] = message;
  log_.emit(model::Notice{capture ? "CAPTURE_UNUSABLE" : "PLAYBACK_UNUSABLE", message, call.str()});
}

std::vector<std::string> CallBook::problems() const {
  std::vector<std::string> all;
  for (const auto& [end, message] : end_problems_) all.push_back(message);
  if (const auto room = media_.has_room(); !room) all.push_back(room.error().message);
  return all;
}

}  // namespace commd::core
