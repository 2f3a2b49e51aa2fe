// Files that are sent: ordinary ones alone.
#include "daemon/disk/source_file.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include "daemon/disk/sha256.h"
#include "tests/support/temp_folder.h"

namespace commd::disk {
namespace {

TEST(SourceFile, IsReadInPieces) {
  const commd::test::TempFolder folder;
  commd::test::write_file(folder / "a", "0123456789");
  const auto file = SourceFile::open((folder / "a").string());
  ASSERT_TRUE(file);
  EXPECT_EQ(file->size(), 10U);
  EXPECT_EQ(file->read(0, 4).value_or("-"), "0123");
  EXPECT_EQ(file->read(8, 4).value_or("-"), "89");
  EXPECT_EQ(file->read(10, 4).value_or("-"), "");
  EXPECT_EQ(file->read(99, 4).value_or("-"), "");
  Sha256 hash;
  hash.add("0123456789");
  EXPECT_EQ(file->sha256().value_or(""), hash.value());
  std::filesystem::resize_file(folder / "a", 5);
  EXPECT_EQ(file->read(0, 10).error().reason, "FILE_CHANGED");
}

TEST(SourceFile, IsNoFolderNorPipe) {
  const commd::test::TempFolder folder;
  EXPECT_EQ(SourceFile::open(folder.path().string()).error().reason, "FILE_NOT_ORDINARY");
  ASSERT_EQ(::mkfifo((folder / "pipe").c_str(), 0600), 0);
  EXPECT_EQ(SourceFile::open((folder / "pipe").string()).error().reason, "FILE_NOT_ORDINARY");
  EXPECT_EQ(SourceFile::open((folder / "none").string()).error().reason, "FILE_NOT_FOUND");
  EXPECT_EQ(SourceFile::open("/dev/zero").error().reason, "FILE_NOT_ORDINARY");
}

}  // namespace
}  // namespace commd::disk
