#include "daemon/sip/sip_thread.h"

#include <pthread.h>
#include <sofia-sip/su.h>
#include <sys/eventfd.h>
#include <sys/poll.h>

#include <algorithm>
#include <cassert>
#include <cerrno>
#include <cstdint>
#include <system_error>
#include <utility>

#include "daemon/sip/sofia_log.h"

namespace commd::sip {

SipTimer::Entry::~Entry() {
  if (timer != nullptr) su_timer_destroy(timer);
}

bool SipTimer::running() const { return entry_ && su_timer_is_set(entry_->timer) != 0; }

SipThread::SipThread(base::Logger log)
    : log_(std::move(log)), wakeup_(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
  if (!wakeup_) throw std::system_error(errno, std::system_category(), "eventfd");
  thread_ = std::thread([this] { run(); });
  started_.wait(false);
}

SipThread::~SipThread() {
  post([this] { su_root_break(root_); });
  thread_.join();
  for (Posted* left = posted_.exchange(nullptr); left != nullptr;)
    delete std::exchange(left, left->next);
}

void SipThread::post(std::function<void()> function) {
  auto* entry = new Posted{std::move(function), nullptr};
  Posted* newest = posted_.load(std::memory_order_relaxed);
  do {
    entry->next = newest;
  } while (!posted_.compare_exchange_weak(newest, entry, std::memory_order_release,
                                          std::memory_order_relaxed));
  // `entry` may have run already. Whoever found the queue empty wakes the thread,
  // which takes everything at once.
  if (newest == nullptr) wake();
}

SipTimer SipThread::after(std::chrono::milliseconds delay, std::function<void()> callback) {
  assert(here());
  using std::chrono::milliseconds;
  SipTimer handle;
  handle.entry_ = std::make_unique<SipTimer::Entry>();
  SipTimer::Entry* entry = handle.entry_.get();
  entry->callback = std::move(callback);
  // sofia asserts that a timer is of at least a millisecond.
  const auto bounded =
      std::clamp(delay, milliseconds(1), milliseconds(std::chrono::hours(24 * 20)));
  entry->timer = su_timer_create(su_root_task(root_), bounded.count());
  su_timer_set(
      entry->timer,
      [](su_root_magic_t*, su_timer_t*, su_timer_arg_t* argument) {
        // The callback may destroy the entry: it runs from here.
        const auto fire = std::move(reinterpret_cast<SipTimer::Entry*>(argument)->callback);
        fire();
      },
      reinterpret_cast<su_timer_arg_t*>(entry));
  return handle;
}

void SipThread::run() noexcept {
  pthread_setname_np(pthread_self(), "sip");
  const SofiaLog sofia_log(log_);
  su_init();
  root_ = su_root_create(nullptr);
  su_root_threading(root_, 0);  // else every nua would be a thread
  su_wait_t wait[1];
  su_wait_create(wait, wakeup_.get(), POLLIN);
  const int registered =
      su_root_register(root_, wait, &SipThread::woken, reinterpret_cast<su_wakeup_arg_t*>(this), 0);
  started_ = true;
  started_.notify_one();
  su_root_run(root_);
  su_root_deregister(root_, registered);
  su_root_destroy(root_);
  su_deinit();
}

int SipThread::woken(su_root_magic_t*, su_wait_t*, su_wakeup_arg_t* self) noexcept {
  reinterpret_cast<SipThread*>(self)->drain();
  return 0;
}

void SipThread::drain() noexcept {
  uint64_t count = 0;
  static_cast<void>(!::read(wakeup_.get(), &count, sizeof count));
  // sofia turns the loop inside of some calls (nua_create() waits for itself): what was posted
  // after the function that called it is not to run in its middle.
  if (draining_) {
    woken_inside_ = true;
    return;
  }
  draining_ = true;
  Posted* newest = posted_.exchange(nullptr, std::memory_order_acquire);
  Posted* oldest = nullptr;
  while (newest != nullptr) {
    Posted* next = std::exchange(newest->next, oldest);
    oldest = std::exchange(newest, next);
  }
  while (oldest != nullptr) {
    const std::unique_ptr<Posted> entry(oldest);
    oldest = oldest->next;
    entry->function();
  }
  draining_ = false;
  if (std::exchange(woken_inside_, false)) wake();
}

void SipThread::wake() {
  const uint64_t one = 1;
  static_cast<void>(!::write(wakeup_.get(), &one, sizeof one));
}

}  // namespace commd::sip
