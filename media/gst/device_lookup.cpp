#include "media/gst/device_lookup.h"

#include <algorithm>
#include <utility>

#include "daemon/base/escape.h"

namespace commd::gst {
namespace {

using Kind = model::Device::Kind;

constexpr size_t most_named = 8;

// The server's own words for a device of its choice begin so: "@DEFAULT_MONITOR@".
constexpr char server_word = '@';

std::string names_of(const std::vector<model::Device>& devices, Kind kind) {
  std::string names;
  size_t count = 0;
  for (const model::Device& device : devices) {
    if (device.kind != kind || ++count > most_named) continue;
    names += (names.empty() ? "pulse:" : ", pulse:") + device.id;
  }
  return names.empty() ? "none" : names;
}

base::Result<void> find(const std::vector<model::Device>& devices, Kind kind,
                        const std::string& name) {
  if (name.empty() || name.front() == server_word) return {};
  const bool there = std::ranges::any_of(devices, [&](const model::Device& device) {
    return device.kind == kind && device.id == name;
  });
  if (there) return {};
  const bool capture = kind == Kind::capture;
  const std::string field = capture ? "capture" : "playback";
  const std::string candidates = names_of(devices, kind);
  return base::fail(base::Error{base::Code::not_found,
                                "DEVICE_NOT_FOUND",
                                base::escape_line(field + ": the sound server has no " +
                                                  (capture ? "microphone" : "loudspeaker") +
                                                  " named \"" + name + "\"; it has: " + candidates),
                                {{"field", field}, {"device", name}, {"candidates", candidates}}});
}

}  // namespace

bool names_device(const model::AudioSource& source) {
  return source.kind == model::AudioSource::Kind::device && !source.name.empty();
}

bool names_device(const model::AudioSink& sink) {
  return sink.kind == model::AudioSink::Kind::device && !sink.name.empty();
}

void DeviceLookup::ask(const model::AudioSource& source, const model::AudioSink& sink, Done done) {
  questions_.push_back({names_device(source) ? source.name : std::string(),
                        names_device(sink) ? sink.name : std::string(), std::move(done)});
}

void DeviceLookup::answer(const std::vector<model::Device>& devices) {
  for (const Question& question : std::exchange(questions_, {})) {
    auto found = find(devices, Kind::capture, question.source);
    if (found) found = find(devices, Kind::playback, question.sink);
    question.done(std::move(found));
  }
}

void DeviceLookup::pass() {
  for (const Question& question : std::exchange(questions_, {})) question.done({});
}

}  // namespace commd::gst
