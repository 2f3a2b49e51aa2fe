// In a network of the test's own: a namespace with nothing but a loopback interface,
// where addresses and routes may be changed.
#include "daemon/net/address_watch.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <net/if.h>
#include <net/route.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <fstream>

#include "daemon/base/unique_fd.h"
#include "tests/unit/net/loop_fixture.h"
#include "tests/unit/net/sockets.h"

namespace commd::net::test {
namespace {

using testing::Contains;
using testing::Not;

void write_line(const char* path, const std::string& text) { std::ofstream(path) << text; }

// Without root a namespace of users gives the right to it; either works in a container
// that may make one at all.
bool enter_own_network() {
  if (::unshare(CLONE_NEWNET) == 0) return true;
  const auto uid = std::to_string(::geteuid());
  const auto gid = std::to_string(::getegid());
  if (::unshare(CLONE_NEWUSER | CLONE_NEWNET) != 0) return false;
  write_line("/proc/self/setgroups", "deny");
  write_line("/proc/self/uid_map", "0 " + uid + " 1");
  write_line("/proc/self/gid_map", "0 " + gid + " 1");
  return true;
}

sockaddr address_of(const char* text) {
  sockaddr_in four{};
  four.sin_family = AF_INET;
  ::inet_pton(AF_INET, text, &four.sin_addr);
  sockaddr generic{};
  memcpy(&generic, &four, sizeof generic);
  return generic;
}

class AddressWatchTest : public testing::Test {
 protected:
  void SetUp() override {
    before_.reset(::open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC));
    ASSERT_TRUE(enter_own_network()) << "a network namespace is needed: " << strerror(errno);
    control_.reset(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  }

  // For the tests that the same process runs after this one; without root it runs no other.
  void TearDown() override { ::setns(before_.get(), CLONE_NEWNET); }

  void watch(AddressWatchOptions options) {
    const auto told = [this, count = 0](const AddressChange& change) mutable {
      told_ = ++count;  // what the callback remembers itself, it goes on remembering
      addresses_.clear();
      for (const IpAddress& ip : change.addresses) addresses_.push_back(ip.text());
      if (on_told_) on_told_();
    };
    auto made = AddressWatch::create(loop_.context(), options, told);
    ASSERT_TRUE(made) << made.error().message;
    watch_ = std::move(*made);
    EXPECT_EQ(told_, 0);
  }
  bool told(int times) {
    return loop_.run_until([&] { return told_ >= times; });
  }

  void set_link(bool up) {
    ifreq request{};
    strcpy(request.ifr_name, "lo");
    request.ifr_flags = static_cast<short>(up ? IFF_UP : 0);
    ASSERT_EQ(::ioctl(control_.get(), SIOCSIFFLAGS, &request), 0) << strerror(errno);
  }
  // On an alias of the loopback interface.
  void add_address(const char* alias, const char* address) {
    ifreq request{};
    strcpy(request.ifr_name, alias);
    request.ifr_addr = address_of(address);
    ASSERT_EQ(::ioctl(control_.get(), SIOCSIFADDR, &request), 0) << strerror(errno);
  }
  void remove_address(const char* alias) {
    ifreq request{};
    strcpy(request.ifr_name, alias);
    ASSERT_EQ(::ioctl(control_.get(), SIOCSIFFLAGS, &request), 0) << strerror(errno);
  }
  void set_default_route(bool there) {
    rtentry route{};
    char device[] = "lo";
    route.rt_dst = address_of("0.0.0.0");
    route.rt_genmask = address_of("0.0.0.0");
    route.rt_flags = RTF_UP;
    route.rt_dev = device;
    ASSERT_EQ(::ioctl(control_.get(), there ? SIOCADDRT : SIOCDELRT, &route), 0) << strerror(errno);
  }

