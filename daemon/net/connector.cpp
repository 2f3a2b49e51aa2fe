#include "daemon/net/connector.h"

#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <list>
#include <memory>
#include <system_error>
#include <utility>

#include "daemon/loop/asio.h"
#include "daemon/net/one_shot.h"
#include "daemon/net/target_addresses.h"

namespace commd::net {
namespace {

constexpr size_t max_attempts = 32;
constexpr size_t max_listed = 12;
// Names are looked up this far ahead of the attempts.
constexpr int lookups_ahead = 2;

struct Failure {
  std::string where;  // "192.0.2.1:5222 (xmpp.example.org)"
  int error = 0;      // errno
  std::string words;
};

bool is_no_route(int error) {
  return error == ENETUNREACH || error == EHOSTUNREACH || error == ENETDOWN ||
         error == EADDRNOTAVAIL || error == EAFNOSUPPORT;
}

std::string seconds(base::Duration duration) {
  const auto ms = std::chrono::duration_cast<std::chrono::milliseconds>(duration).count();
  return ms % 1000 == 0 ? std::to_string(ms / 1000) + " s" : std::to_string(ms) + " ms";
}

// One connect() under way.
struct Attempt {
  explicit Attempt(boost::asio::io_context& context) : descriptor(context), timeout(context) {}
  boost::asio::posix::stream_descriptor descriptor;
  size_t target = 0;
  Endpoint remote;
  OneShot timeout;
  bool over = false;
};

class Connecting : public std::enable_shared_from_this<Connecting> {
 public:
  Connecting(boost::asio::io_context& context, Resolver& resolver, std::vector<Target> targets,
             const ConnectOptions& options, ConnectDone done)
      : context_(context),
        resolver_(resolver),
        options_(options),
        done_(std::move(done)),
        pace_(context),
        patience_(context),
        deadline_(context) {
    for (Target& target : targets) targets_.emplace_back(context, std::move(target));
  }

  void start() {
    deadline_.arm(options_.deadline, [self = shared_from_this()] { self->give_up(); });
    look_ahead();
    // Without targets nothing else would ever run.
    boost::asio::post(context_, [self = shared_from_this()] { self->advance(); });
  }

  void cancel() {
    done_ = nullptr;
    pace_.cancel();
    patience_.cancel();
    deadline_.cancel();
    for (const auto& attempt : attempts_) end(*attempt);
    attempts_.clear();
    targets_.clear();
  }

 private:
  void look_ahead() {
    int ahead = 0;
    for (TargetAddresses& target : targets_) {
      if (!target.started())
        target.look_up(resolver_, options_.wait_for_v6, [self = weak_from_this()] {
          if (auto it = self.lock()) it->advance();
        });
      if (target.hopeful() && ++ahead == lookups_ahead) return;
    }
  }

  // Starts what may be started now, and ends it all when nothing is left.
  void advance() {
    while (done_ && !pace_.armed()) {
      look_ahead();
      const auto index = ready_target();
      if (!index) break;
      patience_.cancel();
      skip_waiting_ = false;
      start_attempt(*index);
    }
    const auto has_hope = [this](const TargetAddresses& each) {
      return each.hopeful() && started_ < max_attempts;
    };
    if (done_ && attempts_.empty() && std::none_of(targets_.begin(), targets_.end(), has_hope))
      fail();
  }

  // The first target with an address to try; its place is kept for a while when its name
  // is still looked up.
  std::optional<size_t> ready_target() {
    if (started_ >= max_attempts) return std::nullopt;
    size_t index = 0;
    for (auto target = targets_.begin(); target != targets_.end(); ++target, ++index) {
      if (!target->started() || !target->hopeful()) continue;
      next_ip_ = target->next();
      if (next_ip_) return index;
      if (skip_waiting_) continue;
      if (!patience_.armed())
        patience_.arm(options_.stagger, [self = shared_from_this()] {
          self->skip_waiting_ = true;
          self->advance();
        });
      return std::nullopt;
    }
    return std::nullopt;
  }

  TargetAddresses& at(size_t index) {
    return *std::next(targets_.begin(), static_cast<ptrdiff_t>(index));
  }

