// What an account says of this person to its server, which tells it on (RFC 3903): published,
// renewed before it lapses, made anew where the server has forgotten it (412), taken back.
//
// SIP thread only.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "daemon/base/log.h"
#include "daemon/model/presence.h"
#include "daemon/net/backoff.h"
#include "daemon/sip/sip_account.h"
#include "daemon/sip/sip_handle.h"
#include "daemon/sip/sip_thread.h"

namespace commd::sip {

class Publication final : public SipHandleOwner {
 public:
  using FindAccount = std::function<SipAccount*(const model::AccountId&)>;
  struct Options {
    model::AccountId account;
    std::string entity;  // the account's address
    std::string device;  // names this program among his
    std::string etag;    // that an earlier run left at the server; empty: none is known
    // Told the tag whenever it is another one, to be given back in the next run.
    std::function<void(const std::string&)> remember;
  };
  Publication(SipThread& thread, FindAccount account, Options options, base::Logger log);
  ~Publication() override = default;

  // From now on this is published; unavailable takes it back.
  void say(const model::Presence& presence);
  // Takes it back for good; `done` when that was answered, or nothing is published. From the
  // loop; it may destroy the publication.
  void take_back(std::function<void()> done);
  // The account is online, maybe again: a server may take now what it did not take before.
  void account_online();

  void on_event(SipEndpoint& endpoint, const SipEvent& event) override;

 private:
  void begin();
  void go(const base::Result<ports::MediaRoute>& route);
  void transmit(const std::string& authorization, bool proxy);
  void answered(const SipEvent& event);
  bool try_again(const SipEvent& event);
  void published(const sip_t* sip);
  std::chrono::milliseconds renewal_of(std::chrono::seconds granted);
  void settle();
  void keep(const std::string& etag);
  void failed(int status, const char* phrase, std::chrono::seconds not_before);
  bool is_there() const {
    return wanted_ && wanted_->availability != model::Availability::unavailable;
  }

  SipThread& thread_;
  FindAccount account_;
  const Options options_;
  base::Logger log_;

  std::optional<model::Presence> wanted_;  // nothing until something was said
  bool said_ = false;                      // the server has this presence
  bool changed_ = false;                   // since the last request
  bool sending_ = false;                   // something is under way
  std::function<void()> taken_back_;
  std::chrono::seconds asked_{0};
  std::string etag_;  // of what is published; empty: nothing is
  std::chrono::seconds expiry_;
  unsigned challenges_ = 0;
  bool lengthened_ = false;  // a 423 was obeyed
  bool renewed_ = false;     // a 412 was
  unsigned hasty_ = 0;       // grants in a row that were too short

  Departure departure_;
  SipHandle handle_;
  net::Backoff backoff_;
  SipTimer timer_;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

}  // namespace commd::sip
