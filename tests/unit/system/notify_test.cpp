#include "daemon/system/notify.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <cstddef>
#include <cstdlib>
#include <cstring>

#include "daemon/base/random.h"
#include "tests/support/temp_folder.h"

namespace commd::system {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

// Stands for systemd: a datagram socket at a path or at an abstract address.
class Manager {
 public:
  explicit Manager(const std::string& address)
      : socket_(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)) {
    sockaddr_un at{};
    at.sun_family = AF_UNIX;
    std::memcpy(at.sun_path, address.data(), address.size());
    if (address[0] == '@') at.sun_path[0] = '\0';
    const auto size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + address.size());
    EXPECT_EQ(::bind(socket_.get(), reinterpret_cast<sockaddr*>(&at), size), 0);
    ::setenv("NOTIFY_SOCKET", address.c_str(), 1);
  }
  ~Manager() {
    for (const char* name : {"NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID"}) ::unsetenv(name);
  }
  // Datagrams of a local socket are there when the sender returns.
  std::string next() {
    std::array<char, 512> text{};
    const ssize_t n = ::recv(socket_.get(), text.data(), text.size(), 0);
    return n < 0 ? "nothing" : std::string(text.data(), static_cast<size_t>(n));
  }

 private:
  base::UniqueFd socket_;
};

void tell_everything(const std::string& address) {
  Manager manager(address);
  const auto notifier = ServiceNotifier::from_environment();
  ASSERT_TRUE(notifier) << notifier.error().message;
  EXPECT_TRUE(notifier->enabled());
  notifier->ready();
  EXPECT_EQ(manager.next(), "READY=1");
  notifier->status("2 accounts\nREADY=0");
  EXPECT_EQ(manager.next(), "STATUS=2 accounts\\nREADY=0");
  notifier->watchdog();
  EXPECT_EQ(manager.next(), "WATCHDOG=1");
  notifier->reloading();
  EXPECT_THAT(manager.next(), StartsWith("RELOADING=1\nMONOTONIC_USEC="));
  notifier->stopping();
  EXPECT_EQ(manager.next(), "STOPPING=1");
  EXPECT_EQ(std::getenv("NOTIFY_SOCKET"), nullptr);
}

TEST(ServiceNotifier, SpeaksToAPath) {
  const test::TempFolder temp;
  tell_everything(temp / "notify");
}

TEST(ServiceNotifier, SpeaksToAnAbstractAddress) {
  tell_everything("@commd-test-" + base::random_token(12));
}

TEST(ServiceNotifier, AMuteManagerNeverBlocks) {
  Manager manager("@commd-test-" + base::random_token(12));
  const auto notifier = ServiceNotifier::from_environment();
  ASSERT_TRUE(notifier);
  for (int i = 0; i < 5000; ++i) notifier->watchdog();  // far more than the queue holds
  EXPECT_EQ(manager.next(), "WATCHDOG=1");
}

TEST(ServiceNotifier, AManagerThatIsGoneIsNoError) {
  { const Manager manager("@commd-test-gone-" + base::random_token(12)); }
  ::setenv("NOTIFY_SOCKET", "@commd-test-nobody", 1);
  const auto notifier = ServiceNotifier::from_environment();
  ASSERT_TRUE(notifier);
  notifier->ready();
}

TEST(ServiceNotifier, TheWatchdogIsFedTwiceADeadline) {
  Manager manager("@commd-test-" + base::random_token(12));
  ::setenv("WATCHDOG_USEC", "30000000", 1);
  ::setenv("WATCHDOG_PID", std::to_string(::getpid()).c_str(), 1);
  const auto notifier = ServiceNotifier::from_environment();
  ASSERT_TRUE(notifier);
  EXPECT_EQ(notifier->watchdog_interval(), std::chrono::seconds(15));
  EXPECT_EQ(std::getenv("WATCHDOG_USEC"), nullptr);
}

TEST(ServiceNotifier, AWatchdogForAnotherProcessOrOfJunkIsNotOurs) {
  for (const auto& [usec, pid] : {std::pair{"30000000", "1"},
                                  {"30000000", "x"},
                                  {"soon", ""},
                                  {"0", ""},
                                  {"-5", ""},
                                  {"99999999999999999999", ""}}) {
    Manager manager("@commd-test-" + base::random_token(12));
    ::setenv("WATCHDOG_USEC", usec, 1);
    ::setenv("WATCHDOG_PID", pid, 1);
    const auto notifier = ServiceNotifier::from_environment();
    ASSERT_TRUE(notifier);
    EXPECT_FALSE(notifier->watchdog_interval()) << usec << " " << pid;
  }
}

TEST(ServiceNotifier, WithoutSystemdItDoesNothing) {
  ::unsetenv("NOTIFY_SOCKET");
  const auto notifier = ServiceNotifier::from_environment();
  ASSERT_TRUE(notifier);
  EXPECT_FALSE(notifier->enabled());
  notifier->ready();
}

TEST(ServiceNotifier, OddAddressesAreRefused) {
  for (const std::string& address :
       {std::string("relative"), std::string("@"), std::string(200, '/')}) {
    ::setenv("NOTIFY_SOCKET", address.c_str(), 1);
    const auto notifier = ServiceNotifier::from_environment();
    ASSERT_FALSE(notifier) << address;
    EXPECT_EQ(notifier.error().reason, "NOTIFY_SOCKET_INVALID");
  }
}

}  // namespace
}  // namespace commd::system
