#include "daemon/discovery/protocol_search.h"

#include <utility>

namespace commd::discovery {
namespace {

std::string names_of(const net::ServiceQuery& query) {
  std::string names;
  for (const net::Service& service : query.services)
    names += (names.empty() ? "" : ", ") + service.name + "." + query.domain;
  return names;
}

}  // namespace

ProtocolSearch::ProtocolSearch(boost::asio::io_context& context, net::Resolver& resolver,
                               SearchPlan plan, std::function<void(SearchOutcome)> done)
    : context_(context), resolver_(resolver), plan_(std::move(plan)), done_(std::move(done)) {
  lookup_ =
      net::find_targets(context_, resolver_, plan_.published, net::system_random(),
                        [this](base::Result<net::FoundTargets> found) { take(std::move(found)); });
}

void ProtocolSearch::take(base::Result<net::FoundTargets> published) {
  if (!published) {
    outcome_.tried.push_back(published.error().message);
    return finish();
  }
  if (!published->fell_back) {
    const net::Target& best = published->targets.front();
    outcome_.found_by = best.service + " says " + best.host + ":" + std::to_string(best.port);
    return finish();
  }
  std::string why = "no record";
  for (const base::Error& problem : published->problems) why += "; " + problem.message;
  outcome_.tried.push_back(names_of(plan_.published) + ": " + why);
  knock();
}

void ProtocolSearch::knock() {
  open_ = plan_.datagram ? 2 : 1;
  net::ConnectOptions options;
  options.deadline = plan_.patience;
  options.attempt_timeout = plan_.patience;
  connection_ = net::connect_any(context_, resolver_, plan_.connections, options,
                                 [this](base::Result<net::Connected> made) {
                                   if (!made) return silent("TCP", made.error());
                                   answered("TCP to " + made->remote.text());
                                 });
  if (!plan_.datagram) return;
  probe_ = net::probe_datagram(context_, resolver_, std::move(*plan_.datagram),
                               [this](base::Result<net::Endpoint> there) {
                                 if (!there) return silent("UDP", there.error());
                                 answered("OPTIONS over UDP to " + there->text());
                               });
}

void ProtocolSearch::answered(const std::string& how) {
  outcome_.found_by = how + " was answered";
  outcome_.tried.clear();
  finish();
}

void ProtocolSearch::silent(const std::string& how, const base::Error& error) {
  outcome_.tried.push_back(how + ": " + error.message);
  if (--open_ == 0) finish();
}

void ProtocolSearch::finish() {
  connection_.reset();
  probe_.reset();
  const auto done = std::exchange(done_, nullptr);
  done(std::move(outcome_));
}

}  // namespace commd::discovery
