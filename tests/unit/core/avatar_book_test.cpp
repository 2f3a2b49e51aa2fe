#include "daemon/core/avatar_book.h"

#include <map>

#include "tests/unit/core/contacts_fixture.h"

namespace commd::core {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

const std::string kPng = std::string("\x89PNG\r\n\x1a\n") + "a picture";
const std::string kOne(40, '1'), kTwo(40, '2');

struct FakePictures final : ports::Pictures {
  std::string find(const std::string& hash) const override {
    return files.contains(hash) ? "/p/" + hash : std::string();
  }
  void put(const std::string& hash, model::PictureKind, std::string bytes,
           std::function<void(base::Result<std::string>)> done) override {
    files[hash] = std::move(bytes);
    done("/p/" + hash);
  }
  void remove(const std::string& hash) override { files.erase(hash); }
  std::map<std::string, std::string> files;
};

struct PictureRoom final : FakeContacts {
  void fetch_avatar(const model::AccountId&, const std::string& address, const std::string& hash,
                    Fetched done) override {
    asked.push_back("fetch " + address + " " + hash.substr(0, 1));
    fetches.push_back(std::move(done));
  }
  void set_avatar(const model::AccountId& account, const std::string& bytes, Done done) override {
    answer("avatar " + account.str() + " " + std::to_string(bytes.size()), std::move(done));
  }
  void set_nickname(const model::AccountId& account, const std::string& nickname,
                    Done done) override {
    answer("nickname " + account.str() + " " + nickname, std::move(done));
  }
  std::vector<Fetched> fetches;
};

class AvatarBookTest : public ContactsFixture {
 protected:
  void SetUp() override {
    ContactsFixture::SetUp();
    core->roster_report({model::AccountId(kAlice), {{kBob}, {kCarol}}, {}, true, true});
    begin({});
  }
  void begin(const ports::StoredState& state) {
    book = std::make_unique<AvatarBook>(core->accounts(), core->contacts(),
                                        ContactsByProtocol{{model::Protocol::xmpp, &pictures_room}},
                                        &pictures, base::null_logger());
    book->restore(state);
  }
  void shows(const std::string& address, const std::string& hash) {
    book->report({model::AccountId(kAlice), address, hash});
  }
  void fetched(base::Result<std::string> bytes) {
    const auto done = pictures_room.fetches.back();
    done(std::move(bytes));
  }
  std::string path_of(const std::string& address) const {
    return core->contacts().find(address)->avatar_path;
  }
  std::vector<std::string> asked() { return std::exchange(pictures_room.asked, {}); }

