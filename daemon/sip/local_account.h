// The `local` account: no server; 127.0.0.1 and ::1 over UDP and TCP, and what the
// person adds with listen=ADDRESS. Loopback counts as protected signalling.
//
// SIP thread only.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "daemon/sip/endpoint_pool.h"
#include "daemon/sip/sip_account.h"

namespace commd::sip {

class LocalAccount final : public SipAccount {
 public:
  struct Options {
    uint16_t port = 5060;             // taken: any free one, with a notice
    std::vector<std::string> listen;  // further IP literals
  };
  // `notice(reason, message)` tells the person what is not as asked for.
  LocalAccount(EndpointPool& endpoints, const model::Account& account, Options options,
               AccountEvents& events,
               std::function<void(const std::string&, const std::string&)> notice);

  // A request that arrived there is for this account.
  bool serves(const SipEndpoint& endpoint) const;

  const model::Account& account() const override { return account_; }
  const std::string& token() const override { return token_; }
  base::Result<Departure> departure(const std::string& target, bool hide_identity) const override;
  std::string contact_on(const SipEndpoint& endpoint, const std::string& target) const override;
  void route(const std::string& target,
             std::function<void(base::Result<ports::MediaRoute>)> done) override;
  bool accepts_from(const MessageSource& source) const override;
  bool is_server(const MessageSource&) const override { return false; }
  ports::MediaRoute route_of(const MessageSource& source,
                             const SipEndpoint& endpoint) const override;
  std::optional<Authorization> answer(const sip_t& response, const std::string& method,
                                      const std::string& request_uri, unsigned attempt,
                                      const std::string& first_hop_host,
                                      RequestStage stage) override;
  // What it listens on was asked for by name, and stays there.
  std::vector<Way> ways() const override { return {}; }
  void network_changed() override {}
  bool is_moving() const override { return false; }
  void update(const model::Account& account, base::Secret password) override;
  void leave(std::function<void()> done) override;

 private:
  void listen();
  SipEndpoint* listen_on(const std::string& address);
  SipEndpoint* endpoint_for(const std::string& target) const;
  // "sip:echo@localhost" -> "sip:echo@127.0.0.1:PORT"
  std::string contact_of(const SipEndpoint& endpoint) const;
  // Something that is not as configured: told at once, and with the state.
  void remark(const std::string& reason, const std::string& message);
  void report(model::AccountState state, const std::string& reason, const std::string& message);

  EndpointPool& pool_;
  model::Account account_;
  Options options_;
  AccountEvents& events_;
  std::function<void(const std::string&, const std::string&)> notice_;
  const std::string token_;
  std::vector<SipEndpoint*> endpoints_;
  std::string remark_reason_;  // the first of them
  std::string remarks_;
};

// The From of its requests outside of calls: its name is the same everywhere, and whoever is to
// answer needs its place.
std::string local_from(const SipEndpoint& endpoint);

}  // namespace commd::sip
