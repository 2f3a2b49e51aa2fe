// One attempt to log in: finds the server's places, goes through them until one lets the
// account in or says that a person has to act, follows redirects, and keeps the deadlines.
//
// XMPP thread. Destroying it breaks it off.
#pragma once

#include <chrono>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "daemon/base/log.h"
#include "daemon/ports/timers.h"
#include "daemon/xmpp/negotiator.h"
#include "daemon/xmpp/network.h"
#include "daemon/xmpp/stream_management.h"
#include "daemon/xmpp/stream_negotiator.h"

namespace commd::xmpp {

struct LoginPlan {
  LoginConfig login;  // `tls` and `redirects` are filled in as the way shows
  // A component's (XEP-0114): TlsMode::starttls stands for no TLS then, which is for this machine
  // alone unless `allow_clear_text` says otherwise.
  bool component = false;
  bool allow_clear_text = false;
  ServerQuery server;   // `domain` is that of the address
  std::string ca_file;  // empty: the system's
  std::chrono::seconds keepalive{60};
};

struct LoggedIn {
  std::unique_ptr<net::ByteStream> stream;
  std::unique_ptr<XmlReader> reader;  // with what came behind the last answer
  Ready ready;
  std::string server;  // "tls xmpp.example.org (192.0.2.1:5223)"
};

struct LoginFailure {
  base::Error error;
  Retry retry = Retry::later;
};

class LoginAttempt {
 public:
  struct Outcome {
    std::optional<LoggedIn> in;  // else it failed
    LoginFailure failure;
    // What became of the stream to be resumed, if that turned out useless on the way.
    SmLoss loss;
  };
  using Done = std::function<void(Outcome)>;

  // From TCP to the session: once for each place that is tried.
  static constexpr std::chrono::seconds patience{30};

  // `network`, `timers` and `management` outlive it. `done` once, never inside; it may
  // destroy the attempt.
  LoginAttempt(Network& network, ports::Timers& timers, StreamManagement& management,
               LoginPlan plan, base::Logger log, Done done);
  ~LoginAttempt();

 private:
  void find();
  void connect();
  void connected(base::Result<std::unique_ptr<Connection>> made);
  void negotiate();
  std::unique_ptr<Negotiator> make_negotiator() const;
  void secure();
  void secured(base::Result<Secured> up);
  void read();
  void received(base::Result<std::string_view> bytes);
  void take_actions();
  void take(LoginAction action);
  void send(std::string bytes);
  void write_next();
  void derive(DeriveKeys what);
  void redirect(const HostPort& to);
  void place_failed(base::Error error, Retry retry);
  void leave_place();
  void forget_unsent();
  void maybe_finish();
  void give_up(LoginFailure failure);
  net::ByteStream& stream();
  std::string server_text() const;

  Network& network_;
  ports::Timers& timers_;
  StreamManagement& management_;
  LoginPlan plan_;
  base::Logger log_;
  Done done_;
  int redirects_ = 0;
  std::vector<net::Target> targets_;  // not tried yet
  std::string ascii_domain_;
  std::optional<LoginFailure> first_failure_;
  SmLoss loss_;

  // Of the place that is tried now.
  net::OperationHandle pending_;
  std::unique_ptr<Connection> connection_;
  std::unique_ptr<net::ByteStream> secure_stream_;
  std::unique_ptr<Negotiator> negotiator_;
  ports::TimerHandle deadline_;
  std::deque<std::string> unsent_;
  bool writing_ = false;
  bool reading_ = false;
  bool securing_ = false;
  std::optional<Ready> ready_;
  std::string place_;  // "starttls xmpp.example.org (192.0.2.1:5222)"
  // Set by the destructor: a callback that led to it must touch nothing any more.
  std::shared_ptr<bool> gone_ = std::make_shared<bool>(false);
};

}  // namespace commd::xmpp