  void start_attempt(size_t index) {
    ++started_;
    auto attempt = std::make_shared<Attempt>(context_);
    attempt->target = index;
    attempt->remote = {*next_ip_, at(index).target().port};
    if (options_.others_alone && next_ip_->near())
      return note(*attempt, EACCES, "it is this machine's, or next to it: nobody else may name it");
    const int family = next_ip_->family() == Family::v4 ? AF_INET : AF_INET6;
    base::UniqueFd fd(::socket(family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
    if (!fd) return note(*attempt, errno, {});
    set_options(fd.get(), options_);
    const SocketAddress address(attempt->remote);
    if (::connect(fd.get(), address.get(), address.length) != 0 && errno != EINPROGRESS)
      return note(*attempt, errno, {});
    boost::system::error_code error;
    attempt->descriptor.assign(fd.get(), error);
    if (error) return note(*attempt, error.value(), {});
    fd.release();
    attempts_.push_back(attempt);
    pace_.arm(options_.stagger, [self = shared_from_this()] { self->advance(); });
    attempt->timeout.arm(options_.attempt_timeout, [self = shared_from_this(), attempt] {
      self->failed(attempt, ETIMEDOUT);
    });
    attempt->descriptor.async_wait(boost::asio::posix::stream_descriptor::wait_write,
                                   [self = shared_from_this(), attempt](boost::system::error_code) {
                                     self->on_writable(attempt);
                                   });
  }

  void on_writable(const std::shared_ptr<Attempt>& attempt) {
    if (attempt->over || !done_) return;
    int error = 0;
    socklen_t length = sizeof error;
    ::getsockopt(attempt->descriptor.native_handle(), SOL_SOCKET, SO_ERROR, &error, &length);
    if (error != 0) return failed(attempt, error);
    Connected connected;
    connected.socket.reset(attempt->descriptor.release());
    connected.target = at(attempt->target).target();
    connected.target_index = attempt->target;
    connected.remote = attempt->remote;
    finish(std::move(connected));
  }

  void failed(const std::shared_ptr<Attempt>& attempt, int error) {
    if (attempt->over || !done_) return;
    note(*attempt, error,
         error == ETIMEDOUT ? "no answer within " + seconds(options_.attempt_timeout) : "");
    end(*attempt);
    std::erase(attempts_, attempt);
    pace_.cancel();
    advance();
  }

  static void end(Attempt& attempt) {
    attempt.over = true;
    attempt.timeout.cancel();
    boost::system::error_code ignored;
    attempt.descriptor.close(ignored);
  }

  void note(const Attempt& attempt, int error, std::string words) {
    const std::string& host = at(attempt.target).target().host;
    std::string where = attempt.remote.text();
    if (host != attempt.remote.ip.text()) where += " (" + host + ")";
    if (words.empty()) words = std::generic_category().message(error);
    failures_.push_back({std::move(where), error, std::move(words)});
  }

  void give_up() {
    for (const auto& attempt : attempts_)
      note(*attempt, ETIMEDOUT, "no answer within " + seconds(options_.deadline) + " in all");
    out_of_time_ = true;
    fail();
  }

  void fail() {
    const base::Error* unknown = failures_.empty() ? name_error() : nullptr;
    base::Error error = unknown != nullptr ? *unknown : classify();
    const std::string tried = listed();
    const std::string where = targets_.empty() ? "nowhere" : targets_.front().target().host;
    error.message = "no connection to " + where + ": " + tried;
    error.details["attempts"] = tried;
    finish(base::fail(std::move(error)));
  }

  const base::Error* name_error() const {
    for (const TargetAddresses& target : targets_)
      if (const base::Error* error = target.error()) return error;
    return nullptr;
  }

  base::Error classify() const {
    using base::Code;
    const auto all = [this](auto&& matches) {
      return !failures_.empty() && std::all_of(failures_.begin(), failures_.end(), matches);
    };
    if (all([](const Failure& each) { return is_no_route(each.error); }))
      return {Code::unavailable, "NETWORK_DOWN", {}, {}};
    if (all([](const Failure& each) { return each.error == EACCES; }) && options_.others_alone)
      return {Code::permission_denied, "ADDRESS_NOT_ALLOWED", {}, {}};
    // A family without a route says nothing about the server.
    if (all([](const Failure& each) {
          return each.error == ECONNREFUSED || is_no_route(each.error);
        }))
      return {Code::unavailable, "CONNECTION_REFUSED", {}, {}};
    const bool mute =
        all([](const Failure& each) { return each.error == ETIMEDOUT || is_no_route(each.error); });
    if (mute || (failures_.empty() && out_of_time_))
      return {Code::deadline_exceeded, "CONNECT_TIMEOUT", {}, {}};
    return {Code::unavailable, "CONNECT_FAILED", {}, {}};
  }

  // Addresses first, then the names that had none.
  std::string listed() const {
    std::string text;
    size_t count = 0;
    const auto add = [&](const std::string& words) {
      if (++count <= max_listed) text += (text.empty() ? "" : "; ") + words;
    };
    for (const Failure& each : failures_) add(each.where + ": " + each.words);
    std::string last;
    for (const TargetAddresses& target : targets_)
      if (const base::Error* error = target.error(); error && error->message != last)
        add(last = error->message);
    if (count > max_listed) text += "; and " + std::to_string(count - max_listed) + " more";
    return text.empty() ? "nothing could be tried" : text;
  }

  void finish(base::Result<Connected> result) {
    const ConnectDone done = std::move(done_);
    cancel();
    if (done) done(std::move(result));
  }

  boost::asio::io_context& context_;
  Resolver& resolver_;
  const ConnectOptions options_;
  ConnectDone done_;
  std::list<TargetAddresses> targets_;
  std::vector<std::shared_ptr<Attempt>> attempts_;
  std::vector<Failure> failures_;
  std::optional<IpAddress> next_ip_;
  size_t started_ = 0;
  bool skip_waiting_ = false;
  bool out_of_time_ = false;
  OneShot pace_;
  OneShot patience_;
  OneShot deadline_;
};

}  // namespace

void set_options(int fd, const ConnectOptions& options) {
  const int on = 1;
  ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  const auto idle = static_cast<int>(options.keepalive_idle.count());
  if (idle <= 0) return;
  const auto interval = static_cast<int>(options.keepalive_interval.count());
  ::setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof on);
  ::setsockopt(fd, IPPROTO_TCP, TCP_KEEPIDLE, &idle, sizeof idle);
  ::setsockopt(fd, IPPROTO_TCP, TCP_KEEPINTVL, &interval, sizeof interval);
  ::setsockopt(fd, IPPROTO_TCP, TCP_KEEPCNT, &options.keepalive_count,
               sizeof options.keepalive_count);
}

OperationHandle connect_any(boost::asio::io_context& context, Resolver& resolver,
                            std::vector<Target> targets, const ConnectOptions& options,
                            ConnectDone done) {
  auto connecting =
      std::make_shared<Connecting>(context, resolver, std::move(targets), options, std::move(done));
  connecting->start();
  return std::make_unique<SharedOperation<Connecting>>(std::move(connecting));
}

}  // namespace commd::net
