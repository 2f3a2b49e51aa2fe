#include "daemon/probe/name_check.h"

#include <memory>
#include <utility>

#include "daemon/loop/asio.h"

namespace commd::probe {
namespace {

class NameCheck : public std::enable_shared_from_this<NameCheck> {
 public:
  NameCheck(const Surroundings& around, ServerPlan plan, Subject subject, Each each, Done done)
      : around_(around),
        plan_(std::move(plan)),
        subject_(std::move(subject)),
        each_(std::move(each)),
        done_(std::move(done)) {}

  void start() {
    if (plan_.literal)
      return boost::asio::post(around_.context,
                               [self = shared_from_this()] { self->skip_literal(); });
    if (plan_.published.services.empty()) return look_up(plan_.host);
    net::ServiceQuery query = plan_.published;
    query.fallback = net::Fallback{1, 0};  // whether there are none is for us to say
    pending_ =
        net::find_targets(around_.context, around_.resolver, query, net::system_random(),
                          [this](const base::Result<net::FoundTargets>& found) { take(found); });
  }

  void cancel() {
    each_ = nullptr;
    done_ = nullptr;
    pending_.reset();
  }

 private:
  void skip_literal() {
    if (!done_) return;
    model::Check check = begin("dns.address");
    check.result = model::CheckResult::skipped;
    check.found = plan_.host + " is an address, no name is looked up";
    check.addresses = {plan_.host};
    end(std::move(check));
  }

  void take(const base::Result<net::FoundTargets>& found) {
    if (!found) return end(failed_check("dns.srv", subject_, found.error()));
    if (found->fell_back && !found->problems.empty())
      return end(failed_check("dns.srv", subject_, found->problems.front()));
    model::Check check = begin("dns.srv");
    if (found->fell_back) {
      check.found = plan_.host + " publishes no SRV records, it is its own server";
    } else {
      for (const net::Target& each : found->targets) {
        check.addresses.push_back(each.host + ":" + std::to_string(each.port));
        check.found +=
            (check.found.empty() ? "" : ", ") + each.service + " is " + check.addresses.back();
      }
    }
    const std::string host = found->fell_back ? plan_.host : found->targets.front().host;
    const std::weak_ptr<NameCheck> here = weak_from_this();
    tell(std::move(check));
    if (const auto self = here.lock(); self && done_) look_up(host);
  }

  void look_up(const std::string& host) {
    subject_.host = host;
    pending_ = find_addresses(
        around_, host, [this](const base::Result<std::vector<net::IpAddress>>& found) {
          if (!found) return end(failed_check("dns.address", subject_, found.error()));
          model::Check check = begin("dns.address");
          check.found = subject_.host + " is ";
          for (const net::IpAddress& each : *found) {
            check.found += (check.addresses.empty() ? "" : ", ") + each.text();
            check.addresses.push_back(each.text());
          }
          end(std::move(check));
        });
  }

  model::Check begin(const char* id) const {
    model::Check check;
    check.id = id;
    check.account = model::AccountId(subject_.account);
    check.facts["name"] = plan_.host;
    return check;
  }

  // May be the end of this object.
  void tell(model::Check check) {
    const Each each = each_;
    each(std::move(check));
  }

  void end(model::Check check) {
    const auto self = shared_from_this();
    tell(std::move(check));
    if (const Done done = std::exchange(done_, nullptr)) done();
  }

  const Surroundings around_;
  const ServerPlan plan_;
  Subject subject_;
  Each each_;
  Done done_;
  net::OperationHandle pending_;
};

}  // namespace

net::OperationHandle check_names(const Surroundings& around, const ServerPlan& plan,
                                 const Subject& subject, Each each, Done done) {
  auto check = std::make_shared<NameCheck>(around, plan, subject, std::move(each), std::move(done));
  check->start();
  return std::make_unique<net::SharedOperation<NameCheck>>(std::move(check));
}

}  // namespace commd::probe
