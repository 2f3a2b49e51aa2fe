#include "daemon/probe/stun_link.h"

#include <cerrno>
#include <deque>
#include <system_error>
#include <utility>

namespace commd::probe {
namespace {

class DatagramLink final : public StunLink {
 public:
  explicit DatagramLink(std::unique_ptr<UdpSocket> socket) : socket_(std::move(socket)) {}

  void start(Handlers handlers) override {
    socket_->on_received(
        [received = handlers.received](const net::Endpoint&, std::string_view datagram) {
          if (const auto message = StunMessage::parse(datagram)) received(*message);
        });
    socket_->on_refused([lost = handlers.lost](int error) {
      const bool refused = error == ECONNREFUSED;
      lost({base::Code::unavailable,
            refused ? "CONNECTION_REFUSED" : "NETWORK_DOWN",
            refused ? "nobody listens there" : std::generic_category().message(error),
            {}});
    });
  }

  // An error of the moment comes again as silence.
  void send(std::string message) override { socket_->send(message); }
  bool loses() const override { return true; }

 private:
  std::unique_ptr<UdpSocket> socket_;
};

class StreamLink final : public StunLink {
 public:
  explicit StreamLink(std::unique_ptr<net::ByteStream> stream) : stream_(std::move(stream)) {}
  ~StreamLink() override { *alive_ = false; }

  void start(Handlers handlers) override {
    handlers_ = std::move(handlers);
    read();
  }

  void send(std::string message) override {
    out_.push_back(std::move(message));
    if (out_.size() == 1) write();
  }

  bool loses() const override { return false; }

 private:
  void write() {
    stream_->write(out_.front(), [this](const base::Result<void>& written) {
      if (!written) return lose(written.error());
      out_.pop_front();
      if (!out_.empty()) write();
    });
  }

  void read() {
    stream_->read([this](const base::Result<std::string_view>& bytes) {
      if (!bytes) return lose(bytes.error());
      if (bytes->empty())
        return lose({base::Code::unavailable, "CONNECTION_LOST", "the server has hung up", {}});
      take(*bytes);
    });
  }

  void take(std::string_view bytes) {
    const std::shared_ptr<bool> alive = alive_;
    const auto received = handlers_.received;  // it may be the end of this object
    framing_.feed(bytes);
    while (const auto whole = framing_.next()) {
      if (const auto message = StunMessage::parse(*whole)) received(*message);
      if (!*alive) return;
    }
    if (framing_.broken())
      return lose({base::Code::unavailable, "STUN_BROKEN", "what answers there is no STUN", {}});
    read();
  }

  void lose(const base::Error& error) {
    if (const auto lost = std::exchange(handlers_.lost, nullptr)) lost(error);
  }

  std::unique_ptr<net::ByteStream> stream_;
  Handlers handlers_;
  StunStream framing_;
  std::deque<std::string> out_;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

}  // namespace

std::unique_ptr<StunLink> link_over(std::unique_ptr<UdpSocket> socket) {
  return std::make_unique<DatagramLink>(std::move(socket));
}

std::unique_ptr<StunLink> link_over(std::unique_ptr<net::ByteStream> stream) {
  return std::make_unique<StreamLink>(std::move(stream));
}

}  // namespace commd::probe
