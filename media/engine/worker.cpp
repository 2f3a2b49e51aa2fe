#include "media/engine/worker.h"

#include <pthread.h>
#include <sys/epoll.h>
#include <sys/timerfd.h>

#include <array>
#include <cerrno>
#include <system_error>

namespace commd::engine {
namespace {

constexpr int max_events = 64;

base::MonoTime now() { return std::chrono::steady_clock::now(); }

timespec to_timespec(base::MonoTime time) {
  const auto since = time.time_since_epoch();
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(since);
  return {seconds.count(), (since - seconds).count()};
}

void add_to(int epoll, int fd, void* data) {
  epoll_event event{};
  event.events = EPOLLIN;
  event.data.ptr = data;
  if (::epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event) != 0)
    throw std::system_error(errno, std::generic_category(), "epoll_ctl");
}

}  // namespace

Worker::Worker(const std::string& name)
    : epoll_(::epoll_create1(EPOLL_CLOEXEC)),
      timer_(::timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK)),
      wheel_(now()) {
  if (!epoll_ || !timer_) throw std::system_error(errno, std::generic_category(), "media worker");
  add_to(epoll_.get(), commands_.fd(), &commands_);
  add_to(epoll_.get(), timer_.get(), &wheel_);
  thread_ = std::thread([this, name] {
    ::pthread_setname_np(::pthread_self(), name.c_str());
    run();
  });
}

Worker::~Worker() {
  post([this] { stopping_ = true; });
  thread_.join();
}

bool Worker::watch(int fd, Readable& reader) {
  COMMD_ASSERT_THREAD(thread_check_);
  epoll_event event{};
  event.events = EPOLLIN;
  event.data.ptr = &reader;
  return ::epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, fd, &event) == 0;
}

void Worker::unwatch(int fd) {
  COMMD_ASSERT_THREAD(thread_check_);
  epoll_event event{};
  ::epoll_ctl(epoll_.get(), EPOLL_CTL_DEL, fd, &event);
}

void Worker::start_ticks(Ticked& member) {
  COMMD_ASSERT_THREAD(thread_check_);
  const base::MonoTime time = now();
  wheel_.add(member, time);
  member.tick(time, 0);
}

void Worker::stop_ticks(Ticked& member) {
  COMMD_ASSERT_THREAD(thread_check_);
  wheel_.remove(member);
}

void Worker::resume_ticks(Ticked& member, base::MonoTime due) {
  COMMD_ASSERT_THREAD(thread_check_);
  const base::MonoTime time = now();
  if (time >= due) {
    const auto missed = static_cast<unsigned>((time - due) / TickWheel::frame);
    due += (missed + 1) * TickWheel::frame;
    const unsigned skipped = missed > TickWheel::max_catch_up ? missed : 0;
    for (unsigned i = skipped; i <= missed; ++i) member.tick(time, i == skipped ? skipped : 0);
  }
  wheel_.add_due(member, due, time);
}

void Worker::arm_timer() {
  const base::MonoTime deadline = wheel_.next_deadline().value_or(base::MonoTime{});
  if (deadline == base::MonoTime{} && load_watch_.rest())
    late_.store(false, std::memory_order_relaxed);
  if (deadline == armed_) return;
  armed_ = deadline;
  // Zero disarms. Setting it also clears an expiry that was not read.
  itimerspec when{};
  when.it_value = to_timespec(deadline);
  ::timerfd_settime(timer_.get(), TFD_TIMER_ABSTIME, &when, nullptr);
}

void Worker::run_ticks() {
  const base::MonoTime time = now();
  const auto due = wheel_.next_deadline();
  if (!due || *due > time) return;
  if (load_watch_.note(*due, time))
    late_.store(load_watch_.overloaded(), std::memory_order_relaxed);
  wheel_.run(time);
}

void Worker::run() {
  thread_check_.bind();
  std::array<epoll_event, max_events> events{};
  while (!stopping_) {
    const int count = ::epoll_wait(epoll_.get(), events.data(), max_events, -1);
    bool commands = false;
    for (int i = 0; i < count; ++i) {
      void* const target = events[static_cast<size_t>(i)].data.ptr;
      if (target == &commands_) {
        commands = true;
      } else if (target != &wheel_) {
        static_cast<Readable*>(target)->on_readable();
      }
    }
    run_ticks();
    // Last, since a command may destroy what an event of this round points at.
    if (commands) commands_.run();
    arm_timer();
  }
}

}  // namespace commd::engine