  Loop loop_;
  base::UniqueFd before_;
  base::UniqueFd control_;
  std::unique_ptr<AddressWatch> watch_;
  int told_ = 0;
  std::vector<std::string> addresses_;
  std::function<void()> on_told_;
};

TEST_F(AddressWatchTest, TellsWhatThereIsAndThenEachChange) {
  watch({.quiet = 1ms});
  ASSERT_TRUE(told(1));
  EXPECT_TRUE(addresses_.empty()) << "the interface is down";
  set_link(true);
  ASSERT_TRUE(loop_.run_until([&] { return !addresses_.empty(); }));
  EXPECT_THAT(addresses_, Contains("127.0.0.1"));
  add_address("lo:1", "10.1.2.3");
  ASSERT_TRUE(loop_.run_until(
      [&] { return std::count(addresses_.begin(), addresses_.end(), "10.1.2.3") == 1; }));
  int before = told_;
  set_default_route(true);
  ASSERT_TRUE(told(before + 1));
  before = told_;
  set_default_route(false);
  ASSERT_TRUE(told(before + 1));
  remove_address("lo:1");
  ASSERT_TRUE(loop_.run_until(
      [&] { return std::count(addresses_.begin(), addresses_.end(), "10.1.2.3") == 0; }));
  set_link(false);
  ASSERT_TRUE(loop_.run_until([&] { return addresses_.empty(); }));
}

TEST_F(AddressWatchTest, ManyChangesAtOnceAreOne) {
  set_link(true);
  watch({.quiet = 300ms});
  ASSERT_TRUE(told(1));
  add_address("lo:1", "10.1.2.3");
  add_address("lo:2", "10.1.2.4");
  set_default_route(true);
  // There and back again: it may be another network with the same address.
  remove_address("lo:2");
  ASSERT_TRUE(told(2));
  EXPECT_EQ(told_, 2);
  EXPECT_THAT(addresses_, Contains("10.1.2.3"));
  EXPECT_THAT(addresses_, Not(Contains("10.1.2.4")));
}

TEST_F(AddressWatchTest, WhatChangesNothingIsNotTold) {
  set_link(true);
  watch({.quiet = 1ms});
  ASSERT_TRUE(told(1));
  // The kernel tells this again; then something that does count, to wait for.
  set_link(true);
  add_address("lo:1", "10.1.2.3");
  ASSERT_TRUE(loop_.run_until(
      [&] { return std::count(addresses_.begin(), addresses_.end(), "10.1.2.3") == 1; }));
  const int before = told_;
  // Nothing happens: no timer runs, nothing but the socket is waited for.
  loop_.context().restart();
  loop_.context().run_for(50ms);
  EXPECT_EQ(told_, before);
  EXPECT_FALSE(loop_.context().stopped());
  watch_.reset();
  EXPECT_TRUE(loop_.runs_dry());
}

TEST_F(AddressWatchTest, WhatWasLostIsFoundOut) {
  set_link(true);
  watch({.quiet = 1ms});
  ASSERT_TRUE(told(1));
  const int before = told_;
  // More than the socket holds, while nobody reads.
  for (int i = 0; i < 2000; ++i) {
    add_address("lo:1", i % 2 == 0 ? "10.1.2.3" : "10.1.2.4");
    if (HasFatalFailure()) return;
  }
  add_address("lo:2", "10.1.9.9");
  ASSERT_TRUE(loop_.run_until(
      [&] { return std::count(addresses_.begin(), addresses_.end(), "10.1.9.9") == 1; }));
  EXPECT_GT(told_, before);
  EXPECT_THAT(addresses_, Contains("10.1.2.4"));
  EXPECT_THAT(addresses_, Not(Contains("10.1.2.3")));
}

TEST_F(AddressWatchTest, MayBeDestroyedInsideItsCallback) {
  on_told_ = [this] { watch_.reset(); };
  watch({.quiet = 1ms});
  ASSERT_TRUE(told(1));
  set_link(true);
  EXPECT_TRUE(loop_.runs_dry());
  EXPECT_EQ(told_, 1);
}

}  // namespace
}  // namespace commd::net::test
