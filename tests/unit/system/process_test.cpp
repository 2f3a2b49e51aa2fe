#include "daemon/system/process.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <thread>

#include "daemon/system/signals.h"

namespace commd::system {
namespace {

// Runs `body` in a child, since it changes the process; its answer is the exit code.
template <class Body>
int in_child(Body body) {
  const pid_t child = ::fork();
  if (child == 0) ::_exit(body());
  int status = 0;
  ::waitpid(child, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

TEST(HardenProcess, KeepsSecretsInTheProcess) {
  EXPECT_EQ(in_child([] {
              if (!harden_process()) return 1;
              rlimit limit{};
              ::getrlimit(RLIMIT_CORE, &limit);
              if (limit.rlim_cur != 0 || limit.rlim_max != 0) return 2;
              if (::prctl(PR_GET_DUMPABLE, 0, 0, 0, 0) != 0) return 3;
              return ::umask(0) == 0077 ? 0 : 4;
            }),
            0);
}

TEST(FillStandardDescriptors, LeavesNoneOfThemToOurOwnFiles) {
  EXPECT_EQ(in_child([] {
              ::close(0);
              ::close(1);
              ::close(2);
              if (!fill_standard_descriptors()) return 1;
              for (const int fd : {0, 1, 2})
                if (::fcntl(fd, F_GETFD) < 0) return 2;
              char byte = 0;
              if (::read(0, &byte, 1) != 0) return 3;
              return ::write(1, "x", 1) == 1 && ::write(2, "x", 1) == 1 ? 0 : 4;
            }),
            0);
}

TEST(RaiseFileLimit, GoesUpToTheHardLimit) {
  EXPECT_EQ(in_child([] {
              rlimit limit{};
              ::getrlimit(RLIMIT_NOFILE, &limit);
              limit = {64, std::min<rlim_t>(limit.rlim_max, 1000)};
              ::setrlimit(RLIMIT_NOFILE, &limit);
              if (raise_file_limit() != limit.rlim_max) return 1;
              rlimit now{};
              ::getrlimit(RLIMIT_NOFILE, &now);
              return now.rlim_cur == limit.rlim_max ? 0 : 2;
            }),
            0);
}

TEST(ProcessFacts, TellWhatTheProcessCosts) {
  const auto before = std::chrono::system_clock::now();
  const ProcessFacts facts = process_facts();
  EXPECT_GT(facts.resident_bytes, 1'000'000U);
  EXPECT_LT(facts.resident_bytes, 4'000'000'000U);
  EXPECT_GE(facts.threads, 1U);
  EXPECT_GT(facts.cpu_time, base::Duration::zero());
  EXPECT_LT(facts.start_time, before + std::chrono::milliseconds(20));
  EXPECT_GT(facts.start_time, before - std::chrono::hours(1));
  const auto difference = process_facts().start_time - facts.start_time;
  EXPECT_LT(std::chrono::abs(difference), std::chrono::seconds(1));
}

TEST(ProcessFacts, CountThreads) {
  uint64_t inside = 0;
  std::thread([&] { inside = process_facts().threads; }).join();
  EXPECT_GE(inside, 2U);
}

TEST(SignalSource, TurnsSignalsIntoValues) {
  EXPECT_EQ(in_child([] {
              auto source = SignalSource::open();
              if (!source) return 1;
              if (source->next()) return 2;
              ::raise(SIGHUP);
              if (source->next() != Signal::reload) return 3;
              ::raise(SIGTERM);
              if (source->next() != Signal::terminate) return 4;
              ::raise(SIGINT);
              if (source->next() != Signal::interrupt) return 5;
              return source->next() ? 6 : 0;
            }),
            0);
}

TEST(SignalSource, CoversThreadsStartedLaterAndIgnoresPipes) {
  EXPECT_EQ(in_child([] {
              auto source = SignalSource::open();
              if (!source) return 1;
              ::raise(SIGPIPE);
              std::thread([] { ::kill(::getpid(), SIGTERM); }).join();
              return source->next() == Signal::terminate ? 0 : 2;
            }),
            0);
}

TEST(SignalSource, GivesTheMaskBack) {
  EXPECT_EQ(in_child([] {
              { const auto source = SignalSource::open(); }
              ::raise(SIGTERM);
              return 0;
            }),
            128 + SIGTERM);
}

}  // namespace
}  // namespace commd::system
