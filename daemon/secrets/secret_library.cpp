#include "daemon/secrets/secret_library.h"

#include "daemon/base/shared_library.h"

namespace commd::secrets {
namespace {

// The name of its ABI, not that of a development package.
constexpr const char* library_name = "libsecret-1.so.0";

base::Error missing() { return base::library_missing("SECRET_LIBRARY_MISSING", "libsecret-1-0"); }

}  // namespace

base::Result<SecretLibrary> SecretLibrary::load() {
  // What it depends on, GIO, is found through it.
  base::SharedLibrary all(library_name);
  if (!all) return base::fail(missing());
  SecretLibrary library;
  const bool complete =
      all.find("g_bus_get_sync", library.bus_get_sync) &&
      all.find("g_cancellable_cancel", library.cancellable_cancel) &&
      all.find("g_cancellable_new", library.cancellable_new) &&
      all.find("g_dbus_connection_set_exit_on_close", library.dbus_connection_set_exit_on_close) &&
      all.find("secret_attributes_build", library.attributes_build) &&
      all.find("secret_collection_for_alias_sync", library.collection_for_alias_sync) &&
      all.find("secret_collection_get_locked", library.collection_get_locked) &&
      all.find("secret_item_delete_sync", library.item_delete_sync) &&
      all.find("secret_item_get_locked", library.item_get_locked) &&
      all.find("secret_item_get_secret", library.item_get_secret) &&
      all.find("secret_service_disconnect", library.service_disconnect) &&
      all.find("secret_service_get_sync", library.service_get_sync) &&
      all.find("secret_service_search_sync", library.service_search_sync) &&
      all.find("secret_service_store_sync", library.service_store_sync) &&
      all.find("secret_value_get", library.value_get) &&
      all.find("secret_value_new", library.value_new) &&
      all.find("secret_value_unref", library.value_unref);
  if (!complete) return base::fail(missing());
  return library;
}

}  // namespace commd::secrets
