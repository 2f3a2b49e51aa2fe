#include "media/gst/server_socket.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <future>

#include "tests/support/temp_folder.h"

namespace commd::gst {
namespace {

TEST(ServerSocket, IsFoundInEveryNotation) {
  EXPECT_EQ(server_socket("unix:/run/pulse"), "/run/pulse");
  EXPECT_EQ(server_socket("/run/pulse"), "/run/pulse");
  EXPECT_EQ(server_socket("{0123abc}unix:/run/pulse"), "/run/pulse");
  EXPECT_EQ(server_socket("tcp:host:4713"), std::nullopt);
  EXPECT_EQ(server_socket("host"), std::nullopt);
  EXPECT_EQ(server_socket("{broken"), std::nullopt);
}

// Whether libpulse is worth its loading.
TEST(ServerSocket, WithoutItNobodyIsThereUnlessSomethingPointsElsewhere) {
  const test::TempFolder folder;
  const std::string socket = folder / "pulse" / "native";
  EXPECT_FALSE(may_have_server("unix:" + socket));
  EXPECT_TRUE(may_have_server("tcp:host:4713"));
  ::setenv("PULSE_SERVER", socket.c_str(), 1);
  EXPECT_FALSE(may_have_server({}));
  ::setenv("PULSE_SERVER", (socket + " tcp:host").c_str(), 1);
  EXPECT_TRUE(may_have_server({}));
  ::unsetenv("PULSE_SERVER");
  ::setenv("XDG_RUNTIME_DIR", std::string(folder / "").c_str(), 1);
  ::setenv("HOME", std::string(folder / "").c_str(), 1);
  ::setenv("DISPLAY", ":1", 1);
  EXPECT_TRUE(may_have_server({}));  // its root window may say where
  ::unsetenv("DISPLAY");
  std::filesystem::create_directories(folder / "pulse");
  std::filesystem::create_directories(folder / ".config" / "pulse");
  const std::string own = folder / ".config" / "pulse" / "client.conf";
  test::write_file(own, "default-server = host\n");
  EXPECT_TRUE(may_have_server({}));
  std::filesystem::remove(own);
  test::write_file(socket, "");
  EXPECT_TRUE(may_have_server({}));
  EXPECT_TRUE(may_have_server("unix:" + socket));
}

TEST(ServerSocket, AppearsInAFolderThatAppears) {
  const test::TempFolder folder;
  loop::GlibLoop loop("glib-test");
  ASSERT_TRUE(loop.start());
  std::unique_ptr<SocketWatch> watch;
  std::promise<void> seen;
  bool told = false;
  std::promise<void> watching;
  const auto socket = folder / "pulse" / "native";
  loop.post([&] {
    watch = std::make_unique<SocketWatch>(loop, socket, [&] {
      if (!std::filesystem::exists(socket) || std::exchange(told, true)) return;
      seen.set_value();
    });
    watching.set_value();
  });
  watching.get_future().get();
  test::write_file(folder / "other", "");
  std::filesystem::create_directory(folder / "pulse");
  test::write_file(socket, "");
  EXPECT_EQ(seen.get_future().wait_for(std::chrono::seconds(10)), std::future_status::ready);
  loop.post([&] { watch.reset(); });
  loop.stop();
}

}  // namespace
}  // namespace commd::gst
