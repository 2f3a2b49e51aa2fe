#include "daemon/secrets/file_secret_store.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>

#include "tests/support/temp_folder.h"

namespace commd::secrets {
namespace {

namespace fs = std::filesystem;
using base::Secret;
using testing::HasSubstr;

class FileSecretStoreTest : public testing::Test {
 protected:
  mode_t mode_of(const fs::path& path) const {
    struct stat info {};
    return ::lstat(path.c_str(), &info) == 0 ? info.st_mode & 07777 : 0;
  }
  test::TempFolder temp_;
  const fs::path folder_ = temp_ / "state/secrets";
  FileSecretStore store_{folder_};
};

TEST_F(FileSecretStoreTest, KeepsPasswordsPrivate) {
  ASSERT_TRUE(store_.put("alice@example.org", Secret("hunter2")));
  EXPECT_EQ(store_.get("alice@example.org")->reveal(), "hunter2");
  EXPECT_EQ(mode_of(folder_), 0700U);
  EXPECT_EQ(mode_of(folder_ / "alice@example.org.secret"), 0600U);
  ASSERT_TRUE(store_.put("alice@example.org", Secret(std::string_view("new\0\n", 5))));
  EXPECT_EQ(store_.get("alice@example.org")->reveal(), std::string_view("new\0\n", 5));
  ASSERT_TRUE(store_.put("alice@example.org", Secret("")));
  EXPECT_TRUE(store_.get("alice@example.org")->empty());
}

TEST_F(FileSecretStoreTest, KnowsWhatIsNotThere) {
  const auto before = store_.get("nobody");
  ASSERT_FALSE(before);
  EXPECT_EQ(before.error().reason, "NOT_FOUND");
  EXPECT_TRUE(store_.erase("nobody"));
  EXPECT_FALSE(fs::exists(folder_));  // asking makes nothing
  ASSERT_TRUE(store_.put("a", Secret("x")));
  EXPECT_EQ(store_.get("nobody").error().reason, "NOT_FOUND");
  EXPECT_TRUE(store_.erase("a"));
  EXPECT_TRUE(store_.erase("a"));
  EXPECT_EQ(store_.get("a").error().reason, "NOT_FOUND");
}

TEST_F(FileSecretStoreTest, NoIdLeavesTheFolderOrMeetsAnother) {
  const std::vector<std::string> ids = {
      "../../etc/passwd", "..", ".", "a/b", "a%2Fb", "A", "a", "a\nb", "\xC3\xA9", "sip:a@b;x=1"};
  for (size_t i = 0; i < ids.size(); ++i)
    ASSERT_TRUE(store_.put(ids[i], Secret(std::to_string(i)))) << ids[i];
  for (size_t i = 0; i < ids.size(); ++i)
    EXPECT_EQ(store_.get(ids[i])->reveal(), std::to_string(i)) << ids[i];
  EXPECT_EQ(static_cast<size_t>(std::distance(fs::directory_iterator(folder_), {})), ids.size());
  EXPECT_EQ(std::distance(fs::directory_iterator(temp_.path()), {}), 1);
}

TEST_F(FileSecretStoreTest, RefusesWhatOthersCanRead) {
  ASSERT_TRUE(store_.put("a", Secret("x")));
  ::chmod((folder_ / "a.secret").c_str(), 0644);
  const auto wide_file = store_.get("a");
  ASSERT_FALSE(wide_file);
  EXPECT_EQ(wide_file.error().reason, "PATH_NOT_PRIVATE");
  EXPECT_THAT(wide_file.error().message, HasSubstr("chmod 600 "));
  EXPECT_THAT(wide_file.error().message, testing::Not(HasSubstr("x:")));
  ::chmod((folder_ / "a.secret").c_str(), 0600);
  ::chmod(folder_.c_str(), 0755);
  EXPECT_THAT(store_.get("a").error().message, HasSubstr("chmod 700 " + folder_.string()));
  EXPECT_EQ(store_.put("b", Secret("y")).error().reason, "PATH_NOT_PRIVATE");
}

TEST_F(FileSecretStoreTest, BoundsIdsAndPasswords) {
  EXPECT_EQ(store_.put("", Secret("x")).error().reason, "INVALID_ARGUMENT");
  EXPECT_TRUE(store_.put(std::string(230, 'a'), Secret("x")));
  EXPECT_FALSE(store_.put(std::string(231, 'a'), Secret("x")));
  EXPECT_FALSE(store_.get(std::string(231, 'a')));
  EXPECT_TRUE(store_.put("a", Secret(std::string(512 * 1024, 'p')))) << "500 ends of ZRTP";
  EXPECT_TRUE(store_.get("a"));
  EXPECT_FALSE(store_.put("a", Secret(std::string(512 * 1024 + 1, 'p'))));
}

}  // namespace
}  // namespace commd::secrets
