// Connections from device to device, as SOCKS5 bytestreams want them. XMPP thread.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "daemon/base/result.h"
#include "daemon/net/byte_stream.h"
#include "daemon/net/operation.h"

namespace commd::xmpp {

class ByteNetwork {
 public:
  using Stream = std::unique_ptr<net::ByteStream>;
  using ConnectDone = std::function<void(base::Result<Stream>)>;

  virtual ~ByteNetwork() = default;
  // Where a far end may send this one: not to this machine itself, nor to what is next to it on
  // its wire, whose services believe whoever comes from here.
  enum class Reach { anywhere, others };
  // TCP, within 5 s. Errors as net::connect_any().
  [[nodiscard]] virtual net::OperationHandle connect(const std::string& host, uint16_t port,
                                                     Reach reach, ConnectDone done) = 0;

  class Listener {
   public:
    virtual ~Listener() = default;
    virtual uint16_t port() const = 0;
  };
  // On a free port of every address, as long as the listener lives. None: it cannot be.
  virtual std::unique_ptr<Listener> listen(std::function<void(Stream)> came) = 0;
  // Of this machine, where others could reach it; at most 8. Loopback where there is no other.
  virtual std::vector<std::string> addresses() = 0;
};

}  // namespace commd::xmpp
