// The end of everything on the SIP thread, polite and in bounded time even where a
// server or a peer is mute:
//
//   1. say_goodbye: un-REGISTER and BYE are sent. Ends when goodbyes_said() is
//      called, or when its time is over.
//   2. drop_handles: every nua handle is destroyed (a nua with handles would take
//      up to 30 s to end).
//   3. Every nua is shut down; what does not end in its time is left behind.
//   4. done is called, once, from the loop.
//
// SIP thread only.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <vector>

#include "daemon/sip/sip_endpoint.h"
#include "daemon/sip/sip_thread.h"

namespace commd::sip {

class SipShutdown : public std::enable_shared_from_this<SipShutdown> {
 public:
  struct Steps {
    std::function<void()> say_goodbye;
    std::function<void()> drop_handles;
    std::function<void()> done;
  };
  struct Budget {
    std::chrono::milliseconds goodbyes{1600};
    std::chrono::milliseconds endpoints{300};
  };

  // The endpoints must live until done; the object keeps itself alive until then.
  static std::shared_ptr<SipShutdown> start(SipThread& thread, std::vector<SipEndpoint*> endpoints,
                                            Steps steps, Budget budget);
  static std::shared_ptr<SipShutdown> start(SipThread& thread, std::vector<SipEndpoint*> endpoints,
                                            Steps steps) {
    return start(thread, std::move(endpoints), std::move(steps), Budget{});
  }

  // Every answer has come; may be called from inside say_goodbye, and again.
  void goodbyes_said();

 private:
  SipShutdown(SipThread& thread, std::vector<SipEndpoint*> endpoints, Steps steps, Budget budget);
  void end_endpoints();
  void finish();

  SipThread& thread_;
  std::vector<SipEndpoint*> endpoints_;
  Steps steps_;
  Budget budget_;
  SipTimer timer_;
  size_t left_ = 0;
  enum class Stage { goodbyes, endpoints, finished } stage_ = Stage::goodbyes;
};

}  // namespace commd::sip
