#include "daemon/loop/asio_timers.h"

#include <algorithm>
#include <chrono>

#include "daemon/loop/asio.h"

namespace commd::loop {
namespace {

// Shared by the handle and the pending wait, so that either may go first.
struct Wait {
  Wait(boost::asio::io_context& context, std::function<void()> what)
      : timer(context), callback(std::move(what)) {}
  boost::asio::steady_timer timer;
  std::function<void()> callback;  // empty once run or cancelled
};

class AsioTimer final : public ports::Timer {
 public:
  explicit AsioTimer(std::shared_ptr<Wait> wait) : wait_(std::move(wait)) {}
  ~AsioTimer() override {
    // The wait may have ended already, with its handler still queued: an empty
    // callback is what keeps that from running.
    wait_->callback = nullptr;
    wait_->timer.cancel();
  }

 private:
  std::shared_ptr<Wait> wait_;
};

}  // namespace

ports::TimerHandle AsioTimers::after(base::Duration delay, std::function<void()> callback) {
  constexpr base::Duration longest = std::chrono::hours(24 * 365 * 10);
  auto wait = std::make_shared<Wait>(loop_.context(), std::move(callback));
  wait->timer.expires_after(std::clamp(delay, base::Duration::zero(), longest));
  wait->timer.async_wait([wait](const boost::system::error_code& error) {
    if (error || !wait->callback) return;
    // Moved out first: the callback may destroy its own handle.
    const std::function<void()> run = std::move(wait->callback);
    wait->callback = nullptr;
    run();
  });
  return std::make_unique<AsioTimer>(std::move(wait));
}

}  // namespace commd::loop
