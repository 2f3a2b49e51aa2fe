#include "daemon/system/control_socket.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <grp.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>

#include "tests/support/temp_folder.h"

namespace commd::system {
namespace {

namespace fs = std::filesystem;
using base::UniqueFd;
using testing::HasSubstr;

mode_t mode_of(const fs::path& path) {
  struct stat info {};
  return ::lstat(path.c_str(), &info) == 0 ? info.st_mode & 07777 : 0;
}

sockaddr_un address_of(const fs::path& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::strncpy(address.sun_path, path.c_str(), sizeof address.sun_path - 1);
  return address;
}

UniqueFd connect_to(const fs::path& path) {
  UniqueFd fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  const sockaddr_un address = address_of(path);
  if (::connect(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0)
    fd.reset();
  return fd;
}

UniqueFd bind_at(const fs::path& path) {
  UniqueFd fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  const sockaddr_un address = address_of(path);
  EXPECT_EQ(::bind(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
  return fd;
}

// True when the other end has closed without a byte.
bool closed(const UniqueFd& client) {
  char byte = 0;
  const ssize_t n = ::recv(client.get(), &byte, 1, MSG_DONTWAIT);
  return n == 0 || (n < 0 && errno == ECONNRESET);
}

class ControlSocketTest : public testing::Test {
 protected:
  base::Result<ControlSocket> open() { return ControlSocket::open({path_, std::nullopt}); }
  base::Error refused() {
    auto socket = open();
    EXPECT_FALSE(socket);
    return socket ? base::Error{} : socket.error();
  }

  test::TempFolder temp_;
  fs::path path_ = temp_ / "commd/commd.sock";
};

TEST_F(ControlSocketTest, IsForOurUserAlone) {
  {
    auto socket = open();
    ASSERT_TRUE(socket) << socket.error().message;
    EXPECT_EQ(mode_of(path_), 0600U);
    EXPECT_EQ(mode_of(path_.parent_path()), 0700U);
    EXPECT_FALSE(socket->accept());
    const UniqueFd client = connect_to(path_);
    ASSERT_TRUE(client);
    const auto accepted = socket->accept();
    ASSERT_TRUE(accepted);
    EXPECT_EQ(accepted->peer.user, ::geteuid());
    EXPECT_EQ(accepted->peer.process, ::getpid());
    EXPECT_NE(::fcntl(accepted->fd.get(), F_GETFL) & O_NONBLOCK, 0);
    EXPECT_NE(::fcntl(accepted->fd.get(), F_GETFD) & FD_CLOEXEC, 0);
    EXPECT_FALSE(socket->accept());
  }
  EXPECT_FALSE(fs::exists(fs::symlink_status(path_)));
}

TEST_F(ControlSocketTest, ASecondDaemonIsKeptAway) {
  const auto first = open();
  ASSERT_TRUE(first);
  const base::Error error = refused();
  EXPECT_EQ(error.reason, "ALREADY_RUNNING");
  EXPECT_EQ(error.details.at("pid"), std::to_string(::getpid()));
  EXPECT_TRUE(connect_to(path_));  // the first one is unharmed
}

TEST_F(ControlSocketTest, AStaleSocketIsReplaced) {
  fs::create_directory(path_.parent_path());
  ::chmod(path_.parent_path().c_str(), 0700);
  bind_at(path_);
  ASSERT_TRUE(fs::exists(path_));
  ASSERT_FALSE(connect_to(path_));
  const auto socket = open();
  ASSERT_TRUE(socket) << socket.error().message;
  EXPECT_TRUE(connect_to(path_));
}

TEST_F(ControlSocketTest, HostilePathsAreRefused) {
  fs::create_directory(path_.parent_path());
  ::chmod(path_.parent_path().c_str(), 0700);

  test::write_file(path_, "precious");
  EXPECT_THAT(refused().message, HasSubstr("not a socket"));
  EXPECT_EQ(test::read_file(path_), "precious");
  fs::remove(path_);

  test::write_file(temp_ / "victim", "precious");
  fs::create_symlink(temp_ / "victim", path_);
  EXPECT_THAT(refused().message, HasSubstr("symbolic link"));
  EXPECT_TRUE(fs::exists(temp_ / "victim"));
  fs::remove(path_);

  const UniqueFd other = bind_at(path_);
  ASSERT_EQ(::listen(other.get(), 1), 0);
  const base::Error busy = refused();
  EXPECT_EQ(busy.reason, "SOCKET_PATH_OCCUPIED");
  EXPECT_THAT(busy.message, HasSubstr("another program answers"));
  EXPECT_TRUE(fs::exists(path_));
}

TEST_F(ControlSocketTest, TheLongestPathIsTaken) {
  const std::string folder = (temp_ / "d").string();
  for (const size_t length : {size_t{107}, size_t{108}}) {
    path_ = folder + "/" + std::string(length - folder.size() - 1, 'x');
    ASSERT_EQ(path_.native().size(), length);
    const auto socket = open();
    EXPECT_EQ(static_cast<bool>(socket), length == 107);
    if (!socket) {
      EXPECT_EQ(socket.error().reason, "SOCKET_PATH_TOO_LONG");
      EXPECT_THAT(socket.error().message, HasSubstr("107"));
    }
  }
}

TEST_F(ControlSocketTest, AFolderForOthersIsRefused) {
  fs::create_directory(path_.parent_path());
  ::chmod(path_.parent_path().c_str(), 0755);
  EXPECT_EQ(refused().reason, "PATH_NOT_PRIVATE");
  path_ = "relative.sock";
  EXPECT_EQ(refused().reason, "PATH_NOT_ABSOLUTE");
}

TEST_F(ControlSocketTest, OnlyOurOwnSocketIsRemovedAtTheEnd) {
  UniqueFd other;
  {
    const auto socket = open();
    ASSERT_TRUE(socket);
    fs::rename(path_, temp_ / "moved");
    other = bind_at(path_);
  }
  EXPECT_TRUE(fs::exists(path_));
}

TEST_F(ControlSocketTest, MovingItKeepsTheSocket) {
  auto first = open();
  ASSERT_TRUE(first);
  {
    const ControlSocket second = std::move(*first);
    EXPECT_TRUE(connect_to(path_));
  }
  EXPECT_FALSE(fs::exists(path_));
}

TEST_F(ControlSocketTest, AGroupMayBeLetIn) {
  auto socket = ControlSocket::open({path_, ::getegid()});
  ASSERT_TRUE(socket) << socket.error().message;
  EXPECT_EQ(mode_of(path_), 0660U);
  struct stat info {};
  ASSERT_EQ(::lstat(path_.c_str(), &info), 0);
  EXPECT_EQ(info.st_gid, ::getegid());
}

TEST_F(ControlSocketTest, WithoutDescriptorsAClientIsToldNotKept) {
  auto socket = open();
  ASSERT_TRUE(socket);
  const UniqueFd client = connect_to(path_);
  ASSERT_TRUE(client);
  rlimit before{};
  ::getrlimit(RLIMIT_NOFILE, &before);
  std::vector<UniqueFd> all;
  const rlimit few{64, before.rlim_max};
  ::setrlimit(RLIMIT_NOFILE, &few);
  for (int fd = ::dup(0); fd >= 0; fd = ::dup(0)) all.emplace_back(fd);
  EXPECT_FALSE(socket->accept());
  ::setrlimit(RLIMIT_NOFILE, &before);
  all.clear();
  EXPECT_TRUE(closed(client));
  EXPECT_EQ(socket->turned_away(), 1U);
  const UniqueFd next = connect_to(path_);
  EXPECT_TRUE(socket->accept());
}

constexpr uid_t nobody = 65534;

// Connects as another user, with `groups`, and tells what the server did with it.
class Stranger {
 public:
  Stranger(const fs::path& path, std::vector<gid_t> groups) {
    int pipes[2];
    EXPECT_EQ(::pipe(pipes), 0);
    child_ = ::fork();
    if (child_ == 0) {
      if (::setgroups(groups.size(), groups.data()) != 0 || ::setgid(nobody) != 0 ||
          ::setuid(nobody) != 0)
        ::_exit(9);
      const UniqueFd fd = connect_to(path);
      [[maybe_unused]] const ssize_t n = ::write(pipes[1], "c", 1);
      char byte = 0;
      ::_exit(!fd ? 8 : static_cast<int>(::recv(fd.get(), &byte, 1, 0)));
    }
    char byte = 0;
    EXPECT_EQ(::read(pipes[0], &byte, 1), 1);
    ::close(pipes[0]);
    ::close(pipes[1]);
  }
  // 0: closed without a byte, 1: it got one, 8: it could not even connect.
  int outcome() const {
    int status = 0;
    ::waitpid(child_, &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  }

 private:
  pid_t child_ = 0;
};

TEST_F(ControlSocketTest, AnotherUserIsClosedBeforeAByteIsRead) {
  if (::geteuid() != 0) GTEST_SKIP() << "only root can become another user";
  auto socket = open();
  ASSERT_TRUE(socket);
  EXPECT_EQ(Stranger(path_, {}).outcome(), 8);  // the modes keep it out
  // Were the modes wrong, the check of the peer would still hold.
  ::chmod(temp_.path().c_str(), 0755);
  ::chmod(path_.parent_path().c_str(), 0755);
  ::chmod(path_.c_str(), 0666);
  const Stranger stranger(path_, {});
  EXPECT_FALSE(socket->accept());
  EXPECT_EQ(stranger.outcome(), 0);
  EXPECT_EQ(socket->turned_away(), 1U);
}

TEST_F(ControlSocketTest, AMemberOfTheGroupComesIn) {
  if (::geteuid() != 0) GTEST_SKIP() << "only root can become another user";
  constexpr gid_t group = 54321;
  ::chmod(temp_.path().c_str(), 0755);
  auto socket = ControlSocket::open({path_, group});
  ASSERT_TRUE(socket);
  const Stranger member(path_, {1000, group});
  const auto accepted = socket->accept();
  ASSERT_TRUE(accepted);
  EXPECT_EQ(accepted->peer.user, nobody);
  EXPECT_EQ(::send(accepted->fd.get(), "x", 1, MSG_NOSIGNAL), 1);
  EXPECT_EQ(member.outcome(), 1);
  EXPECT_EQ(Stranger(path_, {1000}).outcome(), 8);
}

TEST_F(ControlSocketTest, ASocketOfAnotherUserIsNotRemoved) {
  if (::geteuid() != 0) GTEST_SKIP() << "only root can give a file away";
  fs::create_directory(path_.parent_path());
  ::chmod(path_.parent_path().c_str(), 0700);
  bind_at(path_);
  ASSERT_EQ(::lchown(path_.c_str(), nobody, nobody), 0);
  EXPECT_THAT(refused().message, HasSubstr("socket of user 65534"));
  EXPECT_TRUE(fs::exists(path_));
}

TEST(PeerCredentials, OfSomethingElseAreAnError) { EXPECT_FALSE(peer_credentials(-1)); }

}  // namespace
}  // namespace commd::system
