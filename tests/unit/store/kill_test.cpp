#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <random>

#include "tests/unit/store/store_fixture.h"

extern char** environ;

namespace commd::store {
namespace {

struct Child {
  pid_t pid = -1;
  int acknowledged = -1;  // read end of its stdout
};

Child start_child(const std::string& state_dir) {
  int ends[2];
  EXPECT_EQ(::pipe2(ends, O_CLOEXEC), 0);
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, ends[1], STDOUT_FILENO);
  std::string program = COMMD_STORE_KILL_CHILD;
  std::string argument = state_dir;
  char* argv[] = {program.data(), argument.data(), nullptr};
  Child child;
  EXPECT_EQ(::posix_spawn(&child.pid, program.c_str(), &actions, nullptr, argv, environ), 0);
  posix_spawn_file_actions_destroy(&actions);
  ::close(ends[1]);
  child.acknowledged = ends[0];
  return child;
}

// The next acknowledged number; 0 at the end, or when none comes for 20 s.
uint64_t next_number(const Child& child) {
  pollfd ready{child.acknowledged, POLLIN, 0};
  uint64_t number = 0;
  if (::poll(&ready, 1, 20'000) <= 0) return 0;
  return ::read(child.acknowledged, &number, sizeof number) == sizeof number ? number : 0;
}

// Kills the child after it acknowledged `batches`; the last number that it did.
uint64_t run_and_kill(const std::string& state_dir, unsigned batches) {
  const Child child = start_child(state_dir);
  uint64_t last = 0;
  for (unsigned i = 0; i < batches; ++i) {
    const uint64_t number = next_number(child);
    if (number == 0) break;
    last = number;
  }
  ::kill(child.pid, SIGKILL);
  // What was in the pipe was acknowledged too.
  for (uint64_t number = next_number(child); number != 0; number = next_number(child))
    last = number;
  int status = 0;
  ::waitpid(child.pid, &status, 0);
  ::close(child.acknowledged);
  EXPECT_TRUE(WIFSIGNALED(status)) << "it ended by itself";
  return last;
}

TEST_F(StoreTest, KeepsWhatItAcknowledgedWhenItIsKilled) {
  std::mt19937 random(20260801);
  uint64_t total = 0;
  for (int round = 0; round < 12; ++round) {
    SCOPED_TRACE(round);
    const uint64_t last = run_and_kill(state_dir(), random() % 400 + 1);
    ASSERT_GT(last, total);
    total = last;
    // Without limits, so that it prunes nothing while the test looks.
    const auto state = open({.events = 0, .event_days = 0});
    ASSERT_GE(state.last_sequence, last);
    // A batch is there whole: its fact and its call belong to its event.
    const std::string newest = std::to_string(state.last_sequence);
    EXPECT_EQ(state.facts.at("last"), newest);
    EXPECT_EQ(state.unended_calls.size(), state.last_sequence);
    const auto kept = events(state.first_sequence - 1, 10'000);
    ASSERT_TRUE(kept);
    EXPECT_EQ(kept->size(), state.last_sequence - state.first_sequence + 1);
    for (const auto& found : *kept) EXPECT_EQ(found.bytes->size(), found.sequence % 50 * 100);
    store_->close();
  }
}

}  // namespace
}  // namespace commd::store
