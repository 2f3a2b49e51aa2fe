// What both kinds of ByteStream share: one read, one write and the end, each retried
// when the socket is ready for it. Inside of daemon/net; thread of the io_context.
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "daemon/net/byte_stream.h"
#include "daemon/net/one_shot.h"
#include "daemon/net/socket_watch.h"

namespace commd::net {

class StreamState : public std::enable_shared_from_this<StreamState> {
 public:
  virtual ~StreamState() = default;

  void read(ByteStream::ReadDone done);
  void write(std::string bytes, ByteStream::WriteDone done);
  void end(ByteStream::WriteDone done);
  // Forgets who waits; the socket is given away or closed after it.
  void forget();

 protected:
  explicit StreamState(boost::asio::io_context& context) : end_timer_(context) {}

  struct Io {
    enum class Status { done, want_read, want_write, ended, lost };
    Status status = Status::done;
    size_t bytes = 0;
    base::Error error{};  // of `lost`
  };
  virtual Io receive(std::span<char> buffer) = 0;
  virtual Io send(std::string_view bytes) = 0;
  virtual Io send_end() = 0;
  virtual SocketWatch& watch() = 0;

  // For on_ready().
  void pump();

  static Io lost(const std::string& words);
  static Io lost(int error);

 private:
  void step_read();
  void step_write();
  void step_end();
  void wait_for(const Io& io);
  void break_off(base::Error error);
  void wipe_out();

  ByteStream::ReadDone read_done_;
  ByteStream::WriteDone write_done_;
  ByteStream::WriteDone end_done_;
  std::string out_;
  size_t out_sent_ = 0;
  bool read_ended_ = false;
  bool forgotten_ = false;
  std::optional<base::Error> broken_;
  OneShot end_timer_;
};

}  // namespace commd::net
