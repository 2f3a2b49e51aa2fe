#include "tests/unit/secrets/fake_secret_service.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>

namespace commd::secrets {
namespace {

constexpr char service_path[] = "/org/freedesktop/secrets";
constexpr char keyring_path[] = "/org/freedesktop/secrets/collection/login";
constexpr char alias_path[] = "/org/freedesktop/secrets/aliases/default";
constexpr char session_path[] = "/org/freedesktop/secrets/session/1";

// Of the Secret Service specification, what libsecret calls without prompts.
constexpr char interfaces_xml[] = R"(<node>
<interface name='org.freedesktop.Secret.Service'>
  <method name='OpenSession'><arg type='s' direction='in'/><arg type='v' direction='in'/>
    <arg type='v' direction='out'/><arg type='o' direction='out'/></method>
  <method name='SearchItems'><arg type='a{ss}' direction='in'/>
    <arg type='ao' direction='out'/><arg type='ao' direction='out'/></method>
  <method name='Unlock'><arg type='ao' direction='in'/>
    <arg type='ao' direction='out'/><arg type='o' direction='out'/></method>
  <method name='CreateCollection'><arg type='a{sv}' direction='in'/><arg type='s' direction='in'/>
    <arg type='o' direction='out'/><arg type='o' direction='out'/></method>
  <method name='GetSecrets'><arg type='ao' direction='in'/><arg type='o' direction='in'/>
    <arg type='a{o(oayays)}' direction='out'/></method>
  <method name='ReadAlias'><arg type='s' direction='in'/><arg type='o' direction='out'/></method>
  <property name='Collections' type='ao' access='read'/>
</interface>
<interface name='org.freedesktop.Secret.Collection'>
  <method name='CreateItem'><arg type='a{sv}' direction='in'/>
    <arg type='(oayays)' direction='in'/><arg type='b' direction='in'/>
    <arg type='o' direction='out'/><arg type='o' direction='out'/></method>
  <property name='Items' type='ao' access='read'/>
  <property name='Label' type='s' access='read'/>
  <property name='Locked' type='b' access='read'/>
  <property name='Created' type='t' access='read'/>
  <property name='Modified' type='t' access='read'/>
</interface>
<interface name='org.freedesktop.Secret.Item'>
  <method name='Delete'><arg type='o' direction='out'/></method>
  <method name='GetSecret'><arg type='o' direction='in'/>
    <arg type='(oayays)' direction='out'/></method>
  <property name='Attributes' type='a{ss}' access='read'/>
  <property name='Label' type='s' access='read'/>
  <property name='Locked' type='b' access='read'/>
  <property name='Created' type='t' access='read'/>
  <property name='Modified' type='t' access='read'/>
</interface></node>)";

std::map<std::string, std::string> to_map(GVariant* table) {
  std::map<std::string, std::string> map;
  GVariantIter iter;
  const gchar* key = nullptr;
  const gchar* value = nullptr;
  g_variant_iter_init(&iter, table);
  while (g_variant_iter_next(&iter, "{&s&s}", &key, &value)) map[key] = value;
  return map;
}

GVariant* bytes(const std::string& text) {
  return g_variant_new_fixed_array(G_VARIANT_TYPE_BYTE, text.data(), text.size(), 1);
}

bool quit(GMainLoop* loop) {
  g_main_loop_quit(loop);
  return false;
}

}  // namespace

FakeSecretService::FakeSecretService(const std::string& bus_address) {
  std::atomic<bool> ready{false};
  thread_ = std::thread([&] { run(bus_address, ready); });
  ready.wait(false);
}

FakeSecretService::~FakeSecretService() {
  g_main_context_invoke(
      context_, [](gpointer loop) -> gboolean { return quit(static_cast<GMainLoop*>(loop)); },
      loop_);
  thread_.join();
  g_main_loop_unref(loop_);
  g_main_context_unref(context_);
}

