#include "daemon/system/private_files.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <algorithm>

#include "daemon/base/unique_fd.h"
#include "tests/support/temp_folder.h"

namespace commd::system {
namespace {

namespace fs = std::filesystem;
using test::TempFolder;
using testing::HasSubstr;

mode_t mode_of(const fs::path& path) {
  struct stat info {};
  return ::lstat(path.c_str(), &info) == 0 ? info.st_mode & 07777 : 0;
}

TEST(PrivateFolder, IsMadeWithItsParents) {
  const TempFolder temp;
  const fs::path folder = temp / "a/b/c";
  const mode_t before = ::umask(0);  // the mode does not depend on the umask
  const auto made = ensure_private_folder(folder);
  ::umask(before);
  ASSERT_TRUE(made) << made.error().message;
  EXPECT_EQ(mode_of(folder), 0700U);
  EXPECT_EQ(mode_of(temp / "a"), 0700U);
  EXPECT_TRUE(ensure_private_folder(folder));  // the second time it is there
  EXPECT_TRUE(ensure_private_folder(folder.string() + "/"));
}

TEST(PrivateFolder, WiderModesAreRefusedAndTheChmodIsNamed) {
  const TempFolder temp;
  const fs::path folder = temp / "state";
  fs::create_directory(folder);
  for (const mode_t mode : {0701, 0710, 0755, 0777}) {
    ASSERT_EQ(::chmod(folder.c_str(), mode), 0);
    const auto refused = ensure_private_folder(folder);
    ASSERT_FALSE(refused) << mode;
    EXPECT_EQ(refused.error().reason, "PATH_NOT_PRIVATE");
    EXPECT_THAT(refused.error().message, HasSubstr("chmod 700 " + folder.string()));
    EXPECT_EQ(mode_of(folder), mode);  // never mended behind the person's back
  }
  ::chmod(folder.c_str(), 0750);
  FolderRule rule;
  rule.widest = 0750;
  EXPECT_TRUE(ensure_private_folder(folder, rule));
  ::chmod(folder.c_str(), 0500);
  EXPECT_TRUE(ensure_private_folder(folder));
}

TEST(PrivateFolder, OfAnotherOwnerIsRefused) {
  const TempFolder temp;
  FolderRule rule;
  rule.owner = ::geteuid() + 1;
  const auto refused = ensure_private_folder(temp / "state", rule);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().reason, "PATH_NOT_OURS");
  EXPECT_THAT(refused.error().message, HasSubstr("belongs to user"));
}

TEST(PrivateFolder, LinksAreFollowedOnlyWhereNobodyElseWrites) {
  const TempFolder temp;
  fs::create_directory(temp / "real");
  ::chmod((temp / "real").c_str(), 0700);
  fs::create_directory_symlink("real", temp / "link");
  EXPECT_TRUE(ensure_private_folder(temp / "link"));
  EXPECT_TRUE(ensure_private_folder(temp / "link/below"));
  EXPECT_TRUE(fs::is_directory(temp / "real/below"));

  const fs::path shared = temp / "shared";
  fs::create_directory(shared);
  ::chmod(shared.c_str(), 01777);
  fs::create_directory_symlink(temp / "real", shared / "link");
  for (const char* name : {"shared/link", "shared/link/below"}) {
    const auto refused = ensure_private_folder(temp / name);
    ASSERT_FALSE(refused) << name;
    EXPECT_EQ(refused.error().reason, "PATH_NOT_PRIVATE");
    EXPECT_THAT(refused.error().message, HasSubstr("symbolic link"));
  }
  // A link to a link in a shared place is no better.
  fs::create_symlink(shared / "link", temp / "outer");
  EXPECT_FALSE(ensure_private_folder(temp / "outer"));
}

TEST(PrivateFolder, ParentsOpenToAllAreRefused) {
  const TempFolder temp;
  const fs::path parent = temp / "parent";
  fs::create_directory(parent);
  ::chmod(parent.c_str(), 0777);
  const auto refused = ensure_private_folder(parent / "state");
  ASSERT_FALSE(refused);
  EXPECT_THAT(refused.error().message, HasSubstr("chmod o-w " + parent.string()));
  ::chmod(parent.c_str(), 01777);
  EXPECT_TRUE(ensure_private_folder(parent / "state"));
}

TEST(PrivateFolder, EndlessLinksFilesAndRelativePathsAreRefused) {
  const TempFolder temp;
  fs::create_symlink("loop", temp / "loop");
  EXPECT_FALSE(ensure_private_folder(temp / "loop/x"));
  test::write_file(temp / "file", "x");
  const auto file = ensure_private_folder(temp / "file/x");
  ASSERT_FALSE(file);
  EXPECT_EQ(file.error().reason, "PATH_WRONG_KIND");
  const auto relative = ensure_private_folder("state");
  ASSERT_FALSE(relative);
  EXPECT_EQ(relative.error().reason, "PATH_NOT_ABSOLUTE");
}

TEST(PrivateFile, IsReadBackAndReplacedWhole) {
  const TempFolder temp;
  const fs::path file = temp / "secret";
  const mode_t before = ::umask(0);
  ASSERT_TRUE(write_private_file(file, "first"));
  ::umask(before);
  EXPECT_EQ(mode_of(file), 0600U);
  ASSERT_TRUE(write_private_file(file, "second"));
  const auto read = read_private_file(file, 100);
  ASSERT_TRUE(read) << read.error().message;
  EXPECT_EQ(read->reveal(), "second");
  EXPECT_EQ(std::distance(fs::directory_iterator(temp.path()), {}), 1);  // nothing is left behind
}

TEST(PrivateFile, AFailedWriteLeavesTheOldOne) {
  const TempFolder temp;
  const fs::path taken = temp / "taken";
  fs::create_directories(taken / "not-empty");
  EXPECT_FALSE(write_private_file(taken, "x"));  // rename over a folder
  EXPECT_EQ(std::distance(fs::directory_iterator(temp.path()), {}), 1);
  EXPECT_FALSE(write_private_file(temp / "missing/file", "x"));
}

TEST(PrivateFile, WiderModesLinksAndOtherKindsAreRefused) {
  const TempFolder temp;
  const fs::path file = temp / "secret";
  test::write_file(file, "x");
  ::chmod(file.c_str(), 0640);
  const auto wide = read_private_file(file, 100);
  ASSERT_FALSE(wide);
  EXPECT_THAT(wide.error().message, HasSubstr("chmod 600 " + file.string()));
  ::chmod(file.c_str(), 0600);
  EXPECT_TRUE(read_private_file(file, 1));
  EXPECT_FALSE(read_private_file(file, 0));  // longer than asked for

  fs::create_symlink("secret", temp / "link");
  EXPECT_FALSE(read_private_file(temp / "link", 100));
  ASSERT_EQ(::mkfifo((temp / "fifo").c_str(), 0600), 0);
  const auto fifo = read_private_file(temp / "fifo", 100);
  ASSERT_FALSE(fifo);
  EXPECT_EQ(fifo.error().reason, "PATH_WRONG_KIND");
  const auto missing = read_private_file(temp / "missing", 100);
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error().code, base::Code::not_found);

  const base::UniqueFd fd(::open(file.c_str(), O_RDONLY | O_CLOEXEC));
  EXPECT_TRUE(check_private_file(fd.get(), file));
  const auto other = check_private_file(fd.get(), file, ::geteuid() + 1);
  ASSERT_FALSE(other);
  EXPECT_EQ(other.error().reason, "PATH_NOT_OURS");
}

}  // namespace
}  // namespace commd::system
