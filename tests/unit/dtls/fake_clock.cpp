#include "tests/unit/dtls/fake_clock.h"

#include <sys/time.h>
#include <time.h>

#include <atomic>
#include <cstdint>

namespace {

constexpr int64_t million = 1'000'000;
std::atomic<int64_t> fake_us{0};  // 0: the real one

}  // namespace

// In front of the C library's, for this program and the libraries that it loads.
extern "C" int gettimeofday(timeval* out, void*) noexcept {
  int64_t us = fake_us.load();
  if (us == 0) {
    timespec real{};
    clock_gettime(CLOCK_REALTIME, &real);
    us = real.tv_sec * million + real.tv_nsec / 1000;
  }
  out->tv_sec = us / million;
  out->tv_usec = us % million;
  return 0;
}

namespace commd::test {

FakeClock::FakeClock() { fake_us = 1'000'000 * million; }

FakeClock::~FakeClock() { fake_us = 0; }

base::MonoTime FakeClock::now() const {
  return base::MonoTime(std::chrono::microseconds(fake_us.load()));
}

void FakeClock::advance(std::chrono::microseconds time) { fake_us += time.count(); }

}  // namespace commd::test
