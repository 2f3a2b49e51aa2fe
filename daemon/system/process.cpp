#include "daemon/system/process.h"

#include <fcntl.h>
#include <malloc.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <string>

#include "daemon/base/unique_fd.h"

namespace commd::system {
namespace {

// Far more than we use; containers give a thousand million, and libraries that
// walk over all possible descriptors would walk for minutes.
constexpr rlim_t enough_files = 1'048'576;

base::Duration clock_of(clockid_t id) {
  timespec now{};
  ::clock_gettime(id, &now);
  return std::chrono::seconds(now.tv_sec) + std::chrono::nanoseconds(now.tv_nsec);
}

std::string read_proc(const char* path) {
  const base::UniqueFd fd(::open(path, O_RDONLY | O_CLOEXEC));
  std::array<char, 1024> text{};
  const ssize_t n = fd ? ::read(fd.get(), text.data(), text.size()) : 0;
  return n > 0 ? std::string(text.data(), static_cast<size_t>(n)) : std::string();
}

// Field `number` (from 1, as in proc(5)) of /proc/self/stat. The second is the
// name in brackets, which may hold anything: counting starts after it.
uint64_t stat_field(const std::string& stat, int number) {
  size_t at = stat.rfind(')');
  for (int field = 2; field < number && at != std::string::npos; ++field)
    at = stat.find(' ', at + 1);
  return at == std::string::npos ? 0 : std::strtoull(stat.c_str() + at + 1, nullptr, 10);
}

}  // namespace

base::Result<void> harden_process() {
  ::umask(0077);
  const rlimit none{0, 0};
  if (::setrlimit(RLIMIT_CORE, &none) != 0 || ::prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0)
    return base::fail(base::Code::internal, "HARDENING_FAILED",
                      std::string("cannot switch core files off: ") + std::strerror(errno));
  return {};
}

base::Result<void> fill_standard_descriptors() {
  for (int number = 0; number <= 2; ++number) {
    if (::fcntl(number, F_GETFD) != -1 || errno != EBADF) continue;
    // The lowest free number is this one: those below it are open by now.
    if (::open("/dev/null", number == 0 ? O_RDONLY : O_WRONLY) != number)
      return base::fail(base::Code::internal, "HARDENING_FAILED",
                        std::string("cannot open /dev/null: ") + std::strerror(errno));
  }
  return {};
}

uint64_t raise_file_limit() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return 0;
  const rlim_t goal = std::min<rlim_t>(limit.rlim_max, enough_files);
  if (limit.rlim_cur < goal) {
    const rlimit wanted{goal, limit.rlim_max};
    if (::setrlimit(RLIMIT_NOFILE, &wanted) == 0) limit = wanted;
  }
  return limit.rlim_cur;
}

void give_back_memory() { ::malloc_trim(0); }

ProcessFacts process_facts() {
  constexpr int threads_field = 20;
  constexpr int start_field = 22;
  constexpr int resident_field = 24;
  const std::string stat = read_proc("/proc/self/stat");
  ProcessFacts facts;
  facts.resident_bytes =
      stat_field(stat, resident_field) * static_cast<uint64_t>(::sysconf(_SC_PAGESIZE));
  facts.threads = stat_field(stat, threads_field);
  facts.cpu_time = clock_of(CLOCK_PROCESS_CPUTIME_ID);
  const auto ticks = static_cast<int64_t>(stat_field(stat, start_field));
  const base::Duration after_boot =
      std::chrono::nanoseconds(ticks * (1'000'000'000 / ::sysconf(_SC_CLK_TCK)));
  const base::Duration age = clock_of(CLOCK_BOOTTIME) - after_boot;
  facts.start_time = std::chrono::system_clock::now() -
                     std::chrono::duration_cast<std::chrono::system_clock::duration>(age);
  return facts;
}

}  // namespace commd::system
