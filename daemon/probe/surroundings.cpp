#include "daemon/probe/surroundings.h"

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

#include "daemon/net/local_address.h"

namespace commd::probe {
namespace {

class Finding : public std::enable_shared_from_this<Finding> {
 public:
  explicit Finding(AddressesDone done) : done_(std::move(done)) {}

  void start(net::Resolver& resolver, const std::string& host) {
    const std::array types{net::RecordType::aaaa, net::RecordType::a};
    for (size_t i = 0; i < types.size(); ++i)
      lookups_[i] = resolver.lookup(types[i], host, [this, i](base::Result<net::DnsAnswer> answer) {
        answers_[i] = std::move(answer);
        if (++answered_ == answers_.size()) finish();
      });
  }

  void cancel() {
    done_ = nullptr;
    for (auto& each : lookups_) each.reset();
  }

 private:
  void finish() {
    std::vector<net::IpAddress> all;
    std::optional<base::Error> error;
    for (const auto& each : answers_) {
      if (*each) {
        all.insert(all.end(), (*each)->addresses.begin(), (*each)->addresses.end());
      } else if (!error || net::says_nothing_there(*error)) {
        error = each->error();  // "no IPv6 address" says less than "no answer"
      }
    }
    std::stable_partition(all.begin(), all.end(), [](const net::IpAddress& ip) {
      return !net::local_address_towards(ip.text()).empty();
    });
    const auto done = std::move(done_);
    if (all.empty()) return done(base::fail(*error));
    done(std::move(all));
  }

  AddressesDone done_;
  std::array<net::OperationHandle, 2> lookups_;
  std::array<std::optional<base::Result<net::DnsAnswer>>, 2> answers_;
  size_t answered_ = 0;
};

}  // namespace

net::OperationHandle find_addresses(const Surroundings& around, const std::string& host,
                                    AddressesDone done) {
  auto finding = std::make_shared<Finding>(std::move(done));
  finding->start(around.resolver, host);
  return std::make_unique<net::SharedOperation<Finding>>(std::move(finding));
}

}  // namespace commd::probe
