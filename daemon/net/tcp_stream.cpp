#include "daemon/net/tcp_stream.h"

#include <sys/socket.h>

#include <cerrno>
#include <utility>

#include "daemon/net/stream_state.h"

namespace commd::net {

struct TcpStream::State final : StreamState {
  State(boost::asio::io_context& context, base::UniqueFd socket)
      : StreamState(context), watch_(context, std::move(socket), [this] { pump(); }) {}

  Io receive(std::span<char> buffer) override {
    const ssize_t size = ::recv(watch_.fd(), buffer.data(), buffer.size(), 0);
    if (size == 0) return {Io::Status::ended};
    return outcome(size, Io::Status::want_read);
  }

  Io send(std::string_view bytes) override {
    return outcome(::send(watch_.fd(), bytes.data(), bytes.size(), MSG_NOSIGNAL),
                   Io::Status::want_write);
  }

  Io send_end() override { return outcome(::shutdown(watch_.fd(), SHUT_WR), Io::Status::done); }

  SocketWatch& watch() override { return watch_; }

 private:
  static Io outcome(ssize_t size, Io::Status later) {
    if (size >= 0) return {Io::Status::done, static_cast<size_t>(size)};
    if (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR) return {later};
    return lost(errno);
  }

  SocketWatch watch_;
};

TcpStream::TcpStream(boost::asio::io_context& context, base::UniqueFd socket)
    : state_(std::make_shared<State>(context, std::move(socket))) {}

TcpStream::~TcpStream() {
  state_->forget();
  state_->watch().close();
}

void TcpStream::read(ReadDone done) { state_->read(std::move(done)); }

void TcpStream::write(std::string bytes, WriteDone done) {
  state_->write(std::move(bytes), std::move(done));
}

void TcpStream::end(WriteDone done) { state_->end(std::move(done)); }

base::UniqueFd TcpStream::release() {
  state_->forget();
  return state_->watch().release();
}

}  // namespace commd::net
