// What the store's tests share: a private folder, a clock turned by hand, a stand-in
// for the core's queue, and values in which no field has its default.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <deque>
#include <filesystem>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "daemon/base/log.h"
#include "daemon/ports/clock.h"
#include "daemon/store/sqlite_store.h"

namespace commd::store {

using namespace std::chrono_literals;

// Any thread posts, the test runs.
class CoreQueue {
 public:
  SqliteStore::Post post() {
    return [this](std::function<void()> job) {
      const std::lock_guard lock(mutex_);
      jobs_.push_back(std::move(job));
      changed_.notify_one();
    };
  }
  // Runs what comes until `done()`; false after 20 s.
  bool run_until(const std::function<bool()>& done) {
    const auto deadline = std::chrono::steady_clock::now() + 20s;
    while (!done()) {
      std::unique_lock lock(mutex_);
      if (!changed_.wait_until(lock, deadline, [&] { return !jobs_.empty(); })) return false;
      auto job = std::move(jobs_.front());
      jobs_.pop_front();
      lock.unlock();
      job();
    }
    return true;
  }
  // Runs what is there now.
  void drain() {
    while (true) {
      std::unique_lock lock(mutex_);
      if (jobs_.empty()) return;
      auto job = std::move(jobs_.front());
      jobs_.pop_front();
      lock.unlock();
      job();
    }
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<std::function<void()>> jobs_;
};

class ManualClock final : public ports::Clock {
 public:
  base::MonoTime mono_now() const override { return {}; }
  base::WallTime wall_now() const override {
    return base::WallTime(
        std::chrono::duration_cast<base::WallTime::duration>(std::chrono::hours(hours_.load())));
  }
  void advance(std::chrono::hours by) { hours_ += by.count(); }

 private:
  std::atomic<int64_t> hours_{500'000};  // in 2027
};

class TempFolder {
 public:
  TempFolder();
  ~TempFolder();
  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

model::Account full_account(const std::string& id);
model::Call full_call(const std::string& id);
model::Call ended_call(const std::string& id, int64_t create_seconds);
ports::Change event(uint64_t sequence, std::string bytes = "event");

class StoreTest : public testing::Test {
 protected:
  SqliteStore& make(Retention retention = {});
  // Opens a new store on the folder (the last one is closed first) and expects it
  // to succeed.
  ports::StoredState open(Retention retention = {});
  base::Result<ports::StoredState> try_open();
  base::Result<void> commit(std::vector<ports::Change> batch);
  base::Result<std::vector<model::Call>> calls(const ports::CallQuery& query);
  base::Result<std::vector<ports::StoredEvent>> events(uint64_t after, unsigned limit = 1000);
  std::filesystem::path file() const { return state_dir() / "commd.db"; }
  std::filesystem::path state_dir() const { return temp_.path() / "state"; }

  TempFolder temp_;
  ManualClock clock_;
  CoreQueue core_;
  std::optional<SqliteStore> store_;
};

std::vector<std::string> ids(const std::vector<model::Call>& calls);
std::vector<uint64_t> sequences(const std::vector<ports::StoredEvent>& events);

}  // namespace commd::store
