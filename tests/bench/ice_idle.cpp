// Agents of ICE that have found each other and only keep consent (RFC 7675), for who measures the
// process from outside: prints a line when all work, and ends with its standard input.
//
//   bench_ice AGENTS
//
// Two and two over the loopback, one component each, all on the one thread of ICE.
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "media/ice/ice_agent.h"
#include "media/ice/ice_thread.h"

namespace commd::ice {
namespace {

using namespace std::chrono_literals;

// Tells the other one of a pair what it finds.
class End final : public IceListener {
 public:
  End(IceThread& thread, IceRole role, std::atomic<unsigned>& ready) : ready_(ready) {
    IceOptions options;
    options.role = role;
    options.local_addresses = {"127.0.0.1"};
    auto made = IceAgent::create(thread, std::move(options), *this);
    if (!made) {
      std::fprintf(stderr, "%s\n", made.error().message.c_str());
      std::exit(1);
    }
    agent_ = std::move(*made);
  }

  void meet(End& other) {
    other_ = &other;
    model::IceParameters theirs;
    theirs.ufrag = other.agent_->credentials().ufrag;
    theirs.password = other.agent_->credentials().password;
    theirs.trickle = true;
    if (!agent_->set_remote(theirs)) std::abort();
  }
  void gather() { agent_->gather(); }

  void on_local_candidate(const model::IceCandidate& candidate) override {
    if (!other_->agent_->add_remote_candidate(candidate)) std::abort();
  }
  void on_gathered(const std::vector<RelayOutcome>&) override {
    other_->agent_->end_of_remote_candidates();
  }
  void on_state(unsigned, IceState state, const base::Error& error) override {
    if (state == IceState::ready) ++ready_;
    if (state != IceState::failed) return;
    std::fprintf(stderr, "%s\n", error.message.c_str());
    std::exit(1);
  }
  void on_selected_pair(unsigned, const IcePair&) override {}
  void on_datagram(unsigned, std::span<const uint8_t>) override {}

 private:
  std::atomic<unsigned>& ready_;
  End* other_ = nullptr;
  std::unique_ptr<IceAgent> agent_;
};

int run(unsigned agents) {
  IceThread thread(base::null_logger());
  std::atomic<unsigned> ready{0};
  std::vector<std::unique_ptr<End>> ends;
  for (unsigned number = 0; number < agents; ++number)
    ends.push_back(std::make_unique<End>(
        thread, number % 2 == 0 ? IceRole::controlling : IceRole::controlled, ready));
  for (unsigned number = 0; number < agents; ++number) ends[number]->meet(*ends[number ^ 1U]);
  for (const auto& end : ends) end->gather();
  while (ready < agents) std::this_thread::sleep_for(10ms);
  std::printf("{\"ready\":%u}\n", ready.load());
  std::fflush(stdout);
  char rest = 0;
  while (::read(STDIN_FILENO, &rest, 1) > 0) continue;
  return 0;
}

}  // namespace
}  // namespace commd::ice

int main(int count, char** arguments) {
  const int agents = count == 2 ? std::atoi(arguments[1]) : 0;
  if (agents < 2 || agents % 2 != 0) {
    std::fprintf(stderr, "usage: bench_ice AGENTS, an even number\n");
    return 2;
  }
  return commd::ice::run(static_cast<unsigned>(agents));
}
