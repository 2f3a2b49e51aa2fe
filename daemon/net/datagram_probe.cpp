#include "daemon/net/datagram_probe.h"

#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <list>
#include <memory>
#include <optional>
#include <system_error>
#include <utility>

#include "daemon/base/unique_fd.h"
#include "daemon/loop/asio.h"
#include "daemon/net/one_shot.h"
#include "daemon/net/socket_watch.h"
#include "daemon/net/target_addresses.h"

namespace commd::net {
namespace {

constexpr size_t most_addresses = 8;

std::optional<Endpoint> local_of(int fd) {
  sockaddr_storage storage{};
  socklen_t length = sizeof storage;
  if (::getsockname(fd, reinterpret_cast<sockaddr*>(&storage), &length) != 0) return std::nullopt;
  return Endpoint::of(storage);
}

// One address that is asked.
struct Asked {
  Endpoint remote;
  int error = 0;  // errno: it will not answer
  std::string question;
  std::unique_ptr<SocketWatch> socket;
};

class Probing : public std::enable_shared_from_this<Probing> {
 public:
  Probing(boost::asio::io_context& context, DatagramProbe probe, ProbeDone done)
      : context_(context),
        probe_(std::move(probe)),
        done_(std::move(done)),
        addresses_(context, probe_.target),
        again_(context),
        deadline_(context) {}

  void start(Resolver& resolver) {
    wait_ = probe_.again;
    deadline_.arm(probe_.deadline, [self = shared_from_this()] { self->fail(); });
    again_.arm(wait_, [self = shared_from_this()] { self->repeat(); });
    addresses_.look_up(resolver, base::Duration::zero(), [self = weak_from_this()] {
      if (auto it = self.lock()) it->advance();
    });
    boost::asio::post(context_, [self = shared_from_this()] { self->advance(); });
  }

  void cancel() {
    done_ = nullptr;
    again_.cancel();
    deadline_.cancel();
    for (Asked& each : asked_)
      if (each.socket) each.socket->close();
  }

 private:
  void advance() {
    if (!done_) return;
    while (asked_.size() < most_addresses) {
      const auto ip = addresses_.next();
      if (!ip) break;
      ask(asked_.emplace_back(Asked{{*ip, probe_.target.port}, 0, {}, nullptr}));
    }
    end_if_hopeless();
  }

  void ask(Asked& asked) {
    const int family = asked.remote.ip.family() == Family::v4 ? AF_INET : AF_INET6;
    base::UniqueFd fd(::socket(family, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
    const SocketAddress address(asked.remote);
    if (!fd || ::connect(fd.get(), address.get(), address.length) != 0) {
      asked.error = errno;
      return;
    }
    const auto local = local_of(fd.get());
    if (!local) {
      asked.error = EADDRNOTAVAIL;
      return;
    }
    asked.question = probe_.question(*local, asked.remote);
    asked.socket = std::make_unique<SocketWatch>(context_, std::move(fd),
                                                 [self = weak_from_this(), it = &asked] {
                                                   if (auto probing = self.lock())
                                                     probing->read(*it);
                                                 });
    asked.socket->want_read();
    send(asked);
  }

  void send(Asked& asked) {
    if (asked.error != 0) return;
    if (::send(asked.socket->fd(), asked.question.data(), asked.question.size(), MSG_NOSIGNAL) <
            0 &&
        errno != EAGAIN && errno != EINTR && errno != ENOBUFS)
      asked.error = errno;
  }

  void read(Asked& asked) {
    if (!done_) return;
    std::array<char, 2048> bytes{};
    const ssize_t length = ::recv(asked.socket->fd(), bytes.data(), bytes.size(), 0);
    if (length >= 0 && probe_.is_answer({bytes.data(), static_cast<size_t>(length)}))
      return finish(asked.remote);
    if (length < 0 && errno != EAGAIN && errno != EINTR) {
      asked.error = errno;
      return end_if_hopeless();
    }
    asked.socket->want_read();
  }

  void repeat() {
    for (Asked& each : asked_) send(each);
    wait_ *= 2;
    again_.arm(wait_, [self = shared_from_this()] { self->repeat(); });
    end_if_hopeless();
  }

  void end_if_hopeless() {
    if (!done_ || (asked_.size() < most_addresses && addresses_.hopeful())) return;
    if (std::all_of(asked_.begin(), asked_.end(),
                    [](const Asked& each) { return each.error != 0; }))
      fail();
  }

  void fail() {
    if (asked_.empty() && addresses_.error() != nullptr)
      return finish(base::fail(*addresses_.error()));
    base::Error error{base::Code::unavailable, "CONNECT_FAILED", {}, {}};
    const auto all = [this](int code) {
      return !asked_.empty() && std::all_of(asked_.begin(), asked_.end(),
                                            [&](const Asked& each) { return each.error == code; });
    };
    if (all(ECONNREFUSED)) error.reason = "CONNECTION_REFUSED";
    if (all(ENETUNREACH)) error.reason = "NETWORK_DOWN";
    if (all(0)) error = {base::Code::deadline_exceeded, "PROBE_TIMEOUT", {}, {}};
    for (const Asked& each : asked_)
      error.message +=
          (error.message.empty() ? "" : "; ") + each.remote.text() + ": " +
          (each.error == 0 ? "no answer" : std::generic_category().message(each.error));
    if (asked_.empty()) error.message = probe_.target.host + " was not found in time";
    finish(base::fail(std::move(error)));
  }

  void finish(base::Result<Endpoint> result) {
    const ProbeDone done = std::move(done_);
    cancel();
    if (done) done(std::move(result));
  }

  boost::asio::io_context& context_;
  DatagramProbe probe_;
  ProbeDone done_;
  TargetAddresses addresses_;
  std::list<Asked> asked_;  // addresses of its members are kept
  base::Duration wait_{};
  OneShot again_;
  OneShot deadline_;
};

}  // namespace

OperationHandle probe_datagram(boost::asio::io_context& context, Resolver& resolver,
                               DatagramProbe probe, ProbeDone done) {
  auto probing = std::make_shared<Probing>(context, std::move(probe), std::move(done));
  probing->start(resolver);
  return std::make_unique<SharedOperation<Probing>>(std::move(probing));
}

}  // namespace commd::net
