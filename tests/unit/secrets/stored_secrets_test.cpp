#include "daemon/secrets/stored_secrets.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <future>
#include <map>
#include <memory>
#include <thread>

#include "tests/support/temp_folder.h"

namespace commd::secrets {
namespace {

using base::Result;
using base::Secret;
using model::AccountId;
using testing::ElementsAre;

// A place in memory whose state the test owns; used on the secrets' thread, looked
// at when that is idle or gone.
struct Memory {
  std::map<std::string, Secret> passwords;
  bool usable = true;
  bool locked = false;
  int probes = 0;
  std::promise<void> cancelled;
  std::promise<void> blocked;
  bool hang = false;
};

class FakeStore final : public SecretStore {
 public:
  explicit FakeStore(std::shared_ptr<Memory> memory) : memory_(std::move(memory)) {}
  std::string name() const override { return "fake"; }
  Result<void> probe() override {
    ++memory_->probes;
    if (memory_->usable) return {};
    return base::fail(base::Code::unavailable, "KEYRING_UNAVAILABLE", "nobody answers");
  }
  Result<Secret> get(const std::string& account) override {
    if (memory_->hang) {
      memory_->blocked.set_value();
      memory_->cancelled.get_future().wait();
    }
    if (memory_->locked) return locked();
    const auto found = memory_->passwords.find(account);
    if (found == memory_->passwords.end()) return base::fail(base::not_found("password", account));
    return found->second;
  }
  Result<void> put(const std::string& account, const Secret& password) override {
    if (memory_->locked) return locked();
    memory_->passwords.insert_or_assign(account, password);
    return {};
  }
  Result<void> erase(const std::string& account) override {
    if (memory_->locked) return locked();
    memory_->passwords.erase(account);
    return {};
  }
  void cancel() noexcept override { memory_->cancelled.set_value(); }

 private:
  static tl::unexpected<base::Error> locked() {
    return base::fail(base::Code::unavailable, "KEYRING_LOCKED", "locked");
  }
  std::shared_ptr<Memory> memory_;
};

class StoredSecretsTest : public testing::Test {
 protected:
  void open_with_keyring() { open(std::make_unique<FakeStore>(keyring_)); }
  void open(std::unique_ptr<SecretStore> keyring) {
    on_core([&] {
      secrets_ = std::make_unique<StoredSecrets>(
          loop_, base::null_logger(), std::make_unique<FakeStore>(files_), std::move(keyring));
    });
  }
  void SetUp() override { loop_.start(); }
  void TearDown() override {
    on_core([&] { secrets_.reset(); });
  }
  template <class Task>
  void on_core(Task task) {
    std::promise<void> done;
    loop_.post([&] {
      task();
      done.set_value();
    });
    done.get_future().get();
  }
  // "ok", the password, or the reason of the error.
  std::string get(const std::string& id) {
    std::promise<std::string> answer;
    on_core([&] {
      secrets_->get(AccountId(id), [&](Result<Secret> password) {
        EXPECT_TRUE(loop_.on_loop_thread());
        answer.set_value(password ? std::string(password->reveal()) : password.error().reason);
      });
    });
    return answer.get_future().get();
  }
  std::string put(const std::string& id, const std::string& password) {
    std::promise<std::string> answer;
    on_core([&] {
      secrets_->put(AccountId(id), Secret(password), [&](Result<void> result) {
        answer.set_value(result ? "ok" : result.error().reason);
      });
    });
    return answer.get_future().get();
  }
  std::string erase(const std::string& id) {
    std::promise<std::string> answer;
    on_core([&] {
      secrets_->erase(AccountId(id), [&](Result<void> result) {
        answer.set_value(result ? "ok" : result.error().reason);
      });
    });
    return answer.get_future().get();
  }

