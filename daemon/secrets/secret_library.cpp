#include "daemon/secrets/secret_library.h"

#include <dlfcn.h>

#include <string>

namespace commd::secrets {
namespace {

// The name of its ABI, not that of a development package.
constexpr const char* library_name = "libsecret-1.so.0";

base::Error missing() {
  const char* reason = ::dlerror();
  return {base::Code::unavailable,
          "SECRET_LIBRARY_MISSING",
          std::string("install libsecret-1-0: ") + (reason == nullptr ? "not found" : reason),
          {}};
}

template <class Function>
bool find(void* library, const char* name, Function& function) {
  function = reinterpret_cast<Function>(::dlsym(library, name));
  return function != nullptr;
}

}  // namespace

base::Result<SecretLibrary> SecretLibrary::load() {
  // What it depends on, GIO, is found through it.
  void* all = ::dlopen(library_name, RTLD_NOW | RTLD_LOCAL);
  if (all == nullptr) return base::fail(missing());
  SecretLibrary library;
  const bool complete =
      find(all, "g_bus_get_sync", library.bus_get_sync) &&
      find(all, "g_cancellable_cancel", library.cancellable_cancel) &&
      find(all, "g_cancellable_new", library.cancellable_new) &&
      find(all, "g_dbus_connection_set_exit_on_close", library.dbus_connection_set_exit_on_close) &&
      find(all, "secret_attributes_build", library.attributes_build) &&
      find(all, "secret_collection_for_alias_sync", library.collection_for_alias_sync) &&
      find(all, "secret_collection_get_locked", library.collection_get_locked) &&
      find(all, "secret_item_delete_sync", library.item_delete_sync) &&
      find(all, "secret_item_get_locked", library.item_get_locked) &&
      find(all, "secret_item_get_secret", library.item_get_secret) &&
      find(all, "secret_service_disconnect", library.service_disconnect) &&
      find(all, "secret_service_get_sync", library.service_get_sync) &&
      find(all, "secret_service_search_sync", library.service_search_sync) &&
      find(all, "secret_service_store_sync", library.service_store_sync) &&
      find(all, "secret_value_get", library.value_get) &&
      find(all, "secret_value_new", library.value_new) &&
      find(all, "secret_value_unref", library.value_unref);
  if (!complete) return base::fail(missing());
  return library;
}

}  // namespace commd::secrets