  const std::string kCarol = "xmpp:carol@example.org";
  FakePictures pictures;
  PictureRoom pictures_room;
  std::unique_ptr<AvatarBook> book;
};

TEST_F(AvatarBookTest, FetchesOneAfterTheOther) {
  shows(kBob, kOne);
  shows(kCarol, kTwo);
  shows(kBob, kOne);
  EXPECT_THAT(asked(), ElementsAre("fetch " + kBob + " 1"));
  fetched(kPng);
  EXPECT_EQ(path_of(kBob), "/p/" + kOne);
  EXPECT_EQ(core->contacts().find(kBob)->avatar_hash, kOne);
  EXPECT_THAT(asked(), ElementsAre("fetch " + kCarol + " 2"));
  fetched(base::fail(base::Code::not_found, "PICTURE_UNUSABLE", "none"));
  EXPECT_EQ(path_of(kCarol), "");
  shows(kBob, kOne);
  EXPECT_THAT(asked(), IsEmpty()) << "it is there";
}

TEST_F(AvatarBookTest, WhatIsThereIsNotFetched) {
  pictures.files[kOne] = kPng;
  shows(kBob, kOne);
  shows(kCarol, kOne);
  EXPECT_THAT(asked(), IsEmpty());
  EXPECT_EQ(path_of(kCarol), "/p/" + kOne);
  shows(kBob, "");
  EXPECT_EQ(path_of(kBob), "");
  EXPECT_TRUE(pictures.files.contains(kOne)) << "somebody has it still";
  shows(kCarol, kTwo);
  fetched(kPng);
  EXPECT_FALSE(pictures.files.contains(kOne)) << "nobody has it any more";
}

TEST_F(AvatarBookTest, WhatHeShowedMeanwhileCounts) {
  shows(kBob, kOne);
  fetched(kPng);
  shows(kBob, kTwo);
  shows(kBob, kOne);
  fetched(kPng);
  EXPECT_EQ(path_of(kBob), "/p/" + kOne);
  EXPECT_FALSE(pictures.files.contains(kTwo)) << "nobody shows it";
  shows(kBob, kTwo);
  shows(kBob, "");
  fetched(kPng);
  EXPECT_EQ(path_of(kBob), "");
  EXPECT_THAT(pictures.files, IsEmpty());
}

TEST_F(AvatarBookTest, WhoLeavesTheListTakesItAlong) {
  const model::AccountId alice(kAlice);
  core->contacts().set_left([&](const model::AccountId& account, const std::string& address) {
    book->contact_left(account, address);
  });
  shows(kBob, kOne);
  fetched(kPng);
  core->roster_report({alice, {}, {kBob}, false, false});
  EXPECT_THAT(pictures.files, IsEmpty());
  core->roster_report({alice, {{kBob}}, {}, false, false});
  EXPECT_EQ(path_of(kBob), "");
  asked();
  shows(kBob, kOne);
  EXPECT_THAT(asked(), ElementsAre("fetch " + kBob + " 1")) << "he is somebody new";
  core->roster_report({alice, {}, {kBob}, false, false});
  fetched(kPng);
  EXPECT_THAT(pictures.files, IsEmpty()) << "he left while it was fetched";
}

TEST_F(AvatarBookTest, StrangersAndNonsenseAreForNothing) {
  shows("xmpp:eve@example.org", kOne);
  shows(kBob, "../../etc/passwd");
  EXPECT_THAT(asked(), IsEmpty());
  shows(kBob, kOne);
  fetched(std::string("<svg/>"));
  EXPECT_EQ(path_of(kBob), "");
  EXPECT_THAT(pictures.files, IsEmpty());
}

TEST_F(AvatarBookTest, IsKnownAfterARestart) {
  shows(kBob, kOne);
  fetched(kPng);
  ports::StoredState state;
  state.accounts = core->accounts().list();
  for (const auto& each : store.all<ports::PutFact>()) state.facts[each.key] = each.value;
  core->contacts().set_avatar(model::AccountId(kAlice), kBob, {}, {});
  begin(state);
  EXPECT_EQ(path_of(kBob), "/p/" + kOne);
  pictures.files.clear();
  core->contacts().set_avatar(model::AccountId(kAlice), kBob, {}, {});
  begin(state);
  EXPECT_EQ(path_of(kBob), "") << "somebody has deleted the file";
}

TEST_F(AvatarBookTest, TheOwnOneIsCheckedAndShownByAll) {
  add_account("xmpp:other@example.org");
  std::vector<std::string> results;
  const auto note = [&](base::Result<AvatarBook::Accounts> result) {
    results.push_back(result ? std::to_string(result->size()) : result.error().reason);
  };
  book->set_own({}, "no picture", note);
  book->set_own({}, kPng + std::string(model::max_own_picture_bytes, 'x'), note);
  book->set_own({}, kPng, note);
  book->set_own("other", {}, note);
  book->set_own("local", kPng, note);
  book->set_nickname("alice", "Ally", note);
  EXPECT_THAT(results, ElementsAre("PICTURE_UNUSABLE", "PICTURE_UNUSABLE", "2", "1",
                                   "AVATARS_NOT_SUPPORTED", "1"));
  EXPECT_THAT(asked(),
              ElementsAre("avatar " + kAlice + " 17", "avatar xmpp:other@example.org 17",
                          "avatar xmpp:other@example.org 0", "nickname " + kAlice + " Ally"));
  pictures_room.result = base::fail(base::Code::unavailable, "CONNECTION_LOST", "lost");
  book->set_own({}, kPng, note);
  EXPECT_EQ(results.back(), "CONNECTION_LOST");
}

}  // namespace
}  // namespace commd::core
