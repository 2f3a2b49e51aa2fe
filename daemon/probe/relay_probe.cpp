#include "daemon/probe/relay_probe.h"

#include <chrono>
#include <memory>
#include <utility>

#include "daemon/loop/asio.h"
#include "daemon/net/connector.h"
#include "daemon/net/one_shot.h"
#include "daemon/net/tcp_stream.h"
#include "daemon/net/tls_stream.h"
#include "daemon/probe/relay_echo.h"
#include "daemon/probe/stun_client.h"

namespace commd::probe {
namespace {

using std::chrono::seconds;

constexpr seconds patience{8};
constexpr seconds connect_patience{4};
constexpr uint32_t udp_protocol = 17U << 24;  // REQUESTED-TRANSPORT (RFC 8656, section 18.8)
constexpr int unauthenticated = 401;
constexpr int wrong_credentials = 441;
constexpr int stale_nonce = 438;

class Relaying : public std::enable_shared_from_this<Relaying> {
 public:
  Relaying(const Surroundings& around, RelayTarget target, RelayDone done)
      : around_(around),
        target_(std::move(target)),
        done_(std::move(done)),
        deadline_(around.context) {}

  void start();
  // What was allocated must not wait there for its end.
  void cancel();

 private:
  void try_next_address();
  void connect();
  void secure();
  void speak_over(std::unique_ptr<StunLink> link);
  void allocate();
  void allocated(const base::Result<StunAnswer>& answer);
  void refused(const StunMessage& message);
  void challenged(const StunMessage& message, bool stale);
  void permit();
  void echo();
  void let_go();
  StunWriter request(StunMethod method, const TransactionId& transaction) const;
  void ask(StunWriter writer, const TransactionId& transaction, StunClient::Done done);
  void fail(base::Error error);
  void fail(base::Code code, const char* reason, std::string message);
  void finish();

