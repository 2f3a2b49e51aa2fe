#include "daemon/loop/fd_watcher.h"

#include "daemon/loop/asio.h"

namespace commd::loop {

struct FdWatcher::State {
  State(boost::asio::io_context& context, int fd, std::function<void()> what)
      : descriptor(context, fd), on_readable(std::move(what)) {}
  // Asio would close what is not its own. release() also when a wait that is
  // still queued is the last owner.
  ~State() {
    if (descriptor.is_open()) descriptor.release();
  }
  boost::asio::posix::stream_descriptor descriptor;
  std::function<void()> on_readable;
  bool watching = true;
};

FdWatcher::FdWatcher(CoreLoop& loop, int fd, std::function<void()> on_readable)
    : state_(std::make_shared<State>(loop.context(), fd, std::move(on_readable))) {
  arm(state_);
}

FdWatcher::~FdWatcher() {
  state_->watching = false;
  state_->descriptor.release();
}

void FdWatcher::arm(const std::shared_ptr<State>& state) {
  state->descriptor.async_wait(boost::asio::posix::stream_descriptor::wait_read,
                               [state](const boost::system::error_code& error) {
                                 if (error || !state->watching) return;
                                 state->on_readable();
                                 if (state->watching) arm(state);
                               });
}

}  // namespace commd::loop
