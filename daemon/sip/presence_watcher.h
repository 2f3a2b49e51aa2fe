// Somebody who asked this daemon itself for this person's presence (RFC 3856): one SUBSCRIBE of
// his, until it ends. He is told that he waits, then what there is to tell, or that he may not.
//
// SIP thread only.
#pragma once

#include <chrono>
#include <functional>
#include <string>
#include <utility>

#include "daemon/model/presence.h"
#include "daemon/sip/sip_handle.h"
#include "daemon/sip/sip_thread.h"

namespace commd::sip {

class PresenceWatcher final : public SipHandleOwner {
 public:
  enum class Standing { pending, active };
  struct Options {
    model::AccountId account;
    std::string peer;     // his address
    std::string contact;  // ours, of the dialog; a header value
    std::string entity;   // whose presence it is
    std::string device;
    std::string source;  // where his SUBSCRIBE came from: an IP address
  };
  PresenceWatcher(SipEndpoint& endpoint, nua_handle_t* handle, Options options);
  // Called once, from the loop, when it has ended; may destroy it.
  void on_over(std::function<void()> over) { over_ = std::move(over); }

  // Inside the event of the SUBSCRIBE that began it.
  void accept(const SipEvent& event, Standing standing, const model::Presence& presence);
  // He may see it from now on, or something has changed.
  void tell(Standing standing, const model::Presence& presence);
  // It ends: "rejected", "deactivated", "noresource".
  void end(const char* reason);

  const Options& options() const { return options_; }
  Standing standing() const { return standing_; }
  bool is_ending() const { return ending_; }
  // He has answered nothing that he was told: it may be nobody that asked.
  bool is_unconfirmed() const { return !confirmed_ && over_; }

  void on_event(SipEndpoint& endpoint, const SipEvent& event) override;

 private:
  void notify(const std::string& state);
  void renewed(const SipEvent& event);
  std::chrono::seconds left() const;
  void last_word(const std::string& state);
  void watch_end();
  void finish();

  SipEndpoint& endpoint_;
  SipHandle handle_;
  const Options options_;
  std::function<void()> over_;
  Standing standing_ = Standing::pending;
  model::Presence presence_;
  std::string event_;  // with its id
  std::chrono::steady_clock::time_point until_{};
  unsigned untold_ = 0;  // NOTIFYs that are not answered yet
  bool ending_ = false;
  bool confirmed_ = false;
  SipTimer timer_;
};

}  // namespace commd::sip
