#include "daemon/system/lock_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/support/temp_folder.h"

namespace commd::system {
namespace {

using test::TempFolder;
using testing::HasSubstr;

TEST(LockFile, KeepsASecondHolderAway) {
  const TempFolder temp;
  const auto path = temp / "commd.lock";
  {
    const auto first = LockFile::acquire(path);
    ASSERT_TRUE(first) << first.error().message;
    EXPECT_EQ(test::read_file(path), std::to_string(::getpid()) + "\n");
    const auto second = LockFile::acquire(path);
    ASSERT_FALSE(second);
    EXPECT_EQ(second.error().reason, "ALREADY_RUNNING");
    EXPECT_EQ(second.error().details.at("pid"), std::to_string(::getpid()));
    EXPECT_THAT(second.error().message, HasSubstr(path.string()));
  }
  EXPECT_FALSE(std::filesystem::exists(path)) << "nothing is left behind";
  EXPECT_TRUE(LockFile::acquire(path));  // free again
}

// Somebody else's file at the place is not removed.
TEST(LockFile, OnlyItsOwnFileGoes) {
  const TempFolder temp;
  const auto path = temp / "commd.lock";
  {
    const auto first = LockFile::acquire(path);
    ASSERT_TRUE(first);
    std::filesystem::remove(path);
    test::write_file(path, "another's");
  }
  EXPECT_EQ(test::read_file(path), "another's");
}

TEST(LockFile, OfAKilledProcessIsFree) {
  const TempFolder temp;
  const auto path = temp / "commd.lock";
  int ready[2];
  ASSERT_EQ(::pipe(ready), 0);
  const pid_t child = ::fork();
  if (child == 0) {
    const auto lock = LockFile::acquire(path);
    [[maybe_unused]] const ssize_t n = ::write(ready[1], lock ? "y" : "n", 1);
    ::pause();
    ::_exit(0);
  }
  char answer = 0;
  ASSERT_EQ(::read(ready[0], &answer, 1), 1);
  EXPECT_EQ(answer, 'y');
  const auto busy = LockFile::acquire(path);
  ASSERT_FALSE(busy);
  EXPECT_EQ(busy.error().details.at("pid"), std::to_string(child));
  ::kill(child, SIGKILL);
  ASSERT_EQ(::waitpid(child, nullptr, 0), child);
  EXPECT_TRUE(LockFile::acquire(path));
  ::close(ready[0]);
  ::close(ready[1]);
}

TEST(LockFile, JunkInItIsNoPid) {
  const TempFolder temp;
  const auto path = temp / "commd.lock";
  const auto first = LockFile::acquire(path);
  ASSERT_TRUE(first);
  test::write_file(path, "\x1b[2J-1");
  const auto second = LockFile::acquire(path);
  ASSERT_FALSE(second);
  EXPECT_FALSE(second.error().details.contains("pid"));
}

TEST(LockFile, HostileFilesAreRefused) {
  const TempFolder temp;
  std::filesystem::create_symlink("elsewhere", temp / "link.lock");
  EXPECT_FALSE(LockFile::acquire(temp / "link.lock"));
  EXPECT_FALSE(std::filesystem::exists(temp / "elsewhere"));
  ASSERT_EQ(::mkfifo((temp / "fifo.lock").c_str(), 0600), 0);
  EXPECT_FALSE(LockFile::acquire(temp / "fifo.lock"));
  test::write_file(temp / "wide.lock", "");
  ::chmod((temp / "wide.lock").c_str(), 0666);
  const auto wide = LockFile::acquire(temp / "wide.lock");
  ASSERT_FALSE(wide);
  EXPECT_EQ(wide.error().reason, "PATH_NOT_PRIVATE");
  EXPECT_FALSE(LockFile::acquire(temp / "missing/commd.lock"));
}

}  // namespace
}  // namespace commd::system
