// c-ares for one name server, driven by Asio: its sockets are watched, its timer is
// armed only while something is asked. Inside of daemon/net.
//
// Thread of the io_context.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "daemon/base/time.h"
#include "daemon/net/address.h"
#include "daemon/net/dns_answer.h"

namespace boost::asio {
class io_context;
}

namespace commd::net {

struct DnsChannelOptions {
  Endpoint server;
  std::vector<std::string> search;  // domains tried for names of one label
  base::Duration try_timeout{};     // of the first try; doubled with each
  int tries = 1;
};

class DnsChannel : public std::enable_shared_from_this<DnsChannel> {
 public:
  // ARES_SUCCESS and the message, or another ARES_* status.
  using Reply = std::function<void(int status, const std::vector<uint8_t>& message)>;

  // Throws std::runtime_error when c-ares cannot be set up.
  static std::shared_ptr<DnsChannel> make(boost::asio::io_context& context,
                                          const DnsChannelOptions& options);
  ~DnsChannel();
  DnsChannel(const DnsChannel&) = delete;
  DnsChannel& operator=(const DnsChannel&) = delete;

  class Ask;
  // `reply` once, later. The ask may be forgotten: then it is not called.
  std::shared_ptr<Ask> ask(const std::string& name, RecordType type, Reply reply);
  void forget(const std::shared_ptr<Ask>& ask);
  // Ends everything; no reply comes any more.
  void close();

 private:
  struct Library;
  struct Socket;
  explicit DnsChannel(boost::asio::io_context& context);
  void open(const DnsChannelOptions& options);
  void on_socket(int fd, bool read, bool write);
  void arm(const std::shared_ptr<Socket>& socket);
  void on_ready(const std::shared_ptr<Socket>& socket, bool read);
  void process(int read_fd, int write_fd);
  void set_timer();
  void on_reply(const std::shared_ptr<Ask>& ask, int status, std::vector<uint8_t> message);

  boost::asio::io_context& context_;
  std::unique_ptr<Library> library_;
};

}  // namespace commd::net
