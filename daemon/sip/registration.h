// The binding of one account at its registrar (RFC 3261 section 10, RFC 3327, 3581,
// 3608): each REGISTER with what it takes to get it answered: digest, 423, and the
// Contact as the server sees us.
//
// The library's own registration is not used: it would refresh at a time of its own
// with an old nonce count. Here is every REGISTER ours, all with one Call-ID.
//
// SIP thread only.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "daemon/sip/digest_client.h"
#include "daemon/sip/registrar_target.h"
#include "daemon/sip/sip_endpoint.h"
#include "daemon/sip/sip_handle.h"

namespace commd::sip {

// How a REGISTER ended; everything from the network bounded and valid UTF-8.
struct RegisterAnswer {
  int status = 0;
  std::string phrase;
  bool by_server = false;                        // else the stack made it up: nothing answered
  DigestVerdict digest = DigestVerdict::answer;  // of a 401 or 407
  std::chrono::seconds granted{0};               // of a 2xx
  std::chrono::seconds retry_after{0};
  std::string words;     // of Warning or Reason
  std::string moved_to;  // of a 3xx: where
  MessageSource source;
  std::string protocol;                    // "udp", "tcp", "tls"
  std::vector<std::string> service_route;  // of a 2xx: URIs
  // Of its Date (RFC 3261 section 20.17): how far the server's clock is ahead of ours.
  std::optional<std::chrono::seconds> clock_ahead;
};

class Registration final : public SipHandleOwner {
 public:
  struct Options {
    SipEndpoint* endpoint = nullptr;
    RegistrarTarget target;
    model::SipTransport transport = model::SipTransport::automatic;  // of target.first, settled
    std::string token;
    // A Contact of ours that an earlier way left behind, as the address does that the endpoint
    // had before it moved: taken back with the next REGISTER.
    std::string old_contact;
  };
  using Done = std::function<void(const RegisterAnswer&)>;
  Registration(Options options, std::shared_ptr<DigestClient> digest);

  // Registers or renews; zero un-registers. Takes the place of one under way, whose
  // `done` is then not called. `done` comes from the loop and may destroy nothing of it.
  void send(std::chrono::seconds expiry, Done done);
  // Another login from now on.
  void use(std::shared_ptr<DigestClient> digest) { digest_ = std::move(digest); }
  bool under_way() const { return under_way_; }

  const Options& options() const { return options_; }
  // "<sip:token@192.0.2.1:5060;transport=tcp>", as the server sees us.
  std::string contact() const { return contact(options_.target.secure); }
  // The same as a sips: URI, for calls to such (RFC 3261 section 8.1.1.8).
  std::string contact(bool secure) const;

  void on_event(SipEndpoint& endpoint, const SipEvent& event) override;

 private:
  void follow_endpoint();
  bool make_handle();
  void transmit();
  void learn_contact(const sip_t& sip);
  bool try_again(const SipEvent& event, RegisterAnswer& answer);
  bool answer_challenge(const sip_t& sip, RegisterAnswer& answer);
  std::chrono::seconds granted(const sip_t& sip) const;
  void finish(RegisterAnswer answer);

  Options options_;
  std::shared_ptr<DigestClient> digest_;
  Done done_;
  SipHandle handle_;
  SipTimer failure_;  // of a request that could not be made
  const std::string call_id_;
  const std::string tag_;
  uint32_t cseq_;
  std::string protocol_;
  std::string ip_;
  uint16_t port_;
  unsigned moves_;  // of the endpoint, that the Contact has followed
  std::string sent_contact_;
  std::chrono::seconds expiry_{0};
  DigestAttempt attempt_;
  bool lengthened_ = false;  // a 423 was obeyed
  bool corrected_ = false;   // sent again for another Contact
  bool under_way_ = false;
};

// All WWW-Authenticate and Proxy-Authenticate fields of an answer, as they were.
std::vector<ChallengeHeader> challenges_of(const sip_t& sip);

}  // namespace commd::sip
