#include "daemon/model/audio_endpoint.h"

#include <charconv>
#include <cstdio>

namespace commd::model {
namespace {

using base::fail;

bool take_prefix(std::string_view& text, std::string_view prefix) {
  if (!text.starts_with(prefix)) return false;
  text.remove_prefix(prefix.size());
  return true;
}

// Too long a text says nothing, and half a character is no UTF-8.
std::string quoted(std::string_view text) {
  return text.size() <= 100 ? "\"" + std::string(text) + "\"" : "something else";
}

base::Result<std::string> wav_path(std::string_view path, const char* field) {
  if (path.empty() || path.front() != '/')
    return fail(base::invalid_argument(
        field, "a file is named by its absolute path, for example file:/tmp/voice.wav"));
  if (!path.ends_with(".wav") && !path.ends_with(".WAV"))
    return fail(base::invalid_argument(
        field, "only .wav files are read and written: \"" + std::string(path) + "\""));
  if (path.find('\0') != std::string_view::npos)
    return fail(base::invalid_argument(field, "a path may not contain a NUL"));
  return std::string(path);
}

}  // namespace

base::Result<AudioSource> parse_audio_source(std::string_view text) {
  AudioSource source;
  if (text.empty() || text == "default") return source;
  if (text == "none") {
    source.kind = AudioSource::Kind::none;
    return source;
  }
  if (take_prefix(text, "tone:")) {
    const auto [end, error] =
        std::from_chars(text.data(), text.data() + text.size(), source.tone_hz);
    if (error != std::errc{} || end != text.data() + text.size() ||
        !(source.tone_hz >= 20 && source.tone_hz <= 20000))
      return fail(base::invalid_argument("capture", "a tone is tone:HZ with 20 to 20000 Hz"));
    source.kind = AudioSource::Kind::tone;
    return source;
  }
  if (take_prefix(text, "file:")) {
    source.kind = AudioSource::Kind::file;
    if (text.ends_with(",loop")) {
      source.loop = true;
      text.remove_suffix(5);
    }
    auto path = wav_path(text, "capture");
    if (!path) return fail(path.error());
    source.name = *path;
    return source;
  }
  if (take_prefix(text, "pulse:") && !text.empty()) {
    source.name = text;
    return source;
  }
  return fail(base::invalid_argument(
      "capture", "capture is " + quoted(text) +
                     ", but must be default, none, tone:HZ, file:PATH.wav[,loop] or pulse:NAME"));
}

base::Result<AudioSink> parse_audio_sink(std::string_view text) {
  AudioSink sink;
  if (text.empty() || text == "default") return sink;
  if (text == "none") {
    sink.kind = AudioSink::Kind::none;
    return sink;
  }
  if (take_prefix(text, "file:")) {
    auto path = wav_path(text, "playback");
    if (!path) return fail(path.error());
    sink.kind = AudioSink::Kind::file;
    sink.name = *path;
    return sink;
  }
  if (take_prefix(text, "pulse:") && !text.empty()) {
    sink.name = text;
    return sink;
  }
  return fail(base::invalid_argument(
      "playback",
      "playback is " + quoted(text) + ", but must be default, none, file:PATH.wav or pulse:NAME"));
}

std::string to_string(const AudioSource& source) {
  switch (source.kind) {
    case AudioSource::Kind::device:
      return source.name.empty() ? "default" : "pulse:" + source.name;
    case AudioSource::Kind::none:
      return "none";
    case AudioSource::Kind::echo:
      return "echo";
    case AudioSource::Kind::tone: {
      char buffer[48];
      std::snprintf(buffer, sizeof buffer, "tone:%.10g", source.tone_hz);
      return buffer;
    }
    case AudioSource::Kind::file:
      return "file:" + source.name + (source.loop ? ",loop" : "");
  }
  return "none";
}

std::string to_string(const AudioSink& sink) {
  switch (sink.kind) {
    case AudioSink::Kind::device:
      return sink.name.empty() ? "default" : "pulse:" + sink.name;
    case AudioSink::Kind::none:
      return "none";
    case AudioSink::Kind::echo:
      return "echo";
    case AudioSink::Kind::file:
      return "file:" + sink.name;
  }
  return "none";
}

}  // namespace commd::model
