#include <sys/stat.h>

#include <fstream>

#include "daemon/store/database.h"
#include "tests/unit/store/store_fixture.h"

namespace commd::store {
namespace {

using testing::HasSubstr;

mode_t mode_of(const std::filesystem::path& path) {
  struct stat status {};
  ::stat(path.c_str(), &status);
  return status.st_mode & 07777;
}

std::string content(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

class OpeningTest : public StoreTest {
 protected:
  // A closed store with something in it.
  void make_store() {
    open();
    std::vector<ports::Change> batch{ports::PutAccount{full_account("alice")}};
    for (uint64_t i = 1; i <= 200; ++i) batch.push_back(event(i, std::string(500, 'x')));
    ASSERT_TRUE(commit(std::move(batch)));
    store_->close();
  }
  // Opening fails, leaves the file as it was, and says what to do.
  base::Error refused() {
    const std::string before = content(file());
    const auto state = try_open();
    if (state) {
      ADD_FAILURE() << "it opened";
      return {};
    }
    EXPECT_EQ(state.error().code, base::Code::failed_precondition);
    EXPECT_TRUE(content(file()) == before) << "the file was changed";
    return state.error();
  }
};

TEST_F(OpeningTest, MakesItsFilesForItsUserAlone) {
  const mode_t before = ::umask(0);
  open();
  ASSERT_TRUE(commit({event(1)}));
  ::umask(before);
  EXPECT_EQ(mode_of(state_dir()), 0700u);
  for (const auto& entry : std::filesystem::directory_iterator(state_dir()))
    EXPECT_EQ(mode_of(entry.path()), 0600u) << entry.path();
  EXPECT_TRUE(std::filesystem::exists(file()));
}

TEST_F(OpeningTest, MakesFoldersOnTheWay) {
  store_.emplace(StoreOptions{temp_.path() / "a/b/state", {}}, clock_, core_.post(),
                 base::null_logger());
  EXPECT_TRUE(store_->open());
}

TEST_F(OpeningTest, RefusesAnOpenFolder) {
  make_store();
  std::filesystem::permissions(state_dir(), std::filesystem::perms(0750));
  const auto error = refused();
  EXPECT_EQ(error.reason, "STATE_NOT_PRIVATE");
  EXPECT_THAT(error.message, HasSubstr("chmod 0700 " + state_dir().string()));
  EXPECT_EQ(error.details.at("path"), state_dir().string());
  EXPECT_EQ(mode_of(state_dir()), 0750u);
}

TEST_F(OpeningTest, RefusesAnOpenFile) {
  make_store();
  std::filesystem::permissions(file(), std::filesystem::perms(0640));
  const auto error = refused();
  EXPECT_EQ(error.reason, "STATE_NOT_PRIVATE");
  EXPECT_THAT(error.message, HasSubstr("chmod 0600 " + file().string()));
}

TEST_F(OpeningTest, RefusesASymbolicLink) {
  make_store();
  std::filesystem::rename(file(), temp_.path() / "elsewhere");
  std::filesystem::create_symlink(temp_.path() / "elsewhere", file());
  EXPECT_EQ(refused().reason, "STATE_NOT_PRIVATE");
}

TEST_F(OpeningTest, RefusesAFileInPlaceOfTheFolder) {
  std::ofstream(state_dir()) << "x";
  const auto state = try_open();
  ASSERT_FALSE(state);
  EXPECT_EQ(state.error().reason, "STATE_NOT_PRIVATE");
}

TEST_F(OpeningTest, RefusesAFolderThatCannotBeMade) {
  store_.emplace(StoreOptions{"/proc/commd/state", {}}, clock_, core_.post(), base::null_logger());
  const auto state = store_->open();
  ASSERT_FALSE(state);
  EXPECT_EQ(state.error().reason, "STORE_OPEN_FAILED");
  EXPECT_EQ(state.error().code, base::Code::unavailable);
}

TEST_F(OpeningTest, KeepsASecondDaemonAway) {
  make_store();
  open();
  SqliteStore second(StoreOptions{state_dir(), {}}, clock_, core_.post(), base::null_logger());
  const auto state = second.open();
  ASSERT_FALSE(state);
  EXPECT_EQ(state.error().reason, "STATE_IN_USE");
  EXPECT_THAT(state.error().message, HasSubstr("--state-dir"));
  EXPECT_TRUE(commit({event(201)})) << "the first goes on";
}

TEST_F(OpeningTest, RefusesGarbage) {
  make_store();
  std::ofstream(file(), std::ios::binary) << std::string(20'000, '\xa5');
  const auto error = refused();
  EXPECT_EQ(error.reason, "STORE_DAMAGED");
  EXPECT_THAT(error.message,
              HasSubstr("mv " + file().string() + " " + file().string() + ".damaged"));
}

TEST_F(OpeningTest, RefusesAnEmptyFile) {
  make_store();
  std::filesystem::resize_file(file(), 0);
  EXPECT_EQ(refused().reason, "STORE_DAMAGED");
}

TEST_F(OpeningTest, RefusesATruncatedFile) {
  make_store();
  for (const uintmax_t keep : {uintmax_t{100}, uintmax_t{4096}, uintmax_t{40'000}}) {
    ASSERT_GT(std::filesystem::file_size(file()), keep);
    const std::string whole = content(file());
    std::filesystem::resize_file(file(), keep);
    EXPECT_EQ(refused().reason, "STORE_DAMAGED") << keep;
    store_->close();
    std::ofstream(file(), std::ios::binary) << whole;
  }
}

TEST_F(OpeningTest, RefusesADamagedPage) {
  make_store();
  const auto size = std::filesystem::file_size(file());
  std::fstream bytes(file(), std::ios::binary | std::ios::in | std::ios::out);
  for (uintmax_t page = 2 * 4096; page < size; page += 4096) {
    bytes.seekp(static_cast<std::streamoff>(page));
    bytes << std::string(64, '\xa5');
  }
  bytes.close();
  EXPECT_EQ(refused().reason, "STORE_DAMAGED");
}

TEST_F(OpeningTest, RefusesTheDatabaseOfAnotherProgram) {
  make_store();
  Database(file()).exec("PRAGMA application_id = 7");
  EXPECT_EQ(refused().reason, "STORE_DAMAGED");
}

TEST_F(OpeningTest, RefusesAMissingTable) {
  make_store();
  Database(file()).exec("DROP TABLE fact");
  EXPECT_EQ(try_open().error().reason, "STORE_DAMAGED");
}

TEST_F(OpeningTest, RefusesALogWithoutItsDatabase) {
  make_store();
  std::filesystem::remove(file());
  std::ofstream(file().string() + "-wal") << "frames";
  std::filesystem::permissions(file().string() + "-wal", std::filesystem::perms(0600));
  EXPECT_EQ(refused().reason, "STORE_DAMAGED");
  EXPECT_FALSE(std::filesystem::exists(file()));
}

TEST_F(OpeningTest, RefusesANewerVersion) {
  make_store();
  Database(file()).exec("PRAGMA user_version = 1000");
  const auto error = refused();
  EXPECT_EQ(error.reason, "STORE_NEWER_VERSION");
  EXPECT_EQ(error.details.at("found"), "1000");
}

TEST_F(OpeningTest, RefusesAValueOfANewerVersion) {
  for (const char* change : {"UPDATE account SET protocol = 'matrix'",
                             "UPDATE account SET settings = 'commd-settings 2' || char(10)"}) {
    SCOPED_TRACE(change);
    std::filesystem::remove_all(state_dir());
    make_store();
    Database(file()).exec(change);
    const auto state = try_open();
    ASSERT_FALSE(state);
    EXPECT_EQ(state.error().reason, "STORE_NEWER_VERSION");
    EXPECT_EQ(state.error().details.at("account"), "alice");
    store_->close();
  }
}

TEST_F(OpeningTest, RefusesACallOfANewerVersion) {
  open();
  auto live = full_call("c1");
  live.state = model::CallState::active;
  ASSERT_TRUE(commit({ports::PutCall{live}}));
  store_->close();
  Database(file()).exec("UPDATE call SET state = 'parked'");
  const auto state = try_open();
  ASSERT_FALSE(state);
  EXPECT_EQ(state.error().reason, "STORE_NEWER_VERSION");
  EXPECT_THAT(state.error().message, HasSubstr("\"parked\" in column call.state"));
}

TEST_F(OpeningTest, BeginsAgainWhereAFirstStartDied) {
  std::filesystem::create_directory(state_dir());
  std::filesystem::permissions(state_dir(), std::filesystem::perms(0700));
  std::ofstream(file().string() + ".new") << "half a database";
  open();
  EXPECT_FALSE(std::filesystem::exists(file().string() + ".new"));
}

TEST_F(OpeningTest, OpensAgainAfterAFailure) {
  make_store();
  std::filesystem::permissions(file(), std::filesystem::perms(0644));
  ASSERT_FALSE(try_open());
  std::filesystem::permissions(file(), std::filesystem::perms(0600));
  const auto state = store_->open();
  ASSERT_TRUE(state);
  EXPECT_EQ(state->last_sequence, 200u);
}

}  // namespace
}  // namespace commd::store
