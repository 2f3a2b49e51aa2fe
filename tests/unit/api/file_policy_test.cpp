#include "daemon/api/file_policy.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <string>

#include "tests/support/temp_folder.h"

namespace commd::api {
namespace {

namespace fs = std::filesystem;

TEST(FilePolicy, OfThePersonWantsAbsolutePathsAlone) {
  const FilePolicy policy;
  EXPECT_TRUE(policy.check(std::string("/tmp/x.wav")));
  for (const std::string& text : {std::string("x.wav"), std::string("./x"), std::string(),
                                  std::string("/a\0b", 4), "/" + std::string(5000, 'a')})
    EXPECT_FALSE(policy.check(text)) << text.size();
}

class NarrowPolicy : public testing::Test {
 protected:
  NarrowPolicy() : media(folder.path() / "media"), policy(media) {
    fs::create_directory(media);
    fs::create_directory(folder.path() / "media2");
    fs::create_symlink(folder.path() / "media2", media / "out");
    fs::create_symlink("/etc/passwd", media / "passwd.wav");
  }
  bool allowed(const fs::path& path) { return policy.check(path.string()).has_value(); }

  test::TempFolder folder;
  const fs::path media;
  const FilePolicy policy;
};

TEST_F(NarrowPolicy, LetsInWhatIsBelowItsFolder) {
  EXPECT_TRUE(allowed(media / "x.wav"));
  EXPECT_TRUE(allowed(media / "new" / "x.wav"));
  EXPECT_TRUE(allowed(media / "new" / ".." / "x.wav"));
}

TEST_F(NarrowPolicy, NeitherDotsNorLinksLeadOut) {
  for (const fs::path& path :
       {fs::path("/etc/passwd"), media, media / "..", media / ".." / "x.wav",
        media / "." / ".." / "x", fs::path(media.string() + "2/x.wav"), media / "out" / "x.wav",
        media / "passwd.wav", media / "new" / ".." / ".." / "x.wav"})
    EXPECT_FALSE(allowed(path)) << path;
  const auto refused = policy.check((media / ".." / "x").string());
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().reason, "PATH_NOT_ALLOWED");
  EXPECT_EQ(refused.error().code, base::Code::permission_denied);
}

TEST_F(NarrowPolicy, JudgesFilesOfSourcesAndSinksAlone) {
  model::AudioSource source{model::AudioSource::Kind::file, 0, "/etc/passwd", false};
  EXPECT_FALSE(policy.check(source));
  source.kind = model::AudioSource::Kind::tone;
  EXPECT_TRUE(policy.check(source));
  EXPECT_FALSE(policy.check(model::AudioSink{model::AudioSink::Kind::file, "/tmp/x.wav"}));
  EXPECT_TRUE(policy.check(model::AudioSink{model::AudioSink::Kind::none, {}}));
}

}  // namespace
}  // namespace commd::api
