// The addresses of one target, as they become known: both families are asked for at
// once, handed out in turns, IPv6 first. Inside of daemon/net.
//
// The thread of the io_context.
#pragma once

#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include "daemon/net/one_shot.h"
#include "daemon/net/resolver.h"
#include "daemon/net/service_targets.h"

namespace commd::net {

class TargetAddresses {
 public:
  TargetAddresses(boost::asio::io_context& context, Target target);

  // `changed` whenever addresses may be had that could not before, or none will come.
  void look_up(Resolver& resolver, base::Duration wait_for_v6, std::function<void()> changed);
  bool started() const { return started_; }

  const Target& target() const { return target_; }
  // May still hand out something, now or later.
  bool hopeful() const;
  // None: not yet, or never.
  std::optional<IpAddress> next();
  // Why there is no address at all; nullptr as long as there may be one.
  const base::Error* error() const {
    return started_ && waiting_ == 0 && known_ == 0 && error_ ? &*error_ : nullptr;
  }

 private:
  void on_answer(Family family, base::Result<DnsAnswer> answer);
  void tell();

  Target target_;
  bool started_ = false;
  bool released_ = false;  // IPv4 need not wait any longer
  int waiting_ = 0;
  size_t given_ = 0;
  size_t known_ = 0;
  std::deque<IpAddress> four_;
  std::deque<IpAddress> six_;
  Family turn_ = Family::v6;
  std::optional<base::Error> error_;
  std::vector<OperationHandle> lookups_;
  OneShot v6_delay_;
  base::Duration wait_for_v6_{};
  std::function<void()> changed_;
};

}  // namespace commd::net
