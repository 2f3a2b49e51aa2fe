#include "media/gst/pulse_library.h"

#include <dlfcn.h>

namespace commd::gst {
namespace {

// The names of their ABI, not those of a development package.
constexpr const char* client_library = "libpulse.so.0";
constexpr const char* glib_library = "libpulse-mainloop-glib.so.0";

base::Error missing() {
  const char* reason = ::dlerror();
  return {base::Code::unavailable,
          "SOUND_LIBRARY_MISSING",
          std::string("install libpulse0 and libpulse-mainloop-glib0: ") +
              (reason == nullptr ? "not found" : reason),
          {}};
}

template <class Function>
bool find(void* library, const char* name, Function& function) {
  function = reinterpret_cast<Function>(::dlsym(library, name));
  return function != nullptr;
}

}  // namespace

base::Result<PulseLibrary> PulseLibrary::load() {
  void* client = ::dlopen(client_library, RTLD_NOW | RTLD_LOCAL);
  if (client == nullptr) return base::fail(missing());
  void* glib = ::dlopen(glib_library, RTLD_NOW | RTLD_LOCAL);
  if (glib == nullptr) return base::fail(missing());
  PulseLibrary library;
  const bool complete =
      find(client, "pa_context_connect", library.context_connect) &&
      find(client, "pa_context_disconnect", library.context_disconnect) &&
      find(client, "pa_context_errno", library.context_errno) &&
      find(client, "pa_context_get_server", library.context_get_server) &&
      find(client, "pa_context_get_server_info", library.context_get_server_info) &&
      find(client, "pa_context_get_sink_info_list", library.context_get_sink_info_list) &&
      find(client, "pa_context_get_source_info_list", library.context_get_source_info_list) &&
      find(client, "pa_context_get_state", library.context_get_state) &&
      find(client, "pa_context_new", library.context_new) &&
      find(client, "pa_context_set_state_callback", library.context_set_state_callback) &&
      find(client, "pa_context_set_subscribe_callback", library.context_set_subscribe_callback) &&
      find(client, "pa_context_subscribe", library.context_subscribe) &&
      find(client, "pa_context_unref", library.context_unref) &&
      find(client, "pa_operation_unref", library.operation_unref) &&
      find(client, "pa_strerror", library.strerror) &&
      find(glib, "pa_glib_mainloop_free", library.glib_mainloop_free) &&
      find(glib, "pa_glib_mainloop_get_api", library.glib_mainloop_get_api) &&
      find(glib, "pa_glib_mainloop_new", library.glib_mainloop_new);
  if (!complete) return base::fail(missing());
  return library;
}

}  // namespace commd::gst
