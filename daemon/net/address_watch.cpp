#include "daemon/net/address_watch.h"

#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <system_error>
#include <utility>

#include "daemon/net/netlink_state.h"
#include "daemon/net/one_shot.h"
#include "daemon/net/socket_watch.h"

namespace commd::net {
namespace {

// The kernel never sends more in one datagram of a dump.
constexpr size_t datagram_size = 32 * 1024;
constexpr int latest_factor = 10;
constexpr std::array<uint16_t, 3> dumps = {RTM_GETLINK, RTM_GETADDR, RTM_GETROUTE};

tl::unexpected<base::Error> failed(const char* what) {
  return base::fail(base::Code::internal, "NETLINK_FAILED",
                    std::string(what) + " failed: " + std::generic_category().message(errno) +
                        "; changes of the network go unnoticed");
}

}  // namespace

struct AddressWatch::State : std::enable_shared_from_this<State> {
  State(boost::asio::io_context& context, base::UniqueFd socket, base::Duration quiet_time,
        Callback what)
      : watch(context, std::move(socket), [this] { on_ready(); }),
        quiet(quiet_time),
        callback(std::make_shared<Callback>(std::move(what))),
        quiet_timer(context),
        latest_timer(context) {}

  void start() {
    state.begin_dump();
    next_dump = 0;
    ask_next();
    watch.want_read();
  }

  void stop() {
    callback = nullptr;
    quiet_timer.cancel();
    latest_timer.cancel();
    watch.close();
  }

  // One dump at a time: the kernel refuses a second one.
  void ask_next() {
    struct {
      nlmsghdr head;
      rtgenmsg body;
    } request{};
    request.head.nlmsg_len = NLMSG_LENGTH(sizeof request.body);
    request.head.nlmsg_type = dumps[next_dump++];
    request.head.nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
    request.body.rtgen_family = AF_UNSPEC;
    ::send(watch.fd(), &request, request.head.nlmsg_len, 0);
    dumping = true;
  }

  void on_ready() {
    const auto self = shared_from_this();
    while (callback && receive()) {
    }
    if (callback) watch.want_read();
  }

  // False: nothing is left.
  bool receive() {
    uint8_t buffer[datagram_size];
    sockaddr_nl from{};
    socklen_t length = sizeof from;
    const ssize_t size = ::recvfrom(watch.fd(), buffer, sizeof buffer, MSG_TRUNC,
                                    reinterpret_cast<sockaddr*>(&from), &length);
    if (size < 0 && errno == EINTR) return true;
    if (size < 0 && errno != ENOBUFS) return false;
    // Something was lost, or cut off: only a new dump tells what is.
    if (size < 0 || static_cast<size_t>(size) > sizeof buffer) {
      start_over();
      return true;
    }
    if (from.nl_pid != 0) return true;  // not from the kernel
    const auto outcome = state.apply({buffer, static_cast<size_t>(size)});
    if (outcome.changed && known) note_change();
    if (dumping && (outcome.done || outcome.broken)) on_dumped(outcome.broken);
    return true;
  }

  void start_over() {
    note_change();
    if (dumping) {
      again = true;
      return;
    }
    state.begin_dump();
    next_dump = 0;
    ask_next();
  }

  void on_dumped(bool broken) {
    dumping = false;
    again = again || broken;
    if (next_dump < dumps.size()) return ask_next();
    if (std::exchange(again, false) && ++failures < latest_factor) {
      state.begin_dump();
      next_dump = 0;
      return ask_next();
    }
    failures = 0;
    const bool gone = state.end_dump();
    if (!std::exchange(known, true) || gone) note_change();
  }

  void note_change() {
    quiet_timer.arm(first ? base::Duration::zero() : quiet, [this] { tell(); });
    if (!latest_timer.armed()) latest_timer.arm(quiet * latest_factor, [this] { tell(); });
  }

  void tell() {
    const auto self = shared_from_this();
    quiet_timer.cancel();
    latest_timer.cancel();
    if (!known) return;  // told when the dump is through
    first = false;
    // Not a copy of the function: it may remember what it was told.
    const auto run = callback;
    if (run) (*run)({state.addresses()});
  }

  SocketWatch watch;
  const base::Duration quiet;
  std::shared_ptr<Callback> callback;  // null: over
  NetlinkState state;
  size_t next_dump = 0;
  int failures = 0;
  bool dumping = false;
  bool again = false;  // the dump that runs is not to be trusted
  bool known = false;  // the first dump is through
  bool first = true;   // nothing was told yet
  OneShot quiet_timer;
  OneShot latest_timer;
};

AddressWatch::AddressWatch(std::shared_ptr<State> state) : state_(std::move(state)) {}

AddressWatch::~AddressWatch() { state_->stop(); }

base::Result<std::unique_ptr<AddressWatch>> AddressWatch::create(boost::asio::io_context& context,
                                                                 const AddressWatchOptions& options,
                                                                 Callback callback) {
  base::UniqueFd socket(
      ::socket(AF_NETLINK, SOCK_RAW | SOCK_NONBLOCK | SOCK_CLOEXEC, NETLINK_ROUTE));
  if (!socket) return failed("opening a netlink socket");
  sockaddr_nl address{};
  address.nl_family = AF_NETLINK;
  address.nl_groups =
      RTMGRP_LINK | RTMGRP_IPV4_IFADDR | RTMGRP_IPV6_IFADDR | RTMGRP_IPV4_ROUTE | RTMGRP_IPV6_ROUTE;
  if (::bind(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0)
    return failed("listening to the kernel");
  auto state =
      std::make_shared<State>(context, std::move(socket), options.quiet, std::move(callback));
  state->start();
  return std::unique_ptr<AddressWatch>(new AddressWatch(std::move(state)));
}

}  // namespace commd::net
