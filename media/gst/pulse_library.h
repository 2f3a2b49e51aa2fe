// libpulse, loaded when a sound server is first asked for: it brings some twenty
// libraries with it (2.5 MB of a process), which a daemon without devices never needs.
//
// One thread.
#pragma once

#include <pulse/glib-mainloop.h>
#include <pulse/pulseaudio.h>

#include <memory>

#include "daemon/base/result.h"

namespace commd::gst {

// Its functions, by their names without "pa_".
struct PulseLibrary {
  // UNAVAILABLE (SOUND_LIBRARY_MISSING) when it is not installed, or too old. It stays
  // loaded until the process ends: GStreamer's own elements share it.
  static base::Result<PulseLibrary> load();

  decltype(&pa_context_connect) context_connect = nullptr;
  decltype(&pa_context_disconnect) context_disconnect = nullptr;
  decltype(&pa_context_errno) context_errno = nullptr;
  decltype(&pa_context_get_server) context_get_server = nullptr;
  decltype(&pa_context_get_server_info) context_get_server_info = nullptr;
  decltype(&pa_context_get_sink_info_list) context_get_sink_info_list = nullptr;
  decltype(&pa_context_get_source_info_list) context_get_source_info_list = nullptr;
  decltype(&pa_context_get_state) context_get_state = nullptr;
  decltype(&pa_context_new) context_new = nullptr;
  decltype(&pa_context_set_state_callback) context_set_state_callback = nullptr;
  decltype(&pa_context_set_subscribe_callback) context_set_subscribe_callback = nullptr;
  decltype(&pa_context_subscribe) context_subscribe = nullptr;
  decltype(&pa_context_unref) context_unref = nullptr;
  decltype(&pa_glib_mainloop_free) glib_mainloop_free = nullptr;
  decltype(&pa_glib_mainloop_get_api) glib_mainloop_get_api = nullptr;
  decltype(&pa_glib_mainloop_new) glib_mainloop_new = nullptr;
  decltype(&pa_operation_unref) operation_unref = nullptr;
  decltype(&pa_strerror) strerror = nullptr;
};

}  // namespace commd::gst
