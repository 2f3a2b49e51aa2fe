#include "daemon/store/picture_files.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <fstream>
#include <iterator>

#include "tests/unit/store/store_fixture.h"

namespace commd::store {
namespace {

const std::string kHash(40, 'a');

class PictureFilesTest : public testing::Test {
 protected:
  PictureFilesTest() { open(); }
  void open() {
    files.reset();
    files = std::make_unique<PictureFiles>(folder(), queue.post(), base::null_logger());
  }
  std::filesystem::path folder() const { return std::filesystem::path(temp.path()) / "pictures"; }
  base::Result<std::string> put(const std::string& bytes) {
    base::Result<std::string> result = base::fail(base::Code::internal, "NEVER", "never called");
    bool told = false;
    files->put(kHash, model::PictureKind::png, bytes, [&](auto is) {
      result = std::move(is);
      told = true;
    });
    EXPECT_TRUE(queue.run_until([&] { return told; }));
    return result;
  }
  static std::string contents(const std::string& path) {
    std::ifstream in(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
  }

  TempFolder temp;
  CoreQueue queue;
  std::unique_ptr<PictureFiles> files;
};

TEST_F(PictureFilesTest, AreFoundByTheirHashAlsoAfterARestart) {
  EXPECT_EQ(files->find(kHash), "");
  const auto path = put(std::string("a\0b", 3));
  ASSERT_TRUE(path) << path.error().message;
  EXPECT_EQ(*path, (folder() / (kHash + ".png")).string());
  EXPECT_EQ(contents(*path), std::string("a\0b", 3));
  EXPECT_EQ(files->find(kHash), *path);
  open();
  EXPECT_EQ(files->find(kHash), *path);
}

TEST_F(PictureFilesTest, AreOnesOwnAlone) {
  const auto path = put("x");
  ASSERT_TRUE(path);
  struct stat is {};
  ASSERT_EQ(::stat(path->c_str(), &is), 0);
  EXPECT_EQ(is.st_mode & 0777U, 0600U);
  ASSERT_EQ(::stat(folder().c_str(), &is), 0);
  EXPECT_EQ(is.st_mode & 0777U, 0700U);
}

TEST_F(PictureFilesTest, WhatIsNoPictureOfOursIsPassedOver) {
  std::filesystem::create_directory(folder());
  std::ofstream(folder() / "other.txt") << "x";
  std::ofstream(folder() / (kHash + ".part")) << "x";
  open();
  EXPECT_EQ(files->find(kHash), "");
  EXPECT_TRUE(put("whole"));
}

TEST_F(PictureFilesTest, CanBeRemoved) {
  const auto path = put("x");
  ASSERT_TRUE(path);
  files->remove(kHash);
  EXPECT_EQ(files->find(kHash), "");
  files.reset();  // its thread has done what it was told
  EXPECT_FALSE(std::filesystem::exists(*path));
}

TEST_F(PictureFilesTest, AFolderThatCannotBeWrittenIsSaid) {
  std::ofstream(folder()) << "a file";
  const auto path = put("x");
  ASSERT_FALSE(path);
  EXPECT_EQ(path.error().reason, "PICTURE_NOT_WRITTEN");
}

}  // namespace
}  // namespace commd::store