  Surroundings around_;
  RelayTarget target_;
  RelayDone done_;
  RelayOutcome outcome_;
  net::OneShot deadline_;
  net::OperationHandle pending_;
  std::vector<net::IpAddress> addresses_;  // UDP: not tried yet, the next one first
  base::UniqueFd socket_;
  std::unique_ptr<StunClient> client_;
  std::unique_ptr<RelayEcho> echo_;
  std::string realm_, nonce_;
  base::Secret key_;  // empty: not asked for yet
  int challenges_ = 0;
};

void Relaying::start() {
  deadline_.arm(patience, [this] {
    if (outcome_.relayed) {
      outcome_.not_relayed = {
          base::Code::deadline_exceeded, "PROBE_TIMEOUT", "it took too long", {}};
      return finish();
    }
    fail(base::Code::deadline_exceeded, "PROBE_TIMEOUT", "the server takes too long");
  });
  if (target_.transport != RelayTransport::udp) return connect();
  pending_ = find_addresses(around_, target_.host,
                            [this](base::Result<std::vector<net::IpAddress>> found) {
                              if (!found) return fail(found.error());
                              addresses_ = std::move(*found);
                              try_next_address();
                            });
}

void Relaying::cancel() {
  done_ = nullptr;
  let_go();
  deadline_.cancel();
  pending_.reset();
  echo_.reset();
  client_.reset();
}

// ---- the way there --------------------------------------------------------------------

void Relaying::try_next_address() {
  const net::Endpoint server{addresses_.front(), target_.port};
  addresses_.erase(addresses_.begin());
  outcome_.server = server;
  auto socket = UdpSocket::open(around_.context, server.ip.family());
  if (!socket) return fail(socket.error());
  if ((*socket)->connect(server) != 0)
    return fail(base::Code::unavailable, "NETWORK_DOWN", "there is no way to " + server.text());
  speak_over(link_over(std::move(*socket)));
}

void Relaying::connect() {
  net::ConnectOptions options;
  options.deadline = connect_patience;
  options.attempt_timeout = connect_patience;
  pending_ = net::connect_any(
      around_.context, around_.resolver, {{target_.host, target_.port, 0, {}}}, options,
      [this](base::Result<net::Connected> made) {
        if (!made) return fail(made.error());
        outcome_.server = made->remote;
        socket_ = std::move(made->socket);
        if (target_.transport == RelayTransport::tls) return secure();
        speak_over(
            link_over(std::make_unique<net::TcpStream>(around_.context, std::move(socket_))));
      });
}

void Relaying::secure() {
  pending_ = around_.trust.get(
      target_.ca_file, [this](base::Result<std::shared_ptr<const net::TlsTrust>> trust) {
        if (!trust) return fail(trust.error());
        net::TlsClientOptions options;
        options.reference = {target_.host, {}, false};
        options.timeout = connect_patience;
        pending_ = net::start_tls(around_.context, std::move(socket_), std::move(*trust),
                                  std::move(options),
                                  [this](base::Result<std::unique_ptr<net::TlsStream>> up) {
                                    if (!up) return fail(up.error());
                                    speak_over(link_over(std::move(*up)));
                                  });
      });
}

void Relaying::speak_over(std::unique_ptr<StunLink> link) {
  client_ = std::make_unique<StunClient>(around_.context, std::move(link));
  allocate();
}

// ---- the allocation (RFC 8656, sections 7 and 8) ----------------------------------------

StunWriter Relaying::request(StunMethod method, const TransactionId& transaction) const {
  return {method, StunClass::request, transaction};
}

// With who we are, once it was asked for.
void Relaying::ask(StunWriter writer, const TransactionId& transaction, StunClient::Done done) {
  if (!key_.empty())
    writer.add(StunAttribute::username, target_.user)
        .add(StunAttribute::realm, realm_)
        .add(StunAttribute::nonce, nonce_)
        .prove(key_);
  client_->ask(transaction, writer.finish(), std::move(done));
}

void Relaying::allocate() {
  const TransactionId transaction = new_transaction();
  StunWriter writer = request(StunMethod::allocate, transaction);
  writer.add(StunAttribute::requested_transport, udp_protocol);
  ask(std::move(writer), transaction,
      [this](const base::Result<StunAnswer>& answer) { allocated(answer); });
}

void Relaying::allocated(const base::Result<StunAnswer>& answer) {
  if (!answer) {
    if (challenges_ > 0 || addresses_.empty()) return fail(answer.error());
    return try_next_address();
  }
  const StunMessage& message = answer->message;
  if (message.kind() == StunClass::error) return refused(message);
  if (!key_.empty() && !message.proven_by(key_))
    return fail(base::Code::unavailable, "TURN_ANSWER_UNPROVEN",
                "the answer is not from somebody who knows the password");
  outcome_.relayed = message.xor_address(StunAttribute::xor_relayed_address);
  outcome_.mapped = message.mapped();
  outcome_.allocation_time = answer->round_trip;
  if (!outcome_.relayed || !outcome_.mapped)
    return fail(base::Code::unavailable, "TURN_ANSWER_BROKEN",
                "the answer does not say what was allocated");
  permit();
}

void Relaying::refused(const StunMessage& message) {
  const StunError error = message.error().value_or(StunError{0, "no reason"});
  if (error.code == unauthenticated && key_.empty()) return challenged(message, false);
  if (error.code == stale_nonce && !key_.empty()) return challenged(message, true);
  if (error.code == unauthenticated || error.code == wrong_credentials)
    return fail(base::Code::unauthenticated, "TURN_CREDENTIALS_REFUSED",
                "the server does not take the password of \"" + target_.user + "\"");
  base::Error refusal{base::Code::unavailable,
                      "TURN_REFUSED",
                      "the server refuses: " + std::to_string(error.code) + " " + error.phrase,
                      {{"code", std::to_string(error.code)}}};
  fail(std::move(refusal));
}

void Relaying::challenged(const StunMessage& message, bool stale) {
  const auto realm = message.text(StunAttribute::realm);
  const auto nonce = message.text(StunAttribute::nonce);
  if (!nonce || (!realm && !stale) || ++challenges_ > 3)
    return fail(base::Code::unavailable, "TURN_ANSWER_BROKEN",
                "the server asks for a password in a way that is not understood");
  if (target_.user.empty() || target_.password.empty())
    return fail(base::Code::failed_precondition, "TURN_CREDENTIALS_MISSING",
                "the server wants a user name and a password");
  if (realm) realm_ = *realm;
  nonce_ = *nonce;
  key_ = long_term_key(target_.user, realm_, target_.password);
  allocate();
}

void Relaying::let_go() {
  if (!client_ || !outcome_.relayed) return;
  const TransactionId transaction = new_transaction();
  StunWriter writer = request(StunMethod::refresh, transaction);
  writer.add(StunAttribute::lifetime, 0U);
  ask(std::move(writer), transaction, [](const base::Result<StunAnswer>&) {});
}

// ---- through it -----------------------------------------------------------------------

void Relaying::permit() {
  if (outcome_.mapped->ip.family() != outcome_.relayed->ip.family()) {
    outcome_.not_relayed = {base::Code::unavailable,
                            "TURN_PEER_REFUSED",
                            "the relay is of another kind of IP than the way to it",
                            {}};
    return finish();
  }
  const TransactionId transaction = new_transaction();
  StunWriter writer = request(StunMethod::create_permission, transaction);
  writer.add_xor_address(StunAttribute::xor_peer_address, *outcome_.mapped);
  ask(std::move(writer), transaction, [this](const base::Result<StunAnswer>& answer) {
    if (answer && answer->message.kind() == StunClass::success) return echo();
    outcome_.not_relayed = base::Error{base::Code::unavailable, "TURN_PEER_REFUSED", {}, {}};
    const auto error = answer ? answer->message.error() : std::nullopt;
    outcome_.not_relayed->message = "the relay does not let " + outcome_.mapped->ip.text() +
                                    " in: " +
                                    (!answer ? answer.error().message
                                     : error ? std::to_string(error->code) + " " + error->phrase
                                             : "no reason");
    finish();
  });
}

void Relaying::echo() {
  echo_ = std::make_unique<RelayEcho>(around_.context, *client_, *outcome_.relayed,
                                      [this](const base::Result<base::Duration>& time) {
                                        if (time)
                                          outcome_.round_trip = *time;
                                        else
                                          outcome_.not_relayed = time.error();
                                        finish();
                                      });
}

void Relaying::fail(base::Code code, const char* reason, std::string message) {
  fail(base::Error{code, reason, std::move(message), {}});
}

void Relaying::fail(base::Error error) {
  outcome_.error = std::move(error);
  outcome_.relayed.reset();
  finish();
}

void Relaying::finish() {
  const auto self = shared_from_this();
  const RelayDone done = std::move(done_);
  RelayOutcome outcome = outcome_;
  cancel();
  if (done) done(std::move(outcome));
}

}  // namespace

const char* to_string(RelayTransport transport) {
  switch (transport) {
    case RelayTransport::udp:
      return "udp";
    case RelayTransport::tcp:
      return "tcp";
    case RelayTransport::tls:
      return "tls";
  }
  return "";
}

net::OperationHandle probe_relay(const Surroundings& around, RelayTarget target, RelayDone done) {
  auto relaying = std::make_shared<Relaying>(around, std::move(target), std::move(done));
  relaying->start();
  return std::make_unique<net::SharedOperation<Relaying>>(std::move(relaying));
}

}  // namespace commd::probe