void FakeSecretService::run(const std::string& bus_address, std::atomic<bool>& ready) {
  g_main_context_push_thread_default(context_);
  GError* error = nullptr;
  bus_ = g_dbus_connection_new_for_address_sync(
      bus_address.c_str(),
      static_cast<GDBusConnectionFlags>(G_DBUS_CONNECTION_FLAGS_AUTHENTICATION_CLIENT |
                                        G_DBUS_CONNECTION_FLAGS_MESSAGE_BUS_CONNECTION),
      nullptr, nullptr, &error);
  interfaces_ = g_dbus_node_info_new_for_xml(interfaces_xml, nullptr);
  if (bus_ != nullptr && interfaces_ != nullptr)
    register_objects();
  else
    ADD_FAILURE() << (error != nullptr ? error->message : "wrong XML");
  ready = true;
  ready.notify_one();
  g_main_loop_run(loop_);
  if (bus_ != nullptr) {
    g_dbus_connection_close_sync(bus_, nullptr, nullptr);
    g_object_unref(bus_);
  }
  if (interfaces_ != nullptr) g_dbus_node_info_unref(interfaces_);
  g_main_context_pop_thread_default(context_);
}

void FakeSecretService::register_objects() {
  add_object(service_path, "org.freedesktop.Secret.Service");
  add_object(keyring_path, "org.freedesktop.Secret.Collection");
  add_object(alias_path, "org.freedesktop.Secret.Collection");
  GVariant* const reply = g_dbus_connection_call_sync(
      bus_, "org.freedesktop.DBus", "/org/freedesktop/DBus", "org.freedesktop.DBus", "RequestName",
      g_variant_new("(su)", "org.freedesktop.secrets", 0U), nullptr, G_DBUS_CALL_FLAGS_NONE, -1,
      nullptr, nullptr);
  EXPECT_NE(reply, nullptr);
  if (reply != nullptr) g_variant_unref(reply);
}

guint FakeSecretService::add_object(const std::string& path, const char* interface) {
  static const GDBusInterfaceVTable table = {on_call, on_property, nullptr, {}};
  return g_dbus_connection_register_object(
      bus_, path.c_str(), g_dbus_node_info_lookup_interface(interfaces_, interface), &table, this,
      nullptr, nullptr);
}

void FakeSecretService::on_call(GDBusConnection*, const gchar*, const gchar* path, const gchar*,
                                const gchar* method, GVariant* parameters,
                                GDBusMethodInvocation* invocation, gpointer self) {
  static_cast<FakeSecretService*>(self)->call(path, method, parameters, invocation);
}

GVariant* FakeSecretService::on_property(GDBusConnection*, const gchar*, const gchar* path,
                                         const gchar*, const gchar* name, GError**, gpointer self) {
  return static_cast<FakeSecretService*>(self)->property(path, name);
}

void FakeSecretService::call(const std::string& path, const std::string& method,
                             GVariant* parameters, GDBusMethodInvocation* invocation) {
  GVariant* answer = nullptr;
  if (method == "OpenSession") {
    const gchar* algorithm = nullptr;
    g_variant_get_child(parameters, 0, "&s", &algorithm);
    if (std::strcmp(algorithm, "plain") == 0)
      answer = g_variant_new("(vo)", g_variant_new_string(""), session_path);
  } else if (method == "ReadAlias") {
    answer = g_variant_new("(o)", has_default ? keyring_path : "/");
  } else if (method == "SearchItems") {
    answer = search(parameters);
  } else if (method == "GetSecrets") {
    answer = secrets_of(parameters);
  } else if (method == "GetSecret") {
    answer = g_variant_new("(@(oayays))", secret_of(path, session_path));
  } else if (method == "CreateItem" && !locked) {
    answer = create_item(parameters);
  } else if (method == "Delete" && !locked) {
    g_dbus_connection_unregister_object(bus_, by_path_[path].registration);
    by_path_.erase(path);
    --items;
    answer = g_variant_new("(o)", "/");
  } else {
    ++prompts;  // Unlock, CreateCollection, or a change of what is locked
  }
  if (answer != nullptr)
    g_dbus_method_invocation_return_value(invocation, answer);
  else
    g_dbus_method_invocation_return_dbus_error(
        invocation, "org.freedesktop.DBus.Error.NotSupported", "not here");
}

