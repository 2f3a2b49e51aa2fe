// A SipThread with endpoints on it, driven from the test thread.
#pragma once

#include <sofia-sip/nua.h>

#include <chrono>
#include <condition_variable>
#include <functional>
#include <future>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "daemon/sip/sip_endpoint.h"

namespace commd::sip::test {

// Well before Timer F, 32 s: what comes within it was not waited for.
constexpr auto kDeadline = std::chrono::seconds(10);

// A request that waits for its answer, and its handle.
struct KeptRequest {
  nua_handle_t* handle = nullptr;
  nua_saved_event_t event[1] = {nullptr};
};

// Answers OPTIONS with 200 and anything else with 501; keeps what was asked.
class EndpointFixture : public EndpointEvents {
 public:
  EndpointFixture();
  ~EndpointFixture() override;

  SipThread& thread() { return thread_; }
  // The processor time that the SIP thread has used: its work, however busy the machine is.
  std::chrono::nanoseconds work();
  // Runs on the SIP thread and waits for it.
  void run(const std::function<void()>& function);

  base::Result<SipEndpoint*> make(EndpointOptions options);
  // A resolv.conf that asks this port on loopback, for every later endpoint.
  void use_dns(uint16_t port, std::string resolv_conf);

  struct Answer {
    int status = 0;  // 0: none came in time
  };
  // Sends OPTIONS and waits kDeadline for the final answer.
  Answer options(SipEndpoint& endpoint, const std::string& url,
                 const std::string& authorization = {});
  // Sends it and does not wait.
  void send_options(SipEndpoint& endpoint, const std::string& url);

  // Requests wait for their answers, or get them now.
  void keep_requests(bool keep);

  struct Asked {
    std::string method;
    MessageSource source;
  };
  std::vector<Asked> asked();
  bool wait_for_asked(size_t count);
  bool wait_for_answers(size_t count);

  std::optional<TlsFailure> failure(SipEndpoint& endpoint, const std::string& name, uint16_t port);

 private:
  void on_sip_event(SipEndpoint& endpoint, const SipEvent& event) override;
  nua_handle_t* begin(SipEndpoint& endpoint, const std::string& url,
                      const std::string& authorization);

  SipThread thread_;
  std::string resolv_conf_;
  std::vector<std::unique_ptr<SipEndpoint>> endpoints_;        // SIP thread
  std::map<nua_handle_t*, std::function<void(int)>> waiting_;  // SIP thread
  bool keeping_ = false;                                       // SIP thread
  std::vector<std::unique_ptr<KeptRequest>> kept_;             // SIP thread
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<Asked> asked_;
  size_t answers_ = 0;
};

}  // namespace commd::sip::test
