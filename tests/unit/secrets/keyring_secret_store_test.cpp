#include "daemon/secrets/keyring_secret_store.h"

#include <gtest/gtest.h>
#include <libsecret/secret.h>
#include <signal.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <memory>
#include <string>
#include <thread>
#include <utility>

#include "tests/support/temp_folder.h"
#include "tests/unit/secrets/fake_secret_service.h"

namespace commd::secrets {
namespace {

using base::Secret;

// A message bus of the suite's own, which starts no services.
class PrivateBus {
 public:
  PrivateBus() {
    test::write_file(temp_ / "bus.conf",
                     "<busconfig><type>session</type><listen>" + address() +
                         "</listen><auth>EXTERNAL</auth><policy context='default'>"
                         "<allow send_destination='*'/><allow receive_sender='*'/>"
                         "<allow own='*'/></policy></busconfig>");
    const std::string config = "--config-file=" + (temp_ / "bus.conf").string();
    int ready[2];
    EXPECT_EQ(::pipe(ready), 0);
    const std::string print = "--print-address=" + std::to_string(ready[1]);
    const char* const arguments[] = {"dbus-daemon", config.c_str(), "--nofork", print.c_str(),
                                     nullptr};
    EXPECT_EQ(::posix_spawnp(&process_, arguments[0], nullptr, nullptr,
                             const_cast<char* const*>(arguments), environ),
              0);
    ::close(ready[1]);
    char byte = 0;
    EXPECT_EQ(::read(ready[0], &byte, 1), 1) << "dbus-daemon did not start";
    ::close(ready[0]);
  }
  PrivateBus(const PrivateBus&) = delete;
  PrivateBus& operator=(const PrivateBus&) = delete;
  ~PrivateBus() {
    ::kill(process_, SIGKILL);
    ::waitpid(process_, nullptr, 0);
  }
  std::string address() const { return "unix:path=" + (temp_ / "bus").string(); }

 private:
  test::TempFolder temp_;
  pid_t process_ = 0;
};

// One bus for the suite: GLib keeps one session connection a process.
class KeyringTest : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    bus_ = std::make_unique<PrivateBus>();
    ::setenv("DBUS_SESSION_BUS_ADDRESS", bus_->address().c_str(), 1);
  }
  static void TearDownTestSuite() {
    secret_service_disconnect();
    bus_.reset();
    ::unsetenv("DBUS_SESSION_BUS_ADDRESS");
  }
  void SetUp() override {
    service_ = std::make_unique<FakeSecretService>(bus_->address());
    secret_service_disconnect();  // of the test before
  }

  static std::unique_ptr<PrivateBus> bus_;
  std::unique_ptr<FakeSecretService> service_;
  std::unique_ptr<SecretStore> store_ = make_keyring_store("/state/one").value();
};

std::unique_ptr<PrivateBus> KeyringTest::bus_;

TEST_F(KeyringTest, KeepsReplacesAndErases) {
  ASSERT_TRUE(store_->probe()) << store_->probe().error().message;
  EXPECT_EQ(store_->get("a@b").error().reason, "NOT_FOUND");
  ASSERT_TRUE(store_->put("a@b", Secret("hunter2")));
  EXPECT_EQ(store_->get("a@b")->reveal(), "hunter2");
  ASSERT_TRUE(store_->put("a@b", Secret("new")));
  EXPECT_EQ(store_->get("a@b")->reveal(), "new");
  EXPECT_EQ(service_->items, 1);
  ASSERT_TRUE(store_->erase("a@b"));
  EXPECT_TRUE(store_->erase("a@b"));
  EXPECT_EQ(store_->get("a@b").error().reason, "NOT_FOUND");
  EXPECT_EQ(service_->prompts, 0);
}

TEST_F(KeyringTest, DaemonsAreKeptApart) {
  ASSERT_TRUE(store_->put("a", Secret("one")));
  const auto other = make_keyring_store("/state/two").value();
  EXPECT_EQ(other->get("a").error().reason, "NOT_FOUND");
  EXPECT_TRUE(other->erase("a"));
  EXPECT_EQ(store_->get("a")->reveal(), "one");
}

