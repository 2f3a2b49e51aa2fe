#include "media/ice/ice_agent.h"

#include <utility>

#include "media/ice/agent_core.h"
#include "media/ice/ice_thread.h"

namespace commd::ice {

base::Result<std::unique_ptr<IceAgent>> IceAgent::create(IceThread& thread, IceOptions options,
                                                         IceListener& listener) {
  if (auto fine = check(options); !fine) return base::fail(std::move(fine.error()));
  if (auto started = thread.ensure_started(); !started) {
    return base::fail(std::move(started.error()));
  }
  return std::unique_ptr<IceAgent>(new IceAgent(thread, std::move(options), listener));
}

IceAgent::IceAgent(IceThread& thread, IceOptions options, IceListener& listener)
    : thread_(thread),
      components_(options.components),
      credentials_(random_credentials()),
      core_(std::make_shared<AgentCore>(thread, std::move(options), listener)) {
  thread_.post([core = core_, mine = credentials_] { core->open(mine); });
}

IceAgent::~IceAgent() {
  core_->silence();
  thread_.post([core = std::move(core_)] { core->close(); });
}

void IceAgent::gather() {
  thread_.post([core = core_] { core->gather(); });
}

base::Result<void> IceAgent::set_remote(const model::IceParameters& parameters) {
  IceCredentials theirs{parameters.ufrag, parameters.password};
  if (auto fine = check(theirs); !fine) return fine;
  thread_.post([core = core_, theirs = std::move(theirs)] { core->set_remote(theirs); });
  for (const model::IceCandidate& candidate : parameters.candidates) {
    if (auto taken = add_remote_candidate(candidate); taken) continue;
  }
  if (!parameters.trickle || parameters.end_of_candidates) end_of_remote_candidates();
  return {};
}

base::Result<void> IceAgent::add_remote_candidate(const model::IceCandidate& candidate) {
  auto fine = check(candidate, components_);
  if (fine) fine = core_->count_candidate();
  if (fine) {
    thread_.post([core = core_, candidate] { core->add_remote(candidate); });
  } else {
    thread_.post([core = core_, candidate, reason = fine.error().reason] {
      core->note_refused(candidate, reason);
    });
  }
  return fine;
}

void IceAgent::end_of_remote_candidates() {
  thread_.post([core = core_] { core->end_of_remote(); });
}

void IceAgent::restart() {
  credentials_ = random_credentials();
  core_->forget_count();
  thread_.post([core = core_, mine = credentials_] { core->restart(mine); });
}

SendResult IceAgent::send(unsigned component, std::span<const uint8_t> datagram) {
  return core_->send(component, datagram);
}

void IceAgent::surrender(const std::string& ip,
                         std::function<void(std::vector<base::UniqueFd>)> done) {
  core_->silence();
  thread_.post([core = core_, ip, done = std::move(done)] {
    auto sockets = core->host_sockets(ip);
    core->close();
    done(std::move(sockets));
  });
}

void IceAgent::report(std::function<void(IceReport)> done) const {
  thread_.post([core = core_, done = std::move(done)] { core->report(done); });
}

}  // namespace commd::ice
