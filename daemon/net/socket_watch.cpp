#include "daemon/net/socket_watch.h"

#include <utility>

#include "daemon/loop/asio.h"

namespace commd::net {

struct SocketWatch::State : std::enable_shared_from_this<State> {
  using Descriptor = boost::asio::posix::stream_descriptor;

  State(boost::asio::io_context& context, std::function<void()> what)
      : descriptor(context), callback(std::move(what)) {}

  void want(Descriptor::wait_type type, bool& armed) {
    if (!descriptor.is_open() || std::exchange(armed, true)) return;
    descriptor.async_wait(type,
                          [self = shared_from_this(), &armed](boost::system::error_code error) {
                            armed = false;
                            if (!error) self->call();
                          });
  }

  void call() {
    // A copy: it may be replaced, or all of us destroyed, inside.
    const auto run = callback;
    if (run) run();
  }

  Descriptor descriptor;
  std::function<void()> callback;
  bool read_armed = false;
  bool write_armed = false;
  bool soon_armed = false;
};

SocketWatch::SocketWatch(boost::asio::io_context& context, base::UniqueFd socket,
                         std::function<void()> on_ready)
    : state_(std::make_shared<State>(context, std::move(on_ready))) {
  state_->descriptor.assign(socket.get());
  socket.release();
}

SocketWatch::~SocketWatch() { close(); }

int SocketWatch::fd() const {
  return state_->descriptor.is_open() ? state_->descriptor.native_handle() : -1;
}

void SocketWatch::on_ready(std::function<void()> callback) {
  state_->callback = std::move(callback);
}

void SocketWatch::want_read() { state_->want(State::Descriptor::wait_read, state_->read_armed); }

void SocketWatch::want_write() { state_->want(State::Descriptor::wait_write, state_->write_armed); }

void SocketWatch::soon() {
  if (std::exchange(state_->soon_armed, true)) return;
  boost::asio::post(state_->descriptor.get_executor(), [state = state_] {
    state->soon_armed = false;
    state->call();
  });
}

void SocketWatch::close() {
  state_->callback = nullptr;
  boost::system::error_code ignored;
  state_->descriptor.close(ignored);
}

base::UniqueFd SocketWatch::release() {
  state_->callback = nullptr;
  return base::UniqueFd(state_->descriptor.is_open() ? state_->descriptor.release() : -1);
}

}  // namespace commd::net
