// An account with a server: it registers there (RFC 3261 section 10), keeps the
// registration and the way to it alive, and sends its calls that way.
//
// Which server: the outbound proxy if one is set, else `server`, else the domain of the
// address, found by DNS (RFC 3263). Over TLS the certificate must be for the name that
// was set, or for the domain of the address where none was (RFC 5922).
//
// Whose calls are let in with accept_from=proxy: over TLS those that come on a
// connection we made and verified for that name; over UDP and TCP those from an address
// the server's name resolves to, or that has answered us.
//
// SIP thread only.
#pragma once

#include <chrono>
#include <functional>
#include <list>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "daemon/base/log.h"
#include "daemon/net/backoff.h"
#include "daemon/sip/digest_client.h"
#include "daemon/sip/endpoint_pool.h"
#include "daemon/sip/register_outcome.h"
#include "daemon/sip/registrar_target.h"
#include "daemon/sip/registration.h"
#include "daemon/sip/server_finder.h"
#include "daemon/sip/sip_account.h"
#include "daemon/sip/sip_flow.h"
#include "daemon/sip/sip_thread.h"

namespace commd::sip {

class RegisteredAccount final : public SipAccount {
 public:
  // Starts at once. `facts`: what remember() was told in earlier runs.
  RegisteredAccount(SipThread& thread, EndpointPool& endpoints, const model::Account& account,
                    base::Secret password, const std::map<std::string, std::string>& facts,
                    AccountEvents& events, base::Logger log);
  ~RegisteredAccount() override;

  const model::Account& account() const override { return account_; }
  const std::string& token() const override { return token_; }
  base::Result<Departure> departure(const std::string& target, bool hide_identity) const override;
  std::string contact_on(const SipEndpoint& endpoint, const std::string& target) const override;
  void route(const std::string& target,
             std::function<void(base::Result<ports::MediaRoute>)> done) override;
  bool accepts_from(const MessageSource& source) const override;
  bool is_server(const MessageSource& source) const override;
  ports::MediaRoute route_of(const MessageSource& source,
                             const SipEndpoint& endpoint) const override;
  std::optional<Authorization> answer(const sip_t& response, const std::string& method,
                                      const std::string& request_uri, unsigned attempt,
                                      const std::string& first_hop_host,
                                      RequestStage stage) override;
  std::vector<Way> ways() const override;
  void network_changed() override;
  bool is_moving() const override { return moving_; }
  void update(const model::Account& account, base::Secret password) override;
  void leave(std::function<void()> done) override;

 private:
  // registered_account.cpp: from settings to a registration, and keeping it.
  void start();
  void start_over();
  void stop();
  bool takes_part() const { return account_.settings.register_; }
  void make_digest();
  void look_up();
  void on_found(base::Result<FoundServer> found);
  void send_register();
  void on_answer(const RegisterAnswer& answer);
  void on_registered(const RegisterAnswer& answer);
  void part();
  void on_problem(const RegisterProblem& problem);
  void arm_keepalive();
  void on_keepalive();
  void remember_realms();
  void report(model::AccountState state, const std::string& reason, const std::string& message,
              std::chrono::milliseconds retry_in);

  // registered_account_network.cpp: the way to the server, over networks that come and go.
  base::Result<SipEndpoint*> choose_endpoint(const FoundServer& found);
  base::Result<SipEndpoint*> endpoint_for(bool tls, const std::string& local_ip);
  void follow_flow(const RegisterAnswer& answer);
  void on_flow_lost();
  std::string local_address() const;
  bool moved_elsewhere() const;
  void network_gone();
  void move();
  void check_way();
  void settled();

  // registered_account_calls.cpp: calls by this account.
  bool has_hop() const;
  bool comes_up() const;
  void wait_for_way(const std::string& target,
                    std::function<void(base::Result<ports::MediaRoute>)> done);
  void end_waiting();
  bool is_own_host(const std::string& host) const;
  std::string first_route() const;
  // What reaches a target of an account that has no server.
  struct Direct {
    SipEndpoint* endpoint = nullptr;
    std::string local_ip;
    std::string peer_ip;
  };
  const Direct* direct_way(const std::string& target) const;
  void find_direct(const std::string& target,
                   std::function<void(base::Result<ports::MediaRoute>)> done);
  base::Result<ports::MediaRoute> take_direct(const std::string& place, const FoundServer& found);

  SipThread& thread_;
  EndpointPool& pool_;
  model::Account account_;
  base::Secret password_;
  AccountEvents& events_;
  base::Logger log_;
  const std::string token_;

  RegistrarTarget target_;
  std::string realms_fact_;  // as remembered, see remember_realms()
  std::string strong_fact_;
  std::shared_ptr<DigestClient> digest_;
  ServerFinder finder_;
  FoundServer found_;
  SipEndpoint* endpoint_ = nullptr;
  std::unique_ptr<Registration> registration_;
  std::unique_ptr<Registration> parting_;  // of the settings before, being taken back
  std::unique_ptr<SipFlow> flow_;
  std::string server_ip_;  // that answered last
  std::optional<std::chrono::seconds> clock_ahead_;
  std::string protocol_;             // it did so over
  std::set<std::string> addresses_;  // the server's, as resolved and as they answered
  std::vector<std::string> service_route_;
  base::MonoTime sent_at_{};        // of the REGISTER under way
  base::MonoTime registered_at_{};  // of the last success
  base::MonoTime bound_until_{};    // the server may still know us until then

  unsigned attempts_ = 0;  // in a row that failed
  net::Backoff backoff_;
  net::Backoff flapping_;  // of connections that do not last
  SipTimer timer_;         // the next REGISTER or the next attempt
  SipTimer keepalive_;
  SipTimer parting_patience_;
  SipTimer way_check_;  // how long the way to the server may take to prove itself
  base::MonoTime way_checked_at_{};
  unsigned moves_ = 0;  // of the endpoint, that the registration has followed
  bool moving_ = false;
  bool online_ = false;
  bool leaving_ = false;
  std::function<void()> on_left_;
  std::optional<ports::AccountReport> reported_;
  base::MonoTime retry_at_{};

  // Calls that were placed while it comes up.
  struct Waiting {
    std::string target;
    std::function<void(base::Result<ports::MediaRoute>)> done;
  };
  std::vector<Waiting> waiting_;
  SipTimer waiting_patience_;

  std::map<std::string, Direct> direct_;  // by host[:port] as in the target
  std::list<std::unique_ptr<ServerFinder>> direct_finders_;
  // Outlived by what was posted.
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

}  // namespace commd::sip
