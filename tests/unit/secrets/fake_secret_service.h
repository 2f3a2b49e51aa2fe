// A Secret Service on a bus of the test's own: one keyring, plain sessions, enough
// of the specification for libsecret. It runs on a thread of its own.
#pragma once

#include <gio/gio.h>

#include <atomic>
#include <map>
#include <string>
#include <thread>
#include <vector>

namespace commd::secrets {

class FakeSecretService {
 public:
  explicit FakeSecretService(const std::string& bus_address);
  FakeSecretService(const FakeSecretService&) = delete;
  FakeSecretService& operator=(const FakeSecretService&) = delete;
  ~FakeSecretService();

  // Any thread.
  std::atomic<bool> locked{false};
  std::atomic<bool> has_default{true};
  std::atomic<int> prompts{0};  // calls that would have opened a prompt
  std::atomic<int> items{0};

 private:
  struct Item {
    std::map<std::string, std::string> attributes;
    std::string secret;
    std::string label;
    guint registration = 0;
  };

  void run(const std::string& bus_address, std::atomic<bool>& ready);
  void register_objects();
  guint add_object(const std::string& path, const char* interface);
  void call(const std::string& path, const std::string& method, GVariant* parameters,
            GDBusMethodInvocation* invocation);
  GVariant* property(const std::string& path, const std::string& name);

  GVariant* create_item(GVariant* parameters);
  GVariant* search(GVariant* parameters) const;
  GVariant* secret_of(const std::string& path, const char* session) const;
  GVariant* secrets_of(GVariant* parameters) const;
  GVariant* item_paths() const;

  static void on_call(GDBusConnection*, const gchar*, const gchar* path, const gchar*,
                      const gchar* method, GVariant* parameters, GDBusMethodInvocation* invocation,
                      gpointer self);
  static GVariant* on_property(GDBusConnection*, const gchar*, const gchar* path, const gchar*,
                               const gchar* name, GError**, gpointer self);

  GMainContext* const context_ = g_main_context_new();
  GMainLoop* const loop_ = g_main_loop_new(context_, FALSE);
  GDBusNodeInfo* interfaces_ = nullptr;
  GDBusConnection* bus_ = nullptr;
  std::map<std::string, Item> by_path_;
  int made_ = 0;
  std::thread thread_;
};

}  // namespace commd::secrets
