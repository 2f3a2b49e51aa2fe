#include "daemon/base/shared_library.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace commd::base {
namespace {

TEST(SharedLibrary, FindsWhatIsThereAndNothingElse) {
  SharedLibrary math("libm.so.6");
  ASSERT_TRUE(math);
  double (*cosine)(double) = nullptr;
  ASSERT_TRUE(math.find("cos", cosine));
  EXPECT_EQ(cosine(0), 1);
  const auto before = cosine;
  EXPECT_FALSE(math.find("commd_has_no_such_function", cosine));
  EXPECT_EQ(cosine, before);
}

TEST(SharedLibrary, OneThatIsMissingIsNamedWithItsRemedy) {
  SharedLibrary none("libcommd-has-none.so.7");
  EXPECT_FALSE(none);
  const Error error = library_missing("SOME_LIBRARY_MISSING", "libsome7");
  EXPECT_EQ(error.code, Code::unavailable);
  EXPECT_EQ(error.reason, "SOME_LIBRARY_MISSING");
  EXPECT_THAT(error.message, testing::HasSubstr("install libsome7: libcommd-has-none.so.7"));
  void (*function)() = nullptr;
  EXPECT_FALSE(none.find("anything", function));
}

}  // namespace
}  // namespace commd::base
