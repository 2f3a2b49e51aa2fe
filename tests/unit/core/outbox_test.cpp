#include "daemon/core/outbox.h"

#include <gtest/gtest.h>

#include <string>

namespace commd::core {
namespace {

struct Letter {
  std::string id;
  std::string text;
};

std::string texts(const Outbox<Letter>& box) {
  std::string all;
  for (const Letter& each : box.those([](const Letter&) { return true; })) all += each.text + " ";
  return all;
}

TEST(Outbox, KeepsTheOrderInWhichThingsCame) {
  Outbox<Letter> box;
  box.add({"z", "one"});
  box.add({"a", "two"});
  box.add({"m", "three"});
  box.add({"z", "first"});
  EXPECT_EQ(texts(box), "first two three ");
  box.erase("a");
  box.erase("a");
  EXPECT_EQ(texts(box), "first three ");
  EXPECT_EQ(box.find("a"), nullptr);
  box.find("m")->text = "last";
  box.add({"a", "again"});
  EXPECT_EQ(texts(box), "first last again ");
  EXPECT_EQ(box.those([](const Letter& each) { return each.id == "m"; }).size(), 1U);
}

}  // namespace
}  // namespace commd::core
