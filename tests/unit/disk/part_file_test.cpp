// What comes is never over what is there, and can be gone on with.
#include "daemon/disk/part_file.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include "tests/support/temp_folder.h"

namespace commd::disk {
namespace {

using commd::test::TempFolder;

std::string read(const std::filesystem::path& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

std::string hash_of(std::string_view text) {
  Sha256 hash;
  hash.add(text);
  return hash.value();
}

TEST(PartFile, IsNamedWhenItIsWhole) {
  const TempFolder folder;
  auto part = PartFile::create((folder / "in").string(), "a.txt", "tok");
  ASSERT_TRUE(part) << part.error().message;
  EXPECT_EQ(part->path(), (folder / "in").string() + "/a.txt.tok.part");
  struct stat facts {};
  ASSERT_EQ(::stat(part->path().c_str(), &facts), 0);
  EXPECT_EQ(facts.st_mode & 0777, 0600U);
  ASSERT_TRUE(part->write("hello "));
  ASSERT_TRUE(part->write("world"));
  EXPECT_EQ(part->sha256(), hash_of("hello world"));
  const auto path = part->finish();
  ASSERT_TRUE(path);
  EXPECT_EQ(read(*path), "hello world");
  EXPECT_EQ(*path, (folder / "in").string() + "/a.txt");
}

TEST(PartFile, NeverOverwrites) {
  const TempFolder folder;
  commd::test::write_file(folder / "a.txt", "mine");
  std::filesystem::create_symlink("/nowhere", folder / "a (2).txt");
  auto part = PartFile::create(folder.path().string(), "a.txt", "tok");
  ASSERT_TRUE(part && part->write("theirs"));
  const auto path = part->finish();
  ASSERT_TRUE(path);
  EXPECT_EQ(*path, (folder / "a (3).txt").string());
  EXPECT_EQ(read(folder / "a.txt"), "mine");
  // Nor a part of somebody else's making.
  std::filesystem::create_symlink(folder / "a.txt", folder / "b.tok.part");
  EXPECT_FALSE(PartFile::create(folder.path().string(), "b", "tok"));
  EXPECT_FALSE(PartFile::open((folder / "b.tok.part").string(), "b"));
}

TEST(PartFile, GoesOnWithTheHashOfAll) {
  const TempFolder folder;
  std::string path;
  {
    auto part = PartFile::create(folder.path().string(), "a", "tok");
    ASSERT_TRUE(part && part->write("0123456789"));
    path = part->path();
  }
  auto part = PartFile::open(path, "a");
  ASSERT_TRUE(part) << part.error().message;
  EXPECT_EQ(part->size(), 10U);
  ASSERT_TRUE(part->cut(5));
  ASSERT_TRUE(part->write("xy"));
  EXPECT_EQ(part->sha256(), hash_of("01234xy"));
  EXPECT_EQ(read(*part->finish()), "01234xy");
}

TEST(PartFile, SaysWhatIsWrongWithTheFolder) {
  const TempFolder folder;
  const auto made = PartFile::create((folder / "no/such/place").string(), "a", "t");
  ASSERT_FALSE(made);
  EXPECT_EQ(made.error().reason, "FOLDER_UNUSABLE");
  const auto part = PartFile::create(folder.path().string(), "a", "t");
  ASSERT_TRUE(part);
  const auto room = part->room_for(uint64_t{1} << 60);
  ASSERT_FALSE(room);
  EXPECT_EQ(room.error().reason, "DISK_FULL");
  EXPECT_TRUE(part->room_for(1));
  EXPECT_EQ(PartFile::open((folder / "gone").string(), "x").error().reason, "FILE_NOT_FOUND");
}

}  // namespace
}  // namespace commd::disk
