#include "daemon/secrets/keyring_secret_store.h"

#include <cstdlib>
#include <filesystem>
#include <system_error>
#include <utility>

#include "daemon/secrets/secret_library.h"

namespace commd::secrets {
namespace {

using base::Code;
using base::Result;

struct Unref {
  void operator()(void* object) const noexcept { g_object_unref(object); }
};
template <class T>
using Object = std::unique_ptr<T, Unref>;

struct FreeError {
  void operator()(GError* error) const noexcept { g_error_free(error); }
};
using ErrorHandle = std::unique_ptr<GError, FreeError>;

struct FreeTable {
  void operator()(GHashTable* table) const noexcept { g_hash_table_unref(table); }
};
using Table = std::unique_ptr<GHashTable, FreeTable>;

struct FreeItems {
  void operator()(GList* items) const noexcept { g_list_free_full(items, g_object_unref); }
};
using Items = std::unique_ptr<GList, FreeItems>;

struct FreeValue {
  decltype(&secret_value_unref) unref;
  void operator()(SecretValue* value) const noexcept { unref(value); }
};
using ValueHandle = std::unique_ptr<SecretValue, FreeValue>;

const SecretSchema* schema() {
  static const SecretSchema commd_schema = {
      "org.commd.Account",
      SECRET_SCHEMA_NONE,
      {{"account", SECRET_SCHEMA_ATTRIBUTE_STRING}, {"owner", SECRET_SCHEMA_ATTRIBUTE_STRING}},
      0,
      nullptr,
      nullptr,
      nullptr,
      nullptr,
      nullptr,
      nullptr,
      nullptr};
  return &commd_schema;
}

class KeyringSecretStore final : public SecretStore {
 public:
  KeyringSecretStore(const SecretLibrary& library, std::string owner)
      : library_(library), owner_(std::move(owner)), cancellable_(library_.cancellable_new()) {}

  std::string name() const override { return "keyring"; }

  Result<void> probe() override {
    auto keyring = default_keyring();
    if (!keyring) return tl::unexpected(keyring.error());
    return {};
  }

  Result<base::Secret> get(const std::string& account) override {
    auto items = search(account);
    if (!items) return tl::unexpected(items.error());
    bool locked = false;
    for (const GList* item = items->get(); item != nullptr; item = item->next) {
      auto* const found = static_cast<SecretItem*>(item->data);
      locked = locked || library_.item_get_locked(found) != FALSE;
      const ValueHandle value(library_.item_get_secret(found), {library_.value_unref});
      if (!value) continue;
      gsize size = 0;
      const gchar* const text = library_.value_get(value.get(), &size);
      return base::Secret(std::string_view(text, size));
    }
    if (locked) return locked_error();
    return base::fail(base::not_found("password", account));
  }

  Result<void> put(const std::string& account, const base::Secret& password) override {
    auto keyring = default_keyring();
    if (!keyring) return tl::unexpected(keyring.error());
    if (library_.collection_get_locked(keyring->get()) != FALSE) return locked_error();
    auto service = connect();
    if (!service) return tl::unexpected(service.error());
    const std::string label = "commd: " + account;
    const auto text = password.reveal();
    const ValueHandle value(
        library_.value_new(text.data(), static_cast<gssize>(text.size()), "text/plain"),
        {library_.value_unref});
    GError* error = nullptr;
    library_.service_store_sync(service->get(), schema(), attributes(account).get(),
                                SECRET_COLLECTION_DEFAULT, label.c_str(), value.get(),
                                cancellable_.get(), &error);
    return error == nullptr ? Result<void>{} : failed("store a password", error);
  }

  Result<void> erase(const std::string& account) override {
    auto items = search(account);
    if (!items) return tl::unexpected(items.error());
    for (const GList* item = items->get(); item != nullptr; item = item->next) {
      auto* const found = static_cast<SecretItem*>(item->data);
      if (library_.item_get_locked(found) != FALSE) return locked_error();
      GError* error = nullptr;
      library_.item_delete_sync(found, cancellable_.get(), &error);
      if (error != nullptr) return failed("remove a password", error);
    }
    return {};
  }

