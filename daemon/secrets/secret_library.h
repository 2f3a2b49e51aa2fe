// libsecret and GIO, loaded when a keyring is first wanted: with what they bring in they
// are 1.3 MB of a process, which a daemon that keeps its passwords in files never needs.
//
// Any thread.
#pragma once

#include <libsecret/secret.h>

#include "daemon/base/result.h"

namespace commd::secrets {

// Their functions, by their names without "g_" and "secret_".
struct SecretLibrary {
  // UNAVAILABLE (SECRET_LIBRARY_MISSING) when it is not installed, or too old. It stays
  // loaded until the process ends: types of GObject cannot be unloaded.
  static base::Result<SecretLibrary> load();

  decltype(&g_bus_get_sync) bus_get_sync = nullptr;
  decltype(&g_cancellable_cancel) cancellable_cancel = nullptr;
  decltype(&g_cancellable_new) cancellable_new = nullptr;
  decltype(&g_dbus_connection_set_exit_on_close) dbus_connection_set_exit_on_close = nullptr;
  decltype(&secret_attributes_build) attributes_build = nullptr;
  decltype(&secret_collection_for_alias_sync) collection_for_alias_sync = nullptr;
  decltype(&secret_collection_get_locked) collection_get_locked = nullptr;
  decltype(&secret_item_delete_sync) item_delete_sync = nullptr;
  decltype(&secret_item_get_locked) item_get_locked = nullptr;
  decltype(&secret_item_get_secret) item_get_secret = nullptr;
  decltype(&secret_service_disconnect) service_disconnect = nullptr;
  decltype(&secret_service_get_sync) service_get_sync = nullptr;
  decltype(&secret_service_search_sync) service_search_sync = nullptr;
  decltype(&secret_service_store_sync) service_store_sync = nullptr;
  decltype(&secret_value_get) value_get = nullptr;
  decltype(&secret_value_new) value_new = nullptr;
  decltype(&secret_value_unref) value_unref = nullptr;
};

}  // namespace commd::secrets
