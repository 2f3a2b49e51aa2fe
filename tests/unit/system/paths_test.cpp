#include "daemon/system/paths.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <map>

#include "tests/support/temp_folder.h"

namespace commd::system {
namespace {

namespace fs = std::filesystem;

class PathsTest : public testing::Test {
 protected:
  PathsTest() {
    environment_.variable = [this](const char* name) {
      const auto found = variables_.find(name);
      return found == variables_.end() ? std::string() : found->second;
    };
    environment_.user = ::geteuid();
    environment_.run_user = temp_ / "run-user";
    environment_.etc = temp_ / "etc";
    variables_["HOME"] = "/home/alice";
  }
  Paths resolve() {
    auto paths = resolve_paths(choices_, environment_);
    EXPECT_TRUE(paths) << paths.error().message;
    return paths ? *paths : Paths{};
  }
  void make_config(const fs::path& path) {
    fs::create_directories(path.parent_path());
    test::write_file(path, "");
  }

  test::TempFolder temp_;
  std::map<std::string, std::string> variables_;
  Environment environment_;
  PathChoices choices_;
};

TEST_F(PathsTest, TheHomeFolderIsTheLastResort) {
  const Paths paths = resolve();
  EXPECT_EQ(paths.state_dir, "/home/alice/.local/state/commd");
  EXPECT_EQ(paths.socket, "/home/alice/.local/state/commd/run/commd.sock");
  EXPECT_EQ(paths.config, "");
  EXPECT_EQ(paths.media_dir(), "/home/alice/.local/state/commd/media");
}

TEST_F(PathsTest, XdgVariablesAreFollowedWhenAbsolute) {
  variables_["XDG_STATE_HOME"] = "/s";
  variables_["XDG_RUNTIME_DIR"] = "/r";
  variables_["XDG_CONFIG_HOME"] = (temp_ / "c").string();
  make_config(temp_ / "c/commd/commd.toml");
  const Paths paths = resolve();
  EXPECT_EQ(paths.state_dir, "/s/commd");
  EXPECT_EQ(paths.socket, "/r/commd/commd.sock");
  EXPECT_EQ(paths.config, temp_ / "c/commd/commd.toml");

  variables_["XDG_STATE_HOME"] = "relative";
  variables_["XDG_RUNTIME_DIR"] = "relative";
  EXPECT_EQ(resolve().state_dir, "/home/alice/.local/state/commd");
  EXPECT_EQ(resolve().socket, "/home/alice/.local/state/commd/run/commd.sock");
}

TEST_F(PathsTest, RunUserIsTakenWhenItIsThereAndOurs) {
  const fs::path ours = environment_.run_user / std::to_string(environment_.user);
  fs::create_directories(ours);
  EXPECT_EQ(resolve().socket, ours / "commd/commd.sock");
  // The folder of another user is not.
  environment_.user += 1;
  fs::create_directories(environment_.run_user / std::to_string(environment_.user));
  EXPECT_EQ(resolve().socket, "/home/alice/.local/state/commd/run/commd.sock");
}

TEST_F(PathsTest, ALinkInRunUserIsNotAFolder) {
  fs::create_directories(environment_.run_user);
  fs::create_directory_symlink(temp_.path(),
                               environment_.run_user / std::to_string(environment_.user));
  EXPECT_EQ(resolve().socket, "/home/alice/.local/state/commd/run/commd.sock");
}

TEST_F(PathsTest, TheCommandLineWins) {
  variables_["XDG_STATE_HOME"] = "/s";
  variables_["XDG_RUNTIME_DIR"] = "/r";
  make_config(temp_ / "etc/commd/commd.toml");
  choices_ = {"/c/not-there.toml", "/state/../d", "/x/y.sock", false};
  const Paths paths = resolve();
  EXPECT_EQ(paths.state_dir, "/d");
  EXPECT_EQ(paths.socket, "/x/y.sock");
  EXPECT_EQ(paths.config, "/c/not-there.toml");
  choices_.state_dir = "relative";
  EXPECT_EQ(resolve().state_dir, fs::current_path() / "relative");
}

TEST_F(PathsTest, EtcIsReadAfterTheOwnConfiguration) {
  make_config(temp_ / "etc/commd/commd.toml");
  EXPECT_EQ(resolve().config, temp_ / "etc/commd/commd.toml");
  variables_["HOME"] = (temp_ / "home").string();
  make_config(temp_ / "home/.config/commd/commd.toml");
  EXPECT_EQ(resolve().config, temp_ / "home/.config/commd/commd.toml");
}

TEST_F(PathsTest, ASystemServiceUsesItsOwnFolders) {
  choices_.system_service = true;
  variables_.clear();
  EXPECT_EQ(resolve().state_dir, "/var/lib/commd");
  EXPECT_EQ(resolve().socket, "/run/commd/commd.sock");
  variables_["STATE_DIRECTORY"] = "/var/lib/commd-two:/other";
  variables_["RUNTIME_DIRECTORY"] = "/run/commd-two";
  variables_["XDG_RUNTIME_DIR"] = "/r";
  variables_["XDG_CONFIG_HOME"] = (temp_ / "c").string();
  make_config(temp_ / "c/commd/commd.toml");
  const Paths paths = resolve();
  EXPECT_EQ(paths.state_dir, "/var/lib/commd-two");
  EXPECT_EQ(paths.socket, "/run/commd-two/commd.sock");
  EXPECT_EQ(paths.config, "");
}

TEST_F(PathsTest, WithoutAHomeTheReasonIsTold) {
  variables_.clear();
  environment_.home = "/home/from-passwd";
  EXPECT_EQ(resolve().state_dir, "/home/from-passwd/.local/state/commd");
  environment_.home.clear();
  const auto failed = resolve_paths(choices_, environment_);
  ASSERT_FALSE(failed);
  EXPECT_EQ(failed.error().reason, "NO_HOME");
  choices_.state_dir = "/d";
  EXPECT_EQ(resolve().socket, "/d/run/commd.sock");
}

TEST(Environment, OfTheProcessKnowsTheUser) {
  const Environment environment = Environment::of_process();
  EXPECT_EQ(environment.user, ::geteuid());
  EXPECT_EQ(environment.variable("COMMD_NO_SUCH_VARIABLE"), "");
}

}  // namespace
}  // namespace commd::system
