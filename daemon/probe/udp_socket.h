// A UDP socket that tells what comes to it. Thread of the io_context.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "daemon/base/result.h"
#include "daemon/net/address.h"
#include "daemon/net/socket_watch.h"

namespace commd::probe {

class UdpSocket {
 public:
  using Received = std::function<void(const net::Endpoint& from, std::string_view datagram)>;

  // On any port of every address of the family; errno as an error: SOCKET_FAILED.
  static base::Result<std::unique_ptr<UdpSocket>> open(boost::asio::io_context& context,
                                                       net::Family family);
  UdpSocket(const UdpSocket&) = delete;
  UdpSocket& operator=(const UdpSocket&) = delete;
  ~UdpSocket();

  // `received` never runs inside a call of ours; it may destroy us.
  void on_received(Received received) { received_ = std::move(received); }
  // What the network told against a datagram of ours, an errno: ECONNREFUSED ...
  void on_refused(std::function<void(int)> refused) { refused_ = std::move(refused); }
  // From now on only that place is sent to and heard, and its refusals are told. 0, or an errno.
  int connect(const net::Endpoint& remote);
  // 0, or an errno; what the socket has no room for is as good as sent.
  int send(std::string_view datagram);
  int send_to(const net::Endpoint& remote, std::string_view datagram);
  std::optional<net::Endpoint> local() const;

 private:
  UdpSocket(boost::asio::io_context& context, base::UniqueFd socket);
  void read();

  net::SocketWatch watch_;
  Received received_;
  std::function<void(int)> refused_;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

}  // namespace commd::probe
