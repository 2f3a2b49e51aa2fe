#include "daemon/sip/sip_shutdown.h"

#include <utility>

namespace commd::sip {

SipShutdown::SipShutdown(SipThread& thread, std::vector<SipEndpoint*> endpoints, Steps steps,
                         Budget budget)
    : thread_(thread),
      endpoints_(std::move(endpoints)),
      steps_(std::move(steps)),
      budget_(budget),
      left_(endpoints_.size()) {}

std::shared_ptr<SipShutdown> SipShutdown::start(SipThread& thread,
                                                std::vector<SipEndpoint*> endpoints, Steps steps,
                                                Budget budget) {
  std::shared_ptr<SipShutdown> made(
      new SipShutdown(thread, std::move(endpoints), std::move(steps), budget));
  made->timer_ = thread.after(budget.goodbyes, [made] { made->goodbyes_said(); });
  made->steps_.say_goodbye();
  return made;
}

void SipShutdown::goodbyes_said() {
  if (stage_ != Stage::goodbyes) return;
  stage_ = Stage::endpoints;
  // From the loop, not from a callback of a handle that is to be destroyed.
  thread_.post([self = shared_from_this()] { self->end_endpoints(); });
}

void SipShutdown::end_endpoints() {
  steps_.drop_handles();
  timer_ = thread_.after(budget_.endpoints, [self = shared_from_this()] { self->finish(); });
  for (SipEndpoint* endpoint : endpoints_) {
    endpoint->shut_down([self = shared_from_this()] {
      if (--self->left_ == 0) self->finish();
    });
  }
  if (endpoints_.empty()) thread_.post([self = shared_from_this()] { self->finish(); });
}

void SipShutdown::finish() {
  if (stage_ == Stage::finished) return;
  stage_ = Stage::finished;
  timer_.cancel();
  const auto done = std::move(steps_.done);
  steps_ = {};
  done();
}

}  // namespace commd::sip
