// Our own connection to PulseAudio, or PipeWire in its place: whether it is there, and
// what devices it has. Sound itself goes through GStreamer.
//
// GStreamer's device monitor is not used for it: it connects with the thread blocked,
// says nothing when the server dies, and nothing when the default device changes.
//
// GLib thread.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "daemon/base/log.h"
#include "daemon/loop/glib_loop.h"
#include "daemon/model/device.h"
#include "media/gst/backoff.h"
#include "media/gst/pulse_library.h"
#include "media/gst/server_socket.h"

namespace commd::gst {

class SoundServer {
 public:
  class Listener {
   public:
    virtual ~Listener() = default;
    // The first time, and whenever it changes. `message` is for a person.
    virtual void server_changed(bool present, const std::string& message) = 0;
    // The whole list.
    virtual void devices_changed(const std::vector<model::Device>& devices) = 0;
  };

  // `address` as in PULSE_SERVER; empty: the usual one.
  SoundServer(const loop::GlibLoop& loop, std::string address, Listener& listener,
              base::Logger logger);
  ~SoundServer();
  SoundServer(const SoundServer&) = delete;
  SoundServer& operator=(const SoundServer&) = delete;

  // Connects unless that was done. While it is wanted, an absent server is tried again
  // after 1 to 10 s; else only when its socket appears.
  void open();
  void set_wanted(bool wanted);

  bool present() const { return present_; }
  // No answer yet, neither yes nor no.
  bool undecided() const { return undecided_; }

 private:
  struct Listing;
  using Mainloop = std::unique_ptr<pa_glib_mainloop, void (*)(pa_glib_mainloop*)>;

  bool load();
  void connect();
  void disconnect();
  void absent(const std::string& reason);
  void retry_later();
  void socket_appeared();
  void ready();
  void list();
  void listed(std::vector<model::Device> devices);
  void forget(pa_operation* operation) const;

  // Called by libpulse on this thread.
  static void on_state(pa_context* context, void* self) noexcept;
  static void on_change(pa_context*, int, unsigned, void* self) noexcept;
  static void on_server(pa_context*, const pa_server_info* info, void* self) noexcept;
  static void on_sink(pa_context*, const pa_sink_info* info, int end, void* self) noexcept;
  static void on_source(pa_context*, const pa_source_info* info, int end, void* self) noexcept;

  const loop::GlibLoop& loop_;
  std::string address_;
  Listener& listener_;
  base::Logger logger_;
  PulseLibrary pulse_;  // from open() on
  Mainloop mainloop_;   // null without the library
  pa_context* context_ = nullptr;
  bool opened_ = false;
  bool wanted_ = false;
  bool present_ = false;
  bool undecided_ = true;
  Backoff backoff_;
  unsigned quick_attempts_ = 0;
  loop::AttachedSource retry_;
  loop::AttachedSource ended_;  // the connection is taken down outside its own callback
  std::unique_ptr<SocketWatch> socket_;
  std::unique_ptr<Listing> listing_;  // under way
  bool list_again_ = false;
};

}  // namespace commd::gst
