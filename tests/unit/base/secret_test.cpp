#include "daemon/base/secret.h"

#include <gtest/gtest.h>

#include <cstring>
#include <new>
#include <ostream>
#include <string>
#include <type_traits>
#include <utility>

namespace commd::base {
namespace {

template <class T>
concept Printable = requires(std::ostream& out, const T& value) {
  out << value;
};

static_assert(!Printable<Secret>);
static_assert(!std::is_convertible_v<Secret, std::string>);
static_assert(!std::is_convertible_v<std::string, Secret>);

TEST(Secret, RevealsWhatItHolds) {
  const Secret secret("hunter2");
  EXPECT_EQ(secret.reveal(), "hunter2");
  EXPECT_FALSE(secret.empty());
  EXPECT_TRUE(Secret().empty());
  EXPECT_EQ(Secret("a"), Secret("a"));
  EXPECT_FALSE(Secret("a") == Secret("b"));
  EXPECT_FALSE(Secret("a") == Secret("ab"));
}

TEST(Secret, TakeWipesTheSource) {
  std::string source = "hunter2";
  const char* const memory = source.data();
  const Secret secret = Secret::take(source);
  EXPECT_EQ(secret.reveal(), "hunter2");
  EXPECT_TRUE(source.empty());
  EXPECT_EQ(memory[1], '\0');
}

TEST(Secret, MovesAndCopies) {
  Secret a("hunter2");
  const Secret copy = a;
  const Secret moved = std::move(a);
  EXPECT_EQ(copy.reveal(), "hunter2");
  EXPECT_EQ(moved.reveal(), "hunter2");
  EXPECT_TRUE(a.empty());  // NOLINT(bugprone-use-after-move): that is the point
  a = copy;
  EXPECT_EQ(a, moved);
}

TEST(Secret, AMoveLeavesNoCopyInTheObject) {
  alignas(Secret) unsigned char memory[sizeof(Secret)];
  auto* secret = new (memory) Secret("hunter2");
  const Secret moved = std::move(*secret);
  secret->~Secret();
  EXPECT_EQ(memmem(memory, sizeof memory, "hunter", 6), nullptr);
}

TEST(WipeMemory, Overwrites) {
  char text[] = "hunter2";
  wipe_memory(text, 4);
  EXPECT_EQ(std::string(text + 4), "er2");
  EXPECT_EQ(text[0] | text[1] | text[2] | text[3], 0);
  wipe_memory(nullptr, 0);
}

}  // namespace
}  // namespace commd::base
