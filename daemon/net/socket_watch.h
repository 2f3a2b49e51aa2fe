// Waits for a socket to become readable or writable, once each time it is asked to.
// Owns the socket. Inside of daemon/net; thread of the io_context.
#pragma once

#include <functional>
#include <memory>

#include "daemon/base/unique_fd.h"

namespace boost::asio {
class io_context;
}

namespace commd::net {

class SocketWatch {
 public:
  // `on_ready` never runs inside a call of ours, nor after close(); it may destroy us.
  // Throws std::system_error when the socket cannot be watched.
  SocketWatch(boost::asio::io_context& context, base::UniqueFd socket,
              std::function<void()> on_ready);
  SocketWatch(const SocketWatch&) = delete;
  SocketWatch& operator=(const SocketWatch&) = delete;
  ~SocketWatch();

  int fd() const;
  void on_ready(std::function<void()> callback);
  void want_read();
  void want_write();
  // on_ready() soon, without waiting for the socket.
  void soon();
  void close();
  base::UniqueFd release();

 private:
  struct State;
  std::shared_ptr<State> state_;
};

}  // namespace commd::net