  void cancel() noexcept override { library_.cancellable_cancel(cancellable_.get()); }

 private:
  Result<Object<SecretService>> connect() {
    GError* error = nullptr;
    const Object<GDBusConnection> bus(
        library_.bus_get_sync(G_BUS_TYPE_SESSION, cancellable_.get(), &error));
    if (!bus) return tl::unexpected(failed("reach the session bus", error).error());
    // Else GLib sends us SIGTERM when the desktop session ends.
    library_.dbus_connection_set_exit_on_close(bus.get(), FALSE);
    Object<SecretService> service(
        library_.service_get_sync(SECRET_SERVICE_OPEN_SESSION, cancellable_.get(), &error));
    if (service && error == nullptr) return service;
    return tl::unexpected(failed("reach the keyring", error).error());
  }

  Result<Object<SecretCollection>> default_keyring() {
    auto service = connect();
    if (!service) return tl::unexpected(service.error());
    GError* error = nullptr;
    Object<SecretCollection> keyring(
        library_.collection_for_alias_sync(service->get(), SECRET_COLLECTION_DEFAULT,
                                           SECRET_COLLECTION_NONE, cancellable_.get(), &error));
    if (error != nullptr) return tl::unexpected(failed("open the keyring", error).error());
    if (!keyring)
      return base::fail(Code::unavailable, "KEYRING_UNAVAILABLE", "there is no default keyring");
    return keyring;
  }

  // Without SECRET_SEARCH_UNLOCK: that would prompt.
  Result<Items> search(const std::string& account) {
    auto service = connect();
    if (!service) return tl::unexpected(service.error());
    GError* error = nullptr;
    Items items(library_.service_search_sync(
        service->get(), schema(), attributes(account).get(),
        static_cast<SecretSearchFlags>(SECRET_SEARCH_ALL | SECRET_SEARCH_LOAD_SECRETS),
        cancellable_.get(), &error));
    if (error != nullptr) return tl::unexpected(failed("search the keyring", error).error());
    return items;
  }

  Table attributes(const std::string& account) const {
    return Table(library_.attributes_build(schema(), "account", account.c_str(), "owner",
                                           owner_.c_str(), nullptr));
  }

  static tl::unexpected<base::Error> locked_error() {
    return base::fail(Code::unavailable, "KEYRING_LOCKED",
                      "the keyring is locked; unlock it (log in to the desktop, or open it with "
                      "its password program)");
  }

  // Takes the error. The next call makes a new connection, since the service may
  // have been restarted.
  Result<void> failed(const std::string& what, GError* error) const {
    const ErrorHandle owned(error);
    library_.service_disconnect();
    return base::fail(
        Code::unavailable, "KEYRING_UNAVAILABLE",
        "cannot " + what + ": " + (error != nullptr ? error->message : "no reason was given"));
  }

  const SecretLibrary library_;
  const std::string owner_;
  const Object<GCancellable> cancellable_;
};

}  // namespace

bool session_bus_is_there() {
  // Never without an address: GLib would start a bus of its own then.
  const char* const address = std::getenv("DBUS_SESSION_BUS_ADDRESS");
  if (address != nullptr && *address != '\0') return true;
  const char* const runtime = std::getenv("XDG_RUNTIME_DIR");
  std::error_code ignored;
  return runtime != nullptr && *runtime == '/' &&
         std::filesystem::is_socket(std::filesystem::path(runtime) / "bus", ignored);
}

Result<std::unique_ptr<SecretStore>> make_keyring_store(const std::string& owner) {
  const auto library = SecretLibrary::load();
  if (!library) return base::fail(library.error());
  return std::make_unique<KeyringSecretStore>(*library, owner);
}

}  // namespace commd::secrets
