// The few words of XMPP that lead to TLS (RFC 6120, section 5.4.2), for who wants to see a
// certificate and nothing else. Inside of daemon/probe; thread of the io_context.
#pragma once

#include <functional>
#include <string>

#include "daemon/base/result.h"
#include "daemon/net/tcp_stream.h"

namespace commd::probe {

class StartTls {
 public:
  // The socket, ready for the handshake: nothing was read that follows <proceed/>. Errors:
  // CONNECTION_LOST; STARTTLS_NOT_OFFERED (unavailable).
  using Done = std::function<void(base::Result<base::UniqueFd>)>;
  // `done` once, not inside; it may destroy this.
  StartTls(boost::asio::io_context& context, base::UniqueFd socket, const std::string& domain,
           Done done);

 private:
  void write(std::string text);
  void read();
  void take(std::string_view bytes);
  void finish(base::Result<base::UniqueFd> result);

  net::TcpStream stream_;
  Done done_;
  std::string heard_;
  bool greeted_ = false;
  bool asked_ = false;
};

}  // namespace commd::probe