  std::shared_ptr<Memory> files_ = std::make_shared<Memory>();
  std::shared_ptr<Memory> keyring_ = std::make_shared<Memory>();
  loop::CoreLoop loop_;
  std::unique_ptr<StoredSecrets> secrets_;
};

TEST_F(StoredSecretsTest, WithoutAKeyringFilesAreUsed) {
  open(nullptr);
  EXPECT_EQ(put("a", "hunter2"), "ok");
  EXPECT_EQ(get("a"), "hunter2");
  EXPECT_EQ(files_->passwords.size(), 1U);
  EXPECT_EQ(erase("a"), "ok");
  EXPECT_EQ(get("a"), "NOT_FOUND");
}

TEST_F(StoredSecretsTest, AKeyringThatDoesNotAnswerIsAskedOnce) {
  keyring_->usable = false;
  open_with_keyring();
  EXPECT_EQ(put("a", "x"), "ok");
  keyring_->usable = true;  // too late: what is decided stays
  EXPECT_EQ(put("b", "y"), "ok");
  EXPECT_EQ(keyring_->probes, 1);
  EXPECT_EQ(files_->passwords.size(), 2U);
  EXPECT_TRUE(keyring_->passwords.empty());
}

TEST_F(StoredSecretsTest, TheKeyringIsPreferredAndOnePlaceHasIt) {
  files_->passwords.emplace("a", Secret("old"));
  open_with_keyring();
  EXPECT_EQ(get("a"), "old");  // from a time without a keyring
  EXPECT_EQ(put("a", "new"), "ok");
  EXPECT_EQ(get("a"), "new");
  EXPECT_TRUE(files_->passwords.empty());
  EXPECT_EQ(erase("a"), "ok");
  EXPECT_TRUE(keyring_->passwords.empty());
}

TEST_F(StoredSecretsTest, ErasingEmptiesBothPlaces) {
  files_->passwords.emplace("a", Secret("old"));
  keyring_->passwords.emplace("a", Secret("new"));
  open_with_keyring();
  EXPECT_EQ(erase("a"), "ok");
  EXPECT_TRUE(files_->passwords.empty());
  EXPECT_TRUE(keyring_->passwords.empty());
}

TEST_F(StoredSecretsTest, ALockedKeyringIsToldNotWorkedAround) {
  keyring_->locked = true;
  open_with_keyring();
  EXPECT_EQ(get("a"), "KEYRING_LOCKED");
  EXPECT_EQ(put("a", "x"), "KEYRING_LOCKED");
  EXPECT_TRUE(files_->passwords.empty());
  EXPECT_EQ(erase("a"), "KEYRING_LOCKED");
}

TEST_F(StoredSecretsTest, AnswersComeInTheOrderOfTheCalls) {
  open_with_keyring();
  std::vector<std::string> order;
  std::promise<void> all;
  on_core([&] {
    const auto note = [&](const char* what) {
      return [&order, what](const Result<void>&) { order.emplace_back(what); };
    };
    secrets_->put(AccountId("a"), Secret("1"), note("put"));
    secrets_->get(AccountId("a"), [&](const Result<Secret>& password) {
      order.push_back("get " + std::string(password ? password->reveal() : "none"));
    });
    secrets_->erase(AccountId("a"), note("erase"));
    secrets_->get(AccountId("a"), [&](const Result<Secret>& password) {
      order.push_back(password ? "found" : "gone");
      all.set_value();
    });
    EXPECT_TRUE(order.empty());
  });
  all.get_future().get();
  EXPECT_THAT(order, ElementsAre("put", "get 1", "erase", "gone"));
}

TEST_F(StoredSecretsTest, AKeyringThatHangsHoldsUpNeitherTheCoreNorTheEnd) {
  keyring_->hang = true;
  open_with_keyring();
  bool called = false;
  on_core([&] { secrets_->get(AccountId("a"), [&](const Result<Secret>&) { called = true; }); });
  keyring_->blocked.get_future().get();
  bool core_runs = false;
  on_core([&] { core_runs = true; });
  EXPECT_TRUE(core_runs);
  on_core([&] { secrets_.reset(); });  // returns: the call was cancelled
  on_core([] {});
  EXPECT_FALSE(called);  // and its callback never comes
}

TEST(MakeSecrets, OfASystemServiceUsesFilesAlone) {
  const test::TempFolder temp;
  ::setenv("DBUS_SESSION_BUS_ADDRESS", "unix:path=/nonexistent", 1);
  loop::CoreLoop loop;
  loop.start();
  auto secrets = make_secrets(loop, base::null_logger(), temp / "secrets", Keyring::never);
  std::promise<bool> stored;
  secrets->put(AccountId("a"), Secret("x"),
               [&](const Result<void>& result) { stored.set_value(result.has_value()); });
  EXPECT_TRUE(stored.get_future().get());
  EXPECT_EQ(test::read_file(temp / "secrets/a.secret"), "x");
  ::unsetenv("DBUS_SESSION_BUS_ADDRESS");
}

TEST(MakeSecrets, ABusThatIsGoneMeansFiles) {
  const test::TempFolder temp;
  ::setenv("DBUS_SESSION_BUS_ADDRESS", ("unix:path=" + (temp / "no-bus").string()).c_str(), 1);
  loop::CoreLoop loop;
  loop.start();
  auto secrets = make_secrets(loop, base::null_logger(), temp / "secrets", Keyring::if_there);
  std::promise<bool> stored;
  secrets->put(AccountId("a"), Secret("x"),
               [&](const Result<void>& result) { stored.set_value(result.has_value()); });
  EXPECT_TRUE(stored.get_future().get());
  EXPECT_EQ(test::read_file(temp / "secrets/a.secret"), "x");
  ::unsetenv("DBUS_SESSION_BUS_ADDRESS");
}

}  // namespace
}  // namespace commd::secrets
