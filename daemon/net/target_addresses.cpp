#include "daemon/net/target_addresses.h"

#include <utility>

namespace commd::net {
namespace {

constexpr size_t max_addresses = 8;

}  // namespace

TargetAddresses::TargetAddresses(boost::asio::io_context& context, Target target)
    : target_(std::move(target)), v6_delay_(context) {}

void TargetAddresses::look_up(Resolver& resolver, base::Duration wait_for_v6,
                              std::function<void()> changed) {
  started_ = true;
  wait_for_v6_ = wait_for_v6;
  changed_ = std::move(changed);
  waiting_ = 2;
  for (const RecordType type : {RecordType::aaaa, RecordType::a}) {
    const Family family = type == RecordType::a ? Family::v4 : Family::v6;
    lookups_.push_back(resolver.lookup(
        type, target_.host,
        [this, family](base::Result<DnsAnswer> answer) { on_answer(family, std::move(answer)); }));
  }
}

void TargetAddresses::on_answer(Family family, base::Result<DnsAnswer> answer) {
  --waiting_;
  auto& list = family == Family::v4 ? four_ : six_;
  if (answer) {
    list.assign(answer->addresses.begin(), answer->addresses.end());
    known_ += list.size();
  } else if (!error_ || says_nothing_there(*error_)) {
    // "No IPv6 address" says less than "the server did not answer".
    error_ = std::move(answer.error());
  }
  if (waiting_ == 0 || family == Family::v6) {
    released_ = true;
    v6_delay_.cancel();
  } else if (!four_.empty()) {
    v6_delay_.arm(wait_for_v6_, [this] {
      released_ = true;
      tell();
    });
  }
  tell();
}

void TargetAddresses::tell() {
  // The owner may drop us inside.
  const auto changed = changed_;
  changed();
}

bool TargetAddresses::hopeful() const {
  if (given_ >= max_addresses) return false;
  return !started_ || waiting_ > 0 || !four_.empty() || !six_.empty();
}

std::optional<IpAddress> TargetAddresses::next() {
  if (given_ >= max_addresses || !released_) return std::nullopt;
  auto* list = turn_ == Family::v6 ? &six_ : &four_;
  if (list->empty()) list = list == &six_ ? &four_ : &six_;
  if (list->empty()) return std::nullopt;
  const IpAddress address = list->front();
  list->pop_front();
  turn_ = address.family() == Family::v6 ? Family::v4 : Family::v6;
  ++given_;
  return address;
}

}  // namespace commd::net
