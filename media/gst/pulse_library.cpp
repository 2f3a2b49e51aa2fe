#include "media/gst/pulse_library.h"

#include "daemon/base/shared_library.h"

namespace commd::gst {
namespace {

// The names of their ABI, not those of a development package.
constexpr const char* client_library = "libpulse.so.0";
constexpr const char* glib_library = "libpulse-mainloop-glib.so.0";

base::Error missing() {
  return base::library_missing("SOUND_LIBRARY_MISSING", "libpulse0 and libpulse-mainloop-glib0");
}

}  // namespace

base::Result<PulseLibrary> PulseLibrary::load() {
  base::SharedLibrary client(client_library);
  if (!client) return base::fail(missing());
  base::SharedLibrary glib(glib_library);
  if (!glib) return base::fail(missing());
  PulseLibrary library;
  const bool complete =
      client.find("pa_context_connect", library.context_connect) &&
      client.find("pa_context_disconnect", library.context_disconnect) &&
      client.find("pa_context_errno", library.context_errno) &&
      client.find("pa_context_get_server", library.context_get_server) &&
      client.find("pa_context_get_server_info", library.context_get_server_info) &&
      client.find("pa_context_get_sink_info_list", library.context_get_sink_info_list) &&
      client.find("pa_context_get_source_info_list", library.context_get_source_info_list) &&
      client.find("pa_context_get_state", library.context_get_state) &&
      client.find("pa_context_new", library.context_new) &&
      client.find("pa_context_set_state_callback", library.context_set_state_callback) &&
      client.find("pa_context_set_subscribe_callback", library.context_set_subscribe_callback) &&
      client.find("pa_context_subscribe", library.context_subscribe) &&
      client.find("pa_context_unref", library.context_unref) &&
      client.find("pa_operation_unref", library.operation_unref) &&
      client.find("pa_strerror", library.strerror) &&
      glib.find("pa_glib_mainloop_free", library.glib_mainloop_free) &&
      glib.find("pa_glib_mainloop_get_api", library.glib_mainloop_get_api) &&
      glib.find("pa_glib_mainloop_new", library.glib_mainloop_new);
  if (!complete) return base::fail(missing());
  return library;
}

}  // namespace commd::gst
