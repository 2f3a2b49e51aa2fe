// A GstPipeline that is built element by element and watched on the GLib thread. An
// error ends the pipeline, never the process.
//
// Everything on the loop's thread.
#pragma once

#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "daemon/base/result.h"
#include "daemon/loop/glib_loop.h"
#include "media/gst/handles.h"

namespace commd::gst {

class Pipeline {
 public:
  struct Callbacks {
    // At most one of them, once, and never from within start(). It may destroy the
    // pipeline.
    std::function<void(const base::Error&)> failed;
    std::function<void()> ended;  // end of stream
  };
  using Properties = std::vector<std::pair<const char*, std::string>>;

  Pipeline(const loop::GlibLoop& loop, Callbacks callbacks);
  // Stops and joins the streaming threads.
  ~Pipeline();
  Pipeline(const Pipeline&) = delete;
  Pipeline& operator=(const Pipeline&) = delete;

  // Makes an element, sets the properties that it has and links it behind the last.
  // Null, and start() will say why, if there is no such element or it does not fit.
  // Borrowed: it lives as long as the pipeline.
  GstElement* add(const char* factory, const Properties& properties = {});
  // As add(), of an element that outlives the pipeline.
  GstElement* add(GstElement* element);
  // Restricts what flows between the last element and the next.
  void limit_to(const std::string& caps);

  // UNAVAILABLE (AUDIO_DEVICE_FAILED) in the words of the element that failed.
  base::Result<void> start();
  // Waits for the end of the stream at most so long: at the end of the process, when
  // nobody is called any more.
  bool wait_for_end(std::chrono::milliseconds limit);

 private:
  static gboolean on_message(GstBus*, GstMessage* message, gpointer self) noexcept;
  static base::Error error_of(GstMessage* message);
  GstElement* append(GstElement* element);

  const loop::GlibLoop& loop_;
  Callbacks callbacks_;
  Element pipeline_;
  Bus bus_;
  loop::AttachedSource watch_;
  GstElement* last_ = nullptr;
  std::vector<Element> lent_;
  std::string unfit_;  // what could not be added
};

}  // namespace commd::gst
