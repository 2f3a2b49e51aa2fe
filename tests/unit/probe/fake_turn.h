// A STUN and TURN server on loopback for the tests, over UDP, on the test's own io_context. It can
// do some things wrong.
#pragma once

#include <array>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "daemon/loop/asio.h"
#include "daemon/probe/stun_message.h"

namespace commd::probe::test {

using boost::asio::ip::udp;

inline net::Endpoint endpoint_of(const udp::endpoint& from) {
  return *net::Endpoint::parse(from.address().to_string(), from.port());
}
inline udp::endpoint asio_of(const net::Endpoint& to) {
  return {boost::asio::ip::make_address(to.ip.text()), to.port};
}

class FakeTurn {
 public:
  struct Ways {
    std::string user = "alice";
    std::string password = "secret";
    bool mute = false;                    // answers nothing
    bool relays = true;                   // what comes to the relayed address goes on
    bool proves = true;                   // answers with the right proof
    int refuses = 0;                      // an allocation, with that code
    int stale = 0;                        // so many nonces are over
    bool permits = true;                  // whoever is asked for
    bool challenges_badly = false;        // without a nonce
    bool says_address = true;             // of the relay
    std::optional<net::Endpoint> other;   // OTHER-ADDRESS
    std::optional<net::Endpoint> mapped;  // what is said instead of the truth
  };

  FakeTurn(boost::asio::io_context& context, Ways ways, const std::string& host = "127.0.0.1",
           uint16_t port = 0)
      : ways_(std::move(ways)),
        socket_(context, udp::endpoint(boost::asio::ip::make_address(host), port)),
        relay_(context, udp::endpoint(boost::asio::ip::make_address(host), 0)) {
    hear();
    hear_relay();
  }
  FakeTurn(const FakeTurn&) = delete;
  FakeTurn& operator=(const FakeTurn&) = delete;
  ~FakeTurn() { *alive_ = false; }

  uint16_t port() const { return socket_.local_endpoint().port(); }
  net::Endpoint endpoint() const { return endpoint_of(socket_.local_endpoint()); }
  // Method numbers, in the order of their coming.
  std::vector<int> heard;
  bool let_go = false;  // the allocation was given back

 private:
  void hear() {
    socket_.async_receive_from(
        boost::asio::buffer(in_), from_,
        [this, alive = alive_](const boost::system::error_code& error, size_t length) {
          if (error || !*alive) return;
          if (const auto message = StunMessage::parse({in_.data(), length})) take(*message);
          hear();
        });
  }
  void hear_relay() {
    relay_.async_receive_from(
        boost::asio::buffer(relay_in_), relay_from_,
        [this, alive = alive_](const boost::system::error_code& error, size_t length) {
          if (error || !*alive) return;
          if (ways_.relays)
            say(StunWriter(StunMethod::data, StunClass::indication, new_transaction())
                    .add_xor_address(StunAttribute::xor_peer_address, endpoint_of(relay_from_))
                    .add(StunAttribute::data, {relay_in_.data(), length}));
          hear_relay();
        });
  }

  void take(const StunMessage& message) {
    heard.push_back(message.method());
    if (ways_.mute) return;
    if (message.is(StunMethod::send)) return forward(message);
    if (message.is(StunMethod::binding)) return bind(message);
    client_ = from_;
    StunWriter error(static_cast<StunMethod>(message.method()), StunClass::error,
                     message.transaction());
    if (!message.has_integrity() || ways_.stale > 0) {
      const bool stale = message.has_integrity() && ways_.stale-- > 0;
      error.add_error(stale ? 438 : 401, "Unauthorized").add(StunAttribute::realm, "turn.test");
      if (!ways_.challenges_badly)
        error.add(StunAttribute::nonce, "n" + std::to_string(heard.size()));
      return say(error);
    }
    const base::Secret key = long_term_key(ways_.user, "turn.test", base::Secret(ways_.password));
    if (!message.proven_by(key) || message.text(StunAttribute::username) != ways_.user)
      return say(error.add_error(401, "Unauthorized"));
    if (message.is(StunMethod::allocate) && ways_.refuses != 0)
      return say(error.add_error(ways_.refuses, "No"));
    if (message.is(StunMethod::create_permission) && !ways_.permits)
      return say(error.add_error(403, "Forbidden"));
    let_go = let_go ||
             (message.is(StunMethod::refresh) && message.number(StunAttribute::lifetime) == 0U);
    StunWriter answer(static_cast<StunMethod>(message.method()), StunClass::success,
                      message.transaction());
    if (message.is(StunMethod::allocate)) {
      if (ways_.says_address)
        answer.add_xor_address(StunAttribute::xor_relayed_address,
                               endpoint_of(relay_.local_endpoint()));
      answer.add_xor_address(StunAttribute::xor_mapped_address, endpoint_of(from_))
          .add(StunAttribute::lifetime, 600U);
    }
    say(answer.prove(ways_.proves ? key : base::Secret("wrong")));
  }

  void bind(const StunMessage& message) {
    client_ = from_;
    StunWriter answer(StunMethod::binding, StunClass::success, message.transaction());
    answer.add_xor_address(StunAttribute::xor_mapped_address,
                           ways_.mapped.value_or(endpoint_of(from_)));
    if (ways_.other) answer.add_address(StunAttribute::other_address, *ways_.other);
    say(answer);
  }

  void forward(const StunMessage& message) {
    const auto peer = message.xor_address(StunAttribute::xor_peer_address);
    const auto data = message.text(StunAttribute::data);
    if (peer && data && ways_.relays)
      relay_.send_to(boost::asio::buffer(data->data(), data->size()), asio_of(*peer));
  }

  void say(StunWriter& writer) { say(std::move(writer)); }
  void say(StunWriter&& writer) {
    const std::string bytes = writer.finish();
    boost::system::error_code gone;
    socket_.send_to(boost::asio::buffer(bytes), client_, 0, gone);
  }

  Ways ways_;
  udp::socket socket_, relay_;
  udp::endpoint from_, relay_from_, client_;
  std::array<char, 2048> in_{}, relay_in_{};
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

}  // namespace commd::probe::test
