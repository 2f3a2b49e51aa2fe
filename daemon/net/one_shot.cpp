#include "daemon/net/one_shot.h"

#include <cstdint>
#include <utility>

#include "daemon/loop/asio.h"

namespace commd::net {

struct OneShot::State {
  explicit State(boost::asio::io_context& context) : timer(context) {}
  boost::asio::steady_timer timer;
  std::function<void()> callback;
  // A handler of an earlier arm() may be queued already; its number gives it away.
  uint64_t round = 0;
};

OneShot::OneShot(boost::asio::io_context& context) : state_(std::make_shared<State>(context)) {}

OneShot::~OneShot() { cancel(); }

void OneShot::arm(base::Duration delay, std::function<void()> callback) {
  const uint64_t round = ++state_->round;
  state_->callback = std::move(callback);
  state_->timer.expires_after(delay);
  state_->timer.async_wait([state = state_, round](const boost::system::error_code& error) {
    if (error || round != state->round) return;
    const std::function<void()> run = std::exchange(state->callback, nullptr);
    if (run) run();
  });
}

void OneShot::cancel() {
  ++state_->round;
  state_->callback = nullptr;
  state_->timer.cancel();
}

bool OneShot::armed() const { return static_cast<bool>(state_->callback); }

}  // namespace commd::net
