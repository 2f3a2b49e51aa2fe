#include "clients/client/socket.h"

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstring>
#include <filesystem>
#include <map>

#include "clients/client/descriptor.h"

namespace commd::client {
namespace {

namespace fs = std::filesystem;

class Folder {
 public:
  Folder() {
    char name[] = "/tmp/commd-client-XXXXXX";
    path_ = ::mkdtemp(name);
  }
  ~Folder() { fs::remove_all(path_); }
  fs::path operator/(const char* name) const { return path_ / name; }

 private:
  fs::path path_;
};

Environment environment_of(std::map<std::string, std::string> variables, const fs::path& run_user) {
  Environment environment;
  environment.variable = [variables](const char* name) {
    const auto found = variables.find(name);
    return found == variables.end() ? std::string() : found->second;
  };
  environment.user = ::geteuid();
  environment.run_user = run_user;
  return environment;
}

TEST(SocketPath, TheOptionComesFirstThenTheVariable) {
  const auto environment = environment_of({{"COMMD_SOCKET", "/b/sock"}, {"HOME", "/h"}}, "/none");
  EXPECT_EQ(socket_path("/a/sock", environment), "/a/sock");
  EXPECT_EQ(socket_path("", environment), "/b/sock");
}

TEST(SocketPath, ARelativePathIsMadeAbsolute) {
  const auto environment = environment_of({}, "/none");
  EXPECT_EQ(socket_path("x/../sock", environment), (fs::current_path() / "sock").string());
}

TEST(SocketPath, FollowsTheDaemonsRule) {
  const Folder folder;
  const std::string user = std::to_string(::geteuid());
  fs::create_directories(folder / "run" / user);
  EXPECT_EQ(socket_path("", environment_of({{"XDG_RUNTIME_DIR", "/r"}}, folder / "run")),
            "/r/commd/commd.sock");
  EXPECT_EQ(socket_path("", environment_of({{"XDG_RUNTIME_DIR", "relative"}}, folder / "run")),
            (folder / "run" / user / "commd/commd.sock").string());
  EXPECT_EQ(socket_path("", environment_of({{"HOME", "/h"}}, "/none")),
            "/h/.local/state/commd/run/commd.sock");
  EXPECT_EQ(socket_path("", environment_of({{"HOME", "/h"}, {"XDG_STATE_HOME", "/s"}}, "/none")),
            "/s/commd/run/commd.sock");
}

TEST(SocketPath, RefusesWhatNoSocketCanHold) {
  EXPECT_THROW(socket_path("/" + std::string(200, 'x'), environment_of({}, "/none")), ClientError);
}

TEST(UnreachableError, SaysWhatIsWrong) {
  const Folder folder;
  const std::string path = folder / "sock";
  EXPECT_NE(unreachable_error(path, "").message().find("there is no socket"), std::string::npos);
  EXPECT_NE(unreachable_error(path, "").message().find("systemctl --user start commd"),
            std::string::npos);
  EXPECT_EQ(unreachable_error(path, "").exit_code(), ExitCode::unreachable);

  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::strncpy(address.sun_path, path.c_str(), sizeof address.sun_path - 1);
  {
    const Descriptor dead(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    ASSERT_EQ(::bind(dead.number(), reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
  }
  EXPECT_NE(unreachable_error(path, "").message().find("nobody listens"), std::string::npos);
}

}  // namespace
}  // namespace commd::client
