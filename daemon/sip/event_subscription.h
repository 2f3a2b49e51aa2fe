// One subscription of ours to what somebody tells (RFC 6665): the SUBSCRIBE that begins it, its
// challenges, its renewal by the library, and when to try again. Until it is dropped it goes on
// trying: whoever is not there today may be there tomorrow.
//
// A SUBSCRIBE that is forked makes one dialog, the first; the library answers the others 481.
//
// SIP thread only.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "daemon/net/backoff.h"
#include "daemon/sip/sip_account.h"
#include "daemon/sip/sip_handle.h"
#include "daemon/sip/sip_thread.h"

namespace commd::sip {

class EventSubscription final : public SipHandleOwner {
 public:
  struct Options {
    model::AccountId account;
    std::string target;  // whose; a URI
    std::string event;   // "presence"
    std::string accept;  // types of bodies
    std::chrono::seconds expiry{3'600};
    // Who could be there later is asked again after so long; `unsupported` is told then.
    std::chrono::seconds patience{3'600};
  };
  // What NOTIFY says. The views live as long as the call.
  struct Notice {
    bool pending = false;  // whoever is asked has not decided
    std::string_view type, body;
  };
  enum class End {
    unsupported,  // 405, 489, 501: nobody there does this
    unknown,      // 404, 410, 604: there is no such thing
    refused,      // 403, 603, reason=rejected: not for this person
    failed,       // nobody answered, a fault, a login
  };
  struct Failure {
    End why = End::failed;
    int status = 0;  // 0: it was ended by a NOTIFY, or nothing came
    std::string words;
  };
  // From the loop. Either may be told many times; none may destroy the subscription.
  struct Events {
    std::function<void(const Notice&)> noticed;
    std::function<void(const Failure&)> ended;
  };
  using FindAccount = std::function<SipAccount*(const model::AccountId&)>;

  EventSubscription(SipThread& thread, FindAccount account, Options options, Events events);
  // Ends it at the other side, too, as far as one request does that.
  ~EventSubscription() override = default;

  // Asks at once where it does not run. While the account is offline: account_online() comes.
  void start();
  void account_online();
  bool runs() const { return handle_ && confirmed_; }

  void on_event(SipEndpoint& endpoint, const SipEvent& event) override;

 private:
  void begin();
  void go(const base::Result<ports::MediaRoute>& route);
  void transmit(const std::string& authorization, bool proxy);
  void answered(const SipEvent& event);
  void learn_way(const sip_t* sip);
  bool is_hasty();
  bool try_again(const SipEvent& event);
  void noticed(const SipEvent& event);
  void end(Failure failure, std::chrono::seconds not_before);
  void again_in(std::chrono::milliseconds wait);

  SipThread& thread_;
  FindAccount account_;
  const Options options_;
  Events events_;
  SipHandle handle_;
  Departure departure_;
  std::string remote_target_;  // of the dialog; empty: there is none yet
  std::string route_hop_;      // the first of its route set
  bool asking_ = false;        // for the way, or SUBSCRIBE is under way
  bool confirmed_ = false;     // 2xx came
  bool noticed_ = false;       // since then
  unsigned challenges_ = 0;
  bool lengthened_ = false;  // a 423 was obeyed
  std::chrono::seconds expiry_{0};
  net::Backoff backoff_;
  std::chrono::steady_clock::time_point began_{};    // when it was granted
  std::chrono::steady_clock::time_point renewed_{};  // the same, last
  unsigned hasty_ = 0;                               // renewals in a row that came too soon
  SipTimer timer_;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

}  // namespace commd::sip