TEST_F(KeyringTest, ALockedKeyringIsAnErrorAndNeverAPrompt) {
  ASSERT_TRUE(store_->put("a", Secret("one")));
  service_->locked = true;
  secret_service_disconnect();
  EXPECT_TRUE(store_->probe());  // it may be unlocked later
  EXPECT_EQ(store_->get("a").error().reason, "KEYRING_LOCKED");
  EXPECT_EQ(store_->put("a", Secret("two")).error().reason, "KEYRING_LOCKED");
  EXPECT_EQ(store_->erase("a").error().reason, "KEYRING_LOCKED");
  EXPECT_EQ(service_->prompts, 0);
  service_->locked = false;
  EXPECT_EQ(store_->get("a")->reveal(), "one");
}

TEST_F(KeyringTest, WithoutADefaultKeyringItIsNotUsable) {
  service_->has_default = false;
  const auto probed = store_->probe();
  ASSERT_FALSE(probed);
  EXPECT_EQ(probed.error().reason, "KEYRING_UNAVAILABLE");
  EXPECT_EQ(store_->put("a", Secret("x")).error().reason, "KEYRING_UNAVAILABLE");
  EXPECT_EQ(service_->prompts, 0);
}

TEST_F(KeyringTest, WorksFromAnotherThread) {
  std::string seen;
  std::thread([&] {
    if (store_->put("a", Secret("x"))) seen = store_->get("a")->reveal();
  }).join();
  EXPECT_EQ(seen, "x");
}

TEST_F(KeyringTest, AServiceThatIsRestartedIsFoundAgain) {
  ASSERT_TRUE(store_->put("a", Secret("x")));
  service_.reset();
  EXPECT_EQ(store_->get("a").error().code, base::Code::unavailable);
  service_ = std::make_unique<FakeSecretService>(bus_->address());
  EXPECT_EQ(store_->get("a").error().reason, "NOT_FOUND");
  ASSERT_TRUE(store_->put("a", Secret("y")));
  EXPECT_EQ(store_->get("a")->reveal(), "y");
}

TEST_F(KeyringTest, CancelMakesEveryCallFail) {
  store_->cancel();
  EXPECT_FALSE(store_->probe());
  EXPECT_FALSE(store_->put("a", Secret("x")));
  EXPECT_EQ(service_->items, 0);
}

// The last of the suite: without set_exit_on_close(FALSE) GLib would end us here.
TEST_F(KeyringTest, TheEndOfTheSessionBusIsNotOurEnd) {
  ASSERT_TRUE(store_->put("a", Secret("x")));
  service_.reset();
  GDBusConnection* const bus = g_bus_get_sync(G_BUS_TYPE_SESSION, nullptr, nullptr);
  ASSERT_NE(bus, nullptr);
  bool closed = false;
  const auto on_closed =
      +[](GDBusConnection*, gboolean, GError*, gpointer flag) { *static_cast<bool*>(flag) = true; };
  const gulong handler = g_signal_connect(bus, "closed", G_CALLBACK(on_closed), &closed);
  bus_.reset();
  while (!closed) g_main_context_iteration(nullptr, TRUE);
  g_signal_handler_disconnect(bus, handler);
  g_object_unref(bus);
  EXPECT_EQ(store_->get("a").error().code, base::Code::unavailable);
}

class SessionBusTest : public testing::Test {
 protected:
  void TearDown() override {
    ::unsetenv("DBUS_SESSION_BUS_ADDRESS");
    ::unsetenv("XDG_RUNTIME_DIR");
  }
};

TEST_F(SessionBusTest, IsLookedForWithoutStartingOne) {
  ::unsetenv("DBUS_SESSION_BUS_ADDRESS");
  ::unsetenv("XDG_RUNTIME_DIR");
  EXPECT_FALSE(session_bus_is_there());
  ::setenv("DBUS_SESSION_BUS_ADDRESS", "", 1);
  EXPECT_FALSE(session_bus_is_there());
  const test::TempFolder temp;
  ::setenv("XDG_RUNTIME_DIR", temp.path().c_str(), 1);
  EXPECT_FALSE(session_bus_is_there());
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  (temp / "bus").string().copy(address.sun_path, sizeof address.sun_path - 1);
  const int fd = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  ASSERT_EQ(::bind(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
  EXPECT_TRUE(session_bus_is_there());
  ::close(fd);
  ::setenv("DBUS_SESSION_BUS_ADDRESS", "unix:path=/x", 1);
  EXPECT_TRUE(session_bus_is_there());
}

}  // namespace
}  // namespace commd::secrets
