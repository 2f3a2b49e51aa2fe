// Where sofia-sip takes its time from, and how long it sleeps: see sofia_hooks.h.
#include <sofia-sip/su_wait.h>

#include <ctime>

namespace {

std::timespec boot_time() {
  std::timespec now{};
  clock_gettime(CLOCK_BOOTTIME, &now);
  return now;
}

// What has to be added to the boot time to get the time of day of the first call.
std::timespec day_offset() {
  std::timespec day{};
  clock_gettime(CLOCK_REALTIME, &day);
  const std::timespec boot = boot_time();
  std::timespec offset{day.tv_sec - boot.tv_sec, day.tv_nsec - boot.tv_nsec};
  if (offset.tv_nsec < 0) {
    offset.tv_nsec += 1'000'000'000;
    --offset.tv_sec;
  }
  return offset;
}

}  // namespace

extern "C" {

int commd_sofia_clock_gettime(clockid_t clock, std::timespec* now);
int commd_sofia_su_timer_expire(su_timer_queue_t* timers, su_duration_t* timeout, su_time_t now);

// ---- su_time0.o -------------------------------------------------------------

int commd_sofia_clock_gettime(clockid_t clock, std::timespec* now) {
  if (clock != CLOCK_REALTIME) return clock_gettime(clock, now);
  static const std::timespec offset = day_offset();
  *now = boot_time();
  now->tv_sec += offset.tv_sec;
  now->tv_nsec += offset.tv_nsec;
  if (now->tv_nsec >= 1'000'000'000) {
    now->tv_nsec -= 1'000'000'000;
    ++now->tv_sec;
  }
  return 0;
}

// ---- su_base_port.o ---------------------------------------------------------

// The library cuts the time to its next timer down to milliseconds, and so does not sleep at all
// in the last one: a third of what a busy thread did.
int commd_sofia_su_timer_expire(su_timer_queue_t* timers, su_duration_t* timeout, su_time_t now) {
  const su_duration_t longest = *timeout;
  const int expired = su_timer_expire(timers, timeout, now);
  if (*timeout < longest) ++*timeout;
  return expired;
}

}  // extern "C"
