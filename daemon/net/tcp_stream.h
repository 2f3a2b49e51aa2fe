// A connected TCP socket, in clear: what comes before STARTTLS, or loopback.
//
// Thread of the io_context.
#pragma once

#include <memory>

#include "daemon/base/unique_fd.h"
#include "daemon/net/byte_stream.h"

namespace boost::asio {
class io_context;
}

namespace commd::net {

class TcpStream final : public ByteStream {
 public:
  // `socket`: connected and non-blocking (Connected::socket). Throws
  // std::system_error when it cannot be watched.
  TcpStream(boost::asio::io_context& context, base::UniqueFd socket);
  ~TcpStream() override;

  void read(ReadDone done) override;
  void write(std::string bytes, WriteDone done) override;
  void end(WriteDone done) override;

  // Gives the socket away, for start_tls(). Nobody is called any more. Bytes that the
  // protocol has read too far are lost on purpose: what came in clear does not count.
  base::UniqueFd release();

 private:
  struct State;
  std::shared_ptr<State> state_;
};

}  // namespace commd::net
