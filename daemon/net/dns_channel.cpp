#include "daemon/net/dns_channel.h"

#include <ares.h>

#include <chrono>
#include <map>
#include <stdexcept>
#include <utility>

#include "daemon/loop/asio.h"
#include "daemon/net/one_shot.h"

namespace commd::net {
namespace {

// What passes most paths in one piece (DNS flag day 2020); larger answers come over TCP.
constexpr int edns_size = 1232;

// c-ares' own global state; made once, given back at the process' end.
struct AresLibrary {
  AresLibrary() { status = ares_library_init(ARES_LIB_INIT_ALL); }
  ~AresLibrary() { ares_library_cleanup(); }
  int status;
};

void check(int status, const char* what) {
  if (status != ARES_SUCCESS)
    throw std::runtime_error(std::string(what) + ": " + ares_strerror(status));
}

void ensure_library() {
  static const AresLibrary library;
  check(library.status, "c-ares");
}

}  // namespace

class DnsChannel::Ask {
 public:
  std::shared_ptr<DnsChannel> channel;
  Reply reply;  // empty: answered or forgotten
};

// A socket of c-ares: it opens and closes it, we only wait for it.
struct DnsChannel::Socket {
  explicit Socket(boost::asio::io_context& context) : descriptor(context) {}
  ~Socket() {
    if (descriptor.is_open()) descriptor.release();
  }
  boost::asio::posix::stream_descriptor descriptor;
  int fd = -1;  // -1: c-ares has closed it
  bool want_read = false, want_write = false;
  bool read_armed = false, write_armed = false;
};

struct DnsChannel::Library {
  explicit Library(boost::asio::io_context& context) : timer(context) {}
  ares_channel channel = nullptr;
  OneShot timer;
  std::map<int, std::shared_ptr<Socket>> sockets;
  size_t wanted = 0;  // asks whose reply somebody waits for
  size_t inside = 0;  // asks that c-ares works on
  bool closed = false;
};

DnsChannel::DnsChannel(boost::asio::io_context& context)
    : context_(context), library_(std::make_unique<Library>(context)) {}

std::shared_ptr<DnsChannel> DnsChannel::make(boost::asio::io_context& context,
                                             const DnsChannelOptions& options) {
  std::shared_ptr<DnsChannel> channel(new DnsChannel(context));
  channel->open(options);
  return channel;
}

void DnsChannel::open(const DnsChannelOptions& options) {
  ensure_library();
  std::vector<std::string> search = options.search;
  std::vector<char*> domains;
  for (std::string& domain : search) domains.push_back(domain.data());
  static char no_file[] = "/dev/null";  // all that is in it is given here
  static char dns_only[] = "b";
  ares_options settings{};
  // A server's refusal comes back as what it is, and the next server is our affair.
  settings.flags = ARES_FLAG_NOCHECKRESP | ARES_FLAG_EDNS | ARES_FLAG_NOALIASES;
  settings.ednspsz = edns_size;
  settings.timeout = static_cast<int>(
      std::chrono::duration_cast<std::chrono::milliseconds>(options.try_timeout).count());
  settings.tries = options.tries;
  settings.ndots = 1;
  settings.domains = domains.data();
  settings.ndomains = static_cast<int>(domains.size());
  settings.lookups = dns_only;
  settings.resolvconf_path = no_file;
  settings.sock_state_cb = [](void* self, ares_socket_t fd, int read, int write) {
    static_cast<DnsChannel*>(self)->on_socket(fd, read != 0, write != 0);
  };
  settings.sock_state_cb_data = this;
  const int mask = ARES_OPT_FLAGS | ARES_OPT_EDNSPSZ | ARES_OPT_TIMEOUTMS | ARES_OPT_TRIES |
                   ARES_OPT_NDOTS | ARES_OPT_DOMAINS | ARES_OPT_LOOKUPS | ARES_OPT_RESOLVCONF |
                   ARES_OPT_SOCK_STATE_CB;
  check(ares_init_options(&library_->channel, &settings, mask), "c-ares");
  ares_addr_port_node server{};
  const auto bytes = options.server.ip.bytes();
  server.family = options.server.ip.family() == Family::v4 ? AF_INET : AF_INET6;
  std::copy(bytes.begin(), bytes.end(), reinterpret_cast<uint8_t*>(&server.addr));
  server.udp_port = server.tcp_port = options.server.port;
  check(ares_set_servers_ports(library_->channel, &server), "c-ares");
}

DnsChannel::~DnsChannel() { close(); }

void DnsChannel::close() {
  if (std::exchange(library_->closed, true)) return;
  library_->timer.cancel();
  // Closes its sockets through on_socket() and calls back for what is still asked.
  if (library_->channel != nullptr) ares_destroy(library_->channel);
  library_->sockets.clear();
}

std::shared_ptr<DnsChannel::Ask> DnsChannel::ask(const std::string& name, RecordType type,
                                                 Reply reply) {
  constexpr int class_in = 1;
  auto ask = std::make_shared<Ask>();
  ask->channel = shared_from_this();
  ask->reply = std::move(reply);
  ++library_->wanted;
  ++library_->inside;
  const auto answered = [](void* argument, int status, int, unsigned char* message, int size) {
    const std::unique_ptr<std::shared_ptr<Ask>> held(static_cast<std::shared_ptr<Ask>*>(argument));
    std::vector<uint8_t> bytes;
    if (message != nullptr && size > 0) bytes.assign(message, message + size);
    if (const auto channel = (*held)->channel) channel->on_reply(*held, status, std::move(bytes));
  };
  auto* argument = new std::shared_ptr<Ask>(ask);
  // Search domains are for short names alone: "xmpp.example.org.lan" is no name anybody meant.
  const bool search = name.find('.') == name.npos;
  (search ? ares_search : ares_query)(library_->channel, name.c_str(), class_in,
                                      static_cast<int>(type), answered, argument);
  set_timer();
  return ask;
}

// Inside c-ares, perhaps inside ask(): nothing may be destroyed here, so whoever waits is
// told later.
void DnsChannel::on_reply(const std::shared_ptr<Ask>& ask, int status,
                          std::vector<uint8_t> message) {
  --library_->inside;
  if (library_->closed) {
    ask->reply = nullptr;
    ask->channel.reset();
    return;
  }
  boost::asio::post(context_, [ask, status, message = std::move(message)] {
    const auto channel = std::move(ask->channel);
    const Reply reply = std::exchange(ask->reply, nullptr);
    if (!reply) return;
    --channel->library_->wanted;
    reply(status, message);
  });
}

void DnsChannel::forget(const std::shared_ptr<Ask>& ask) {
  if (!ask->reply) return;
  ask->reply = nullptr;
  --library_->wanted;
  // c-ares can only end all that it is asked; it goes on while anybody waits, and the
  // timer with it.
  if (library_->wanted > 0 || library_->inside == 0) return;
  boost::asio::post(context_, [self = shared_from_this()] {
    if (self->library_->wanted > 0 || self->library_->closed) return;
    ares_cancel(self->library_->channel);
    self->set_timer();
  });
}

void DnsChannel::on_socket(int fd, bool read, bool write) {
  auto& sockets = library_->sockets;
  const auto known = sockets.find(fd);
  if (!read && !write) {
    if (known == sockets.end()) return;
    known->second->fd = -1;
    known->second->descriptor.release();
    sockets.erase(known);
    return;
  }
  std::shared_ptr<Socket> socket;
  if (known != sockets.end()) {
    socket = known->second;
  } else {
    socket = std::make_shared<Socket>(context_);
    boost::system::error_code error;
    socket->descriptor.assign(fd, error);
    if (error) return;  // c-ares' own timeout ends it
    socket->fd = fd;
    sockets[fd] = socket;
  }
  socket->want_read = read;
  socket->want_write = write;
  arm(socket);
}

void DnsChannel::arm(const std::shared_ptr<Socket>& socket) {
  using Wait = boost::asio::posix::stream_descriptor;
  const auto self = weak_from_this();
  if (socket->want_read && !std::exchange(socket->read_armed, true))
    socket->descriptor.async_wait(Wait::wait_read, [self, socket](boost::system::error_code) {
      socket->read_armed = false;
      if (const auto channel = self.lock()) channel->on_ready(socket, true);
    });
  if (socket->want_write && !std::exchange(socket->write_armed, true))
    socket->descriptor.async_wait(Wait::wait_write, [self, socket](boost::system::error_code) {
      socket->write_armed = false;
      if (const auto channel = self.lock()) channel->on_ready(socket, false);
    });
}

void DnsChannel::on_ready(const std::shared_ptr<Socket>& socket, bool read) {
  if (socket->fd < 0 || library_->closed) return;
  if (read ? socket->want_read : socket->want_write)
    process(read ? socket->fd : ARES_SOCKET_BAD, read ? ARES_SOCKET_BAD : socket->fd);
  if (socket->fd >= 0) arm(socket);
}

void DnsChannel::process(int read_fd, int write_fd) {
  ares_process_fd(library_->channel, read_fd, write_fd);
  set_timer();
}

void DnsChannel::set_timer() {
  timeval until{};
  if (ares_timeout(library_->channel, nullptr, &until) == nullptr) return library_->timer.cancel();
  const auto delay = std::chrono::seconds(until.tv_sec) + std::chrono::microseconds(until.tv_usec);
  library_->timer.arm(delay, [self = weak_from_this()] {
    if (const auto channel = self.lock()) channel->process(ARES_SOCKET_BAD, ARES_SOCKET_BAD);
  });
}

}  // namespace commd::net
