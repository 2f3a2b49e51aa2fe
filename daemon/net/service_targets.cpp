#include "daemon/net/service_targets.h"

#include <algorithm>
#include <memory>
#include <utility>

#include "daemon/base/random.h"
#include "daemon/loop/asio.h"
#include "daemon/net/domain_name.h"
#include "daemon/net/one_shot.h"

namespace commd::net {
namespace {

constexpr size_t max_targets = 16;

struct Candidate {
  Target target;
  uint32_t rank = 0;  // lower is tried first
  uint32_t weight = 0;
};

// RFC 2782: records of weight 0 first, then drawn one after the other by their share of
// the weights that are left.
void draw_by_weight(std::vector<Candidate>& group, const RandomUpTo& random,
                    std::vector<Target>& out) {
  std::stable_partition(group.begin(), group.end(),
                        [](const Candidate& each) { return each.weight == 0; });
  while (!group.empty() && out.size() < max_targets) {
    uint32_t sum = 0;
    for (const Candidate& each : group) sum += each.weight;
    const uint32_t drawn = random(sum);
    uint32_t running = 0;
    auto chosen = group.begin();
    for (; chosen + 1 != group.end(); ++chosen) {
      running += chosen->weight;
      if (running >= drawn) break;
    }
    out.push_back(std::move(chosen->target));
    group.erase(chosen);
  }
}

class Finder : public std::enable_shared_from_this<Finder> {
 public:
  Finder(boost::asio::io_context& context, ServiceQuery query, RandomUpTo random, TargetsDone done)
      : context_(context),
        query_(std::move(query)),
        random_(std::move(random)),
        done_(std::move(done)),
        others_(context) {}

  void start(Resolver& resolver) {
    if (const auto literal = address_literal(query_.domain)) return use_literal(*literal);
    auto ascii = ascii_domain(query_.domain);
    if (!ascii) return finish_later(base::fail(ascii.error()));
    found_.domain = std::move(*ascii);
    waiting_ = query_.services.size();
    if (waiting_ == 0) return finish_later(fallback());
    for (const Service& service : query_.services)
      lookups_.push_back(
          resolver.lookup(RecordType::srv, service.name + "." + found_.domain,
                          [self = shared_from_this(), service](base::Result<DnsAnswer> answer) {
                            self->on_answer(service, std::move(answer));
                          }));
  }

  void cancel() {
    done_ = nullptr;
    others_.cancel();
    lookups_.clear();
  }

 private:
  void use_literal(const IpAddress& literal) {
    found_.domain = literal.text();
    finish_later(fallback());
  }

  void finish_later(base::Result<FoundTargets> result) {
    boost::asio::post(context_, [self = shared_from_this(), result = std::move(result)]() mutable {
      self->finish(std::move(result));
    });
  }

  void on_answer(const Service& service, base::Result<DnsAnswer> answer) {
    --waiting_;
    if (answer) {
      keep_for(answer->ttl);
      answers_.push_back({service, std::move(answer->services)});
    } else if (!says_nothing_there(answer.error())) {
      found_.problems.push_back(std::move(answer.error()));
    }
    if (waiting_ == 0) return decide();
    const bool usable = std::any_of(answers_.begin(), answers_.end(),
                                    [](const auto& each) { return !each.not_offered(); });
    if (usable && !others_.armed())
      others_.arm(query_.others, [self = shared_from_this()] { self->decide(); });
  }

  void keep_for(std::chrono::seconds ttl) {
    found_.ttl = answers_.empty() ? ttl : std::min(found_.ttl, ttl);
  }

  void decide() {
    found_.targets = order_targets(in_asked_order(), query_.mixing, random_);
    if (!found_.targets.empty()) return finish(std::move(found_));
    finish(fallback());
  }

  // The answers came in any order; the caller's one counts.
  std::vector<ServiceAnswer> in_asked_order() const {
    std::vector<ServiceAnswer> sorted;
    for (const Service& service : query_.services)
      for (const ServiceAnswer& answer : answers_)
        if (answer.service.name == service.name) sorted.push_back(answer);
    return sorted;
  }

  base::Result<FoundTargets> fallback() {
    const bool denied = std::any_of(answers_.begin(), answers_.end(), [this](const auto& each) {
      return each.not_offered() && (!query_.fallback || each.service.tag == query_.fallback->tag);
    });
    if (query_.fallback && !denied) {
      found_.targets = {{found_.domain, query_.fallback->port, query_.fallback->tag, {}}};
      found_.fell_back = true;
      found_.ttl = {};
      return std::move(found_);
    }
    if (!denied && !found_.problems.empty()) return base::fail(found_.problems.front());
    base::Error error{base::Code::failed_precondition,
                      "SERVICE_NOT_OFFERED",
                      found_.domain + " does not offer this service (" + asked() + ")",
                      {{"domain", found_.domain}, {"services", asked()}}};
    return base::fail(std::move(error));
  }

  std::string asked() const {
    std::string text;
    for (const Service& service : query_.services)
      text += (text.empty() ? "" : ", ") + service.name;
    return text;
  }

  void finish(base::Result<FoundTargets> result) {
    const TargetsDone done = std::move(done_);
    cancel();
    if (done) done(std::move(result));
  }

  boost::asio::io_context& context_;
  const ServiceQuery query_;
  const RandomUpTo random_;
  TargetsDone done_;
  OneShot others_;
  std::vector<OperationHandle> lookups_;
  std::vector<ServiceAnswer> answers_;
  FoundTargets found_;
  size_t waiting_ = 0;
};

}  // namespace

RandomUpTo system_random() {
  return [](uint32_t most) {
    const uint64_t range = uint64_t{most} + 1;
    return static_cast<uint32_t>((base::random_u32() * range) >> 32);
  };
}

bool ServiceAnswer::not_offered() const {
  return !records.empty() &&
         std::all_of(records.begin(), records.end(),
                     [](const ServiceRecord& record) { return record.target.empty(); });
}

std::vector<Target> order_targets(const std::vector<ServiceAnswer>& answers, Mixing mixing,
                                  const RandomUpTo& random) {
  std::vector<Candidate> all;
  uint32_t place = 0;
  for (const ServiceAnswer& answer : answers) {
    for (const ServiceRecord& record : answer.records) {
      if (record.target.empty()) continue;
      // Priorities have 16 bits: the place of the service decides below them.
      const uint32_t below = mixing == Mixing::first_service ? place : 0;
      all.push_back({{record.target, record.port, answer.service.tag, answer.service.name},
                     uint32_t{record.priority} << 8 | below,
                     record.weight});
    }
    place = std::min<uint32_t>(place + 1, 255);
  }
  std::stable_sort(all.begin(), all.end(),
                   [](const Candidate& a, const Candidate& b) { return a.rank < b.rank; });
  std::vector<Target> out;
  for (auto start = all.begin(); start != all.end() && out.size() < max_targets;) {
    const auto end = std::find_if(start, all.end(), [rank = start->rank](const Candidate& each) {
      return each.rank != rank;
    });
    std::vector<Candidate> group(std::make_move_iterator(start), std::make_move_iterator(end));
    draw_by_weight(group, random, out);
    start = end;
  }
  return out;
}

OperationHandle find_targets(boost::asio::io_context& context, Resolver& resolver,
                             ServiceQuery query, RandomUpTo random, TargetsDone done) {
  auto finder =
      std::make_shared<Finder>(context, std::move(query), std::move(random), std::move(done));
  finder->start(resolver);
  return std::make_unique<SharedOperation<Finder>>(std::move(finder));
}

}  // namespace commd::net
