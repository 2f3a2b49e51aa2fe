// SOCKS5 as XEP-0065 section 5.3.2 uses it (RFC 1928): no authentication, CONNECT to a hash in
// place of a name, port 0. Pure; one thread at a time. What comes in is hostile.
#pragma once

#include <string>
#include <string_view>

namespace commd::xmpp {

// One side of the little dialogue, fed with what comes until it is over.
class Socks5 {
 public:
  enum class Side { client, server };
  enum class State { going, done, failed };

  // `address`: 40 hexadecimal digits (s5b_address()), which a server insists on.
  Socks5(Side side, std::string address);

  // What to send now; empty: nothing. For a client also at the very beginning, with nothing.
  std::string take(std::string_view bytes);
  State state() const { return state_; }
  Side side() const { return side_; }
  // What came behind the dialogue, once it is done.
  const std::string& rest() const { return waiting_; }

 private:
  std::string fail();
  std::string greet();
  std::string take_client();
  std::string take_server();

  const Side side_;
  const std::string address_;
  State state_ = State::going;
  unsigned step_ = 0;
  std::string waiting_;
};

}  // namespace commd::xmpp
