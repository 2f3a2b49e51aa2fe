// RFC 6266, and what servers make of it.
#include "daemon/http/content_disposition.h"

#include <gtest/gtest.h>

namespace commd::http {
namespace {

TEST(Disposition, Names) {
  EXPECT_EQ(disposition_name("attachment; filename=\"a b.txt\""), "a b.txt");
  EXPECT_EQ(disposition_name("inline;filename=a.txt;size=3"), "a.txt");
  EXPECT_EQ(disposition_name("attachment; FileName = \"a\\\"b\""), "a\"b");
  EXPECT_EQ(disposition_name("attachment; filename=\"x\"; filename*=UTF-8''%e2%82%ac%20rates"),
            "€ rates");
  EXPECT_EQ(disposition_name("attachment; filename*=iso-8859-1''%a3; filename=\"x\""), "x");
  EXPECT_EQ(disposition_name("attachment; filename*=UTF-8''%e2%8"), "");
  EXPECT_EQ(disposition_name("attachment"), "");
  EXPECT_EQ(disposition_name(""), "");
  EXPECT_EQ(disposition_name("a; b; c=\"unended"), "");
  EXPECT_EQ(disposition_name("attachment; filename=\"\xff\""), "\xEF\xBF\xBD");
  EXPECT_EQ(disposition_name("attachment; filename=" + std::string(5000, 'x')), "");
}

}  // namespace
}  // namespace commd::http