GVariant* FakeSecretService::create_item(GVariant* parameters) {
  GVariant* const properties = g_variant_get_child_value(parameters, 0);
  GVariant* const secret = g_variant_get_child_value(parameters, 1);
  GVariant* const value = g_variant_get_child_value(secret, 2);
  GVariant* const attributes =
      g_variant_lookup_value(properties, "org.freedesktop.Secret.Item.Attributes", nullptr);
  Item item;
  item.attributes = to_map(attributes);
  gsize size = 0;
  const auto* text = static_cast<const char*>(g_variant_get_fixed_array(value, &size, 1));
  item.secret.assign(text, size);
  g_variant_unref(attributes);
  g_variant_unref(value);
  g_variant_unref(secret);
  g_variant_unref(properties);
  // The last argument of CreateItem asks to replace; libsecret always does.
  for (auto& [path, old] : by_path_) {
    if (old.attributes != item.attributes) continue;
    old.secret = item.secret;
    return g_variant_new("(oo)", path.c_str(), "/");
  }
  const std::string path = std::string(keyring_path) + "/" + std::to_string(++made_);
  item.registration = add_object(path, "org.freedesktop.Secret.Item");
  by_path_[path] = item;
  ++items;
  return g_variant_new("(oo)", path.c_str(), "/");
}

GVariant* FakeSecretService::search(GVariant* parameters) const {
  GVariant* const wanted = g_variant_get_child_value(parameters, 0);
  const auto attributes = to_map(wanted);
  g_variant_unref(wanted);
  GVariantBuilder open;
  GVariantBuilder shut;
  g_variant_builder_init(&open, G_VARIANT_TYPE("ao"));
  g_variant_builder_init(&shut, G_VARIANT_TYPE("ao"));
  for (const auto& [path, item] : by_path_)
    if (std::includes(item.attributes.begin(), item.attributes.end(), attributes.begin(),
                      attributes.end()))
      g_variant_builder_add(locked ? &shut : &open, "o", path.c_str());
  return g_variant_new("(aoao)", &open, &shut);
}

GVariant* FakeSecretService::secret_of(const std::string& path, const char* session) const {
  const auto found = by_path_.find(path);
  const std::string text = found == by_path_.end() ? "" : found->second.secret;
  return g_variant_new("(o@ay@ays)", session, bytes(""), bytes(text), "text/plain");
}

GVariant* FakeSecretService::secrets_of(GVariant* parameters) const {
  GVariantIter* paths = nullptr;
  const gchar* session = nullptr;
  const gchar* path = nullptr;
  GVariantBuilder secrets;
  g_variant_builder_init(&secrets, G_VARIANT_TYPE("a{o(oayays)}"));
  g_variant_get(parameters, "(ao&o)", &paths, &session);
  while (g_variant_iter_next(paths, "&o", &path))
    if (!locked) g_variant_builder_add(&secrets, "{o@(oayays)}", path, secret_of(path, session));
  g_variant_iter_free(paths);
  return g_variant_new("(a{o(oayays)})", &secrets);
}

GVariant* FakeSecretService::item_paths() const {
  GVariantBuilder paths;
  g_variant_builder_init(&paths, G_VARIANT_TYPE("ao"));
  for (const auto& [path, item] : by_path_) g_variant_builder_add(&paths, "o", path.c_str());
  return g_variant_builder_end(&paths);
}

GVariant* FakeSecretService::property(const std::string& path, const std::string& name) {
  if (name == "Locked") return g_variant_new_boolean(locked);
  if (name == "Label") return g_variant_new_string("login");
  if (name == "Created" || name == "Modified") return g_variant_new_uint64(1);
  if (name == "Items") return item_paths();
  GVariantBuilder builder;
  if (name == "Collections") {
    g_variant_builder_init(&builder, G_VARIANT_TYPE("ao"));
    g_variant_builder_add(&builder, "o", keyring_path);
    return g_variant_builder_end(&builder);
  }
  g_variant_builder_init(&builder, G_VARIANT_TYPE("a{ss}"));
  for (const auto& [key, value] : by_path_[path].attributes)
    g_variant_builder_add(&builder, "{ss}", key.c_str(), value.c_str());
  return g_variant_builder_end(&builder);
}

}  // namespace commd::secrets
