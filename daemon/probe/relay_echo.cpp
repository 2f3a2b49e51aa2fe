#include "daemon/probe/relay_echo.h"

#include <chrono>
#include <utility>

#include "daemon/base/random.h"

namespace commd::probe {
namespace {

constexpr std::chrono::milliseconds again{200};
constexpr size_t token_length = 16;

}  // namespace

RelayEcho::RelayEcho(boost::asio::io_context& context, StunClient& client,
                     const net::Endpoint& relayed, Done done)
    : client_(client),
      relayed_(relayed),
      done_(std::move(done)),
      token_(base::random_token(token_length)),
      timer_(context) {
  client_.on_indication([this](const StunMessage& indication) { this->relayed(indication); });
  auto socket = UdpSocket::open(context, relayed.ip.family());
  if (!socket) {
    timer_.arm(base::Duration::zero(),
               [this, error = socket.error()] { finish(base::fail(error)); });
    return;
  }
  socket_ = std::move(*socket);
  socket_->on_received([this](const net::Endpoint& from, std::string_view datagram) {
    if (from == relayed_) returned(datagram);
  });
  send();
}

void RelayEcho::send() {
  if (next_ == most_sent)
    return finish(base::fail(base::Code::unavailable, "TURN_NOTHING_RELAYED",
                             "what was sent through " + relayed_.text() + " did not come back"));
  sent_[next_] = std::chrono::steady_clock::now();
  socket_->send_to(relayed_, token_ + static_cast<char>('0' + next_));
  ++next_;
  timer_.arm(again, [this] { send(); });
}

// The relay tells whence it came, and there it goes again.
void RelayEcho::relayed(const StunMessage& indication) {
  const auto peer = indication.xor_address(StunAttribute::xor_peer_address);
  const auto data = indication.text(StunAttribute::data);
  if (!indication.is(StunMethod::data) || !peer || !data || !data->starts_with(token_)) return;
  client_.tell(StunWriter(StunMethod::send, StunClass::indication, new_transaction())
                   .add_xor_address(StunAttribute::xor_peer_address, *peer)
                   .add(StunAttribute::data, *data)
                   .finish());
}

void RelayEcho::returned(std::string_view datagram) {
  if (datagram.size() != token_length + 1 || !datagram.starts_with(token_)) return;
  const auto which = static_cast<size_t>(datagram.back() - '0');
  if (which >= next_) return;
  finish(std::chrono::steady_clock::now() - sent_[which]);
}

void RelayEcho::finish(base::Result<base::Duration> result) {
  const auto done = std::exchange(done_, nullptr);
  timer_.cancel();
  if (done) done(std::move(result));
}

}  // namespace commd::probe
