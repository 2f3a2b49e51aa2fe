// Names that others choose: what a folder of this person's may be asked to hold.
#include "daemon/disk/safe_name.h"

#include <gtest/gtest.h>

#include "daemon/base/escape.h"
#include "daemon/disk/content_type.h"

namespace commd::disk {
namespace {

TEST(SafeName, OrdinaryNamesStayAsTheyAre) {
  for (const char* name :
       {"photo.jpg", "Ein Bild.png", "日本語.txt", "a.tar.gz", "no extension", "Ärger.pdf"})
    EXPECT_EQ(safe_file_name(name), name);
}

TEST(SafeName, NothingLeavesTheFolder) {
  EXPECT_EQ(safe_file_name("../../etc/passwd"), "passwd");
  EXPECT_EQ(safe_file_name("/etc/shadow"), "shadow");
  EXPECT_EQ(safe_file_name("..\\..\\autoexec.bat"), "autoexec.bat");
  EXPECT_EQ(safe_file_name(".."), "file");
  EXPECT_EQ(safe_file_name("a/.."), "file");
  EXPECT_EQ(safe_file_name("a/"), "file");
  EXPECT_EQ(safe_file_name(""), "file");
  EXPECT_EQ(safe_file_name(std::string("a\0/../b", 7)), "b");
}

TEST(SafeName, NothingHidesNorActs) {
  EXPECT_EQ(safe_file_name(".bashrc"), "bashrc");
  EXPECT_EQ(safe_file_name(" . .bashrc"), "bashrc");
  EXPECT_EQ(safe_file_name("-rf"), "rf");
  EXPECT_EQ(safe_file_name("a\x1b[2Jb.txt"), "a[2Jb.txt");
  EXPECT_EQ(safe_file_name("a\r\nb"), "ab");
  EXPECT_EQ(safe_file_name("a\xC2\x9B"
                           "b"),
            "ab");
  // "gpj.exe" shown as "exe.jpg".
  EXPECT_EQ(safe_file_name("\xE2\x80\xAEgpj.exe"), "gpj.exe");
  EXPECT_EQ(safe_file_name("\xE2\x80\x8B.hidden"), "hidden");
  EXPECT_EQ(safe_file_name("name. . "), "name");
  EXPECT_EQ(safe_file_name("bad\xFF.txt"), "bad\xEF\xBF\xBD.txt");
}

TEST(SafeName, LongOnesAreCutBetweenCharactersAndKeepTheirEnd) {
  std::string name;
  for (int i = 0; i < 500; ++i) name += "ä";
  const std::string safe = safe_file_name(name + ".jpeg");
  EXPECT_LE(safe.size(), 180U);
  EXPECT_GE(safe.size(), 178U);
  EXPECT_TRUE(safe.ends_with(".jpeg"));
  EXPECT_TRUE(base::is_valid_utf8(safe));
}

TEST(SafeName, NumbersStandBeforeTheEnd) {
  EXPECT_EQ(numbered_name("a.txt", 1), "a.txt");
  EXPECT_EQ(numbered_name("a.txt", 2), "a (2).txt");
  EXPECT_EQ(numbered_name("README", 3), "README (3)");
}

TEST(ContentType, IsKnownByTheEndOfTheName) {
  EXPECT_EQ(content_type_of("/x/A.PNG"), "image/png");
  EXPECT_EQ(content_type_of("a.opus"), "audio/ogg");
  EXPECT_EQ(content_type_of("noend"), "application/octet-stream");
  EXPECT_EQ(content_type_of("x.verylongend"), "application/octet-stream");
}

}  // namespace
}  // namespace commd::disk
