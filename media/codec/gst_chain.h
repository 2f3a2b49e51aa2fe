// A row of GStreamer elements run like a function: one buffer is pushed in from
// the calling thread, and what comes out has come out when the call returns. No
// pipeline, no clock, no queue, no thread.
//
// Only for elements known to start no thread. Belongs to one thread at a time.
#pragma once

#include <gst/gst.h>

#include <chrono>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace commd::codec {

// Initialises GStreamer if that was not done. False if it cannot start. Any
// thread: GStreamer guards this with a lock of its own, so that no state of ours
// is needed to do it once.
bool start_gstreamer();

struct ChainElement {
  const char* factory;
  // Set where the element has such a property.
  std::vector<std::pair<const char*, std::string>> properties;
};

struct ChainFormat {
  std::string input_caps;
  std::string output_caps;  // anything else coming out is an error
};

class GstChain {
 public:
  // Null if an element is missing, or the row does not link or start.
  static std::unique_ptr<GstChain> make(std::span<const ChainElement> elements,
                                        const ChainFormat& format);
  ~GstChain();
  GstChain(const GstChain&) = delete;
  GstChain& operator=(const GstChain&) = delete;

  // Pushes `input` as one buffer of that time and length. Octets written to `out`:
  // what came out, without stream headers; what does not fit is dropped. Empty: an
  // element failed, and the chain is of no more use.
  std::optional<size_t> push(std::span<const uint8_t> input, std::chrono::nanoseconds at,
                             std::chrono::nanoseconds duration, std::span<uint8_t> out);

  // Tells the elements that audio of that time and length was lost; a decoder that
  // conceals gives what it makes up. As push() otherwise.
  std::optional<size_t> gap(std::chrono::nanoseconds at, std::chrono::nanoseconds duration,
                            std::span<uint8_t> out);

 private:
  struct Unref {
    void operator()(void* object) const noexcept { gst_object_unref(object); }
  };
  template <class T>
  using Handle = std::unique_ptr<T, Unref>;
  struct CapsUnref {
    void operator()(GstCaps* caps) const noexcept { gst_caps_unref(caps); }
  };
  using Caps = std::unique_ptr<GstCaps, CapsUnref>;

  explicit GstChain(const ChainFormat& format);
  bool add(const ChainElement& element);
  bool start();
  void collect(GstBuffer* buffer);

  // Called by GStreamer in the pushing thread.
  static GstFlowReturn on_output(GstPad* pad, GstObject*, GstBuffer* buffer) noexcept;
  static gboolean on_output_event(GstPad* pad, GstObject*, GstEvent* event) noexcept;
  static gboolean on_input_event(GstPad*, GstObject*, GstEvent* event) noexcept;
  static gboolean on_query(GstPad* pad, GstObject*, GstQuery* query) noexcept;
  static GstBusSyncReply on_message(GstBus*, GstMessage* message, gpointer chain) noexcept;

  Caps input_caps_;
  Caps output_caps_;
  Handle<GstBus> bus_;
  Handle<GstPad> input_;
  Handle<GstPad> output_;
  std::vector<Handle<GstElement>> elements_;
  std::span<uint8_t> out_;
  size_t collected_ = 0;
  bool failed_ = false;
};

}  // namespace commd::codec
