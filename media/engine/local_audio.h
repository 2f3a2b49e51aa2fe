// Our ends of a call's audio, by name: opens what AudioSource, AudioSink and the
// paths of play() and record() say, and hands it to the call's worker.
//
// Core thread.
#pragma once

#include <functional>
#include <string>

#include "daemon/base/result.h"
#include "daemon/model/audio_endpoint.h"
#include "media/engine/audio_devices.h"
#include "media/engine/file_thread.h"
#include "media/engine/media_link.h"
#include "media/engine/private_file.h"

namespace commd::engine {

class LocalAudio {
 public:
  using Done = std::function<void(base::Result<void>)>;

  // Null where there are none.
  struct Rooms {
    FileThread& files;
    AudioDevices* devices;
    RecorderFactory* recorders;
  };

  // `finished`: a file source or a playback has ended.
  LocalAudio(MediaLink& link, Rooms rooms, std::function<void()> finished)
      : link_(link), rooms_(rooms), finished_(std::move(finished)) {}

  // Later calls overtake earlier ones that are still opening their file. `rate` is
  // the call's at present, in Hz; `done` comes later.
  void set_capture(const model::AudioSource& source, uint32_t rate, Done done);
  void set_playback(const model::AudioSink& sink, uint32_t rate, Done done);
  // An empty path stops.
  void play(const std::string& path, uint32_t rate, Done done);
  void record(const std::string& path, uint32_t rate, Done done);

 private:
  using Opened = std::function<void(base::Result<std::shared_ptr<RingEndpoint>>)>;
  using Endpoint = std::shared_ptr<RingEndpoint>;

  void put_capture(std::unique_ptr<mixer::AudioInput> input);
  void put_playback(std::unique_ptr<mixer::AudioOutput> output);
  // Called with what was opened, unless `generation` has moved on meanwhile.
  Opened opened(const unsigned& generation, FileField field, Done done,
                std::function<void(Endpoint)> use) const;
  void succeed(Done done);
  void capture_finished(unsigned generation);
  void player_finished(unsigned generation);

  MediaLink& link_;
  Rooms rooms_;
  std::function<void()> finished_;
  unsigned capture_ = 0;   // generations
  unsigned playback_ = 0;  //
  unsigned player_ = 0;    //
  unsigned recorder_ = 0;  //
};

}  // namespace commd::engine
