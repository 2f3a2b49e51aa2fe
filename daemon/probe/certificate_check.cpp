#include "daemon/probe/certificate_check.h"

#include <chrono>
#include <memory>
#include <utility>

#include "daemon/loop/asio.h"
#include "daemon/net/connector.h"
#include "daemon/net/one_shot.h"
#include "daemon/net/tls_stream.h"
#include "daemon/probe/start_tls.h"

namespace commd::probe {
namespace {

using std::chrono::seconds;

constexpr seconds patience{8};
constexpr seconds step_patience{4};
constexpr int days_to_worry = 14;

std::string day_of(base::WallTime time) {
  const std::time_t seconds_since = std::chrono::system_clock::to_time_t(time);
  std::tm parts{};
  gmtime_r(&seconds_since, &parts);
  char text[16];
  return std::strftime(text, sizeof text, "%Y-%m-%d", &parts) > 0 ? text : "";
}

class CertificateCheck : public std::enable_shared_from_this<CertificateCheck> {
 public:
  CertificateCheck(const Surroundings& around, ServerPlan plan, Subject subject,
                   std::string ca_file, Each each, Done done)
      : around_(around),
        plan_(std::move(plan)),
        subject_(std::move(subject)),
        ca_file_(std::move(ca_file)),
        each_(std::move(each)),
        done_(std::move(done)),
        deadline_(around.context) {}

  void start();
  void cancel();

 private:
  void skip(std::string why);
  void take(const base::Result<net::FoundTargets>& found);
  void connect(std::vector<net::Target> targets);
  void connected(net::Connected made);
  void secure(base::UniqueFd socket);
  void shake_hands(std::shared_ptr<const net::TlsTrust> trust);
  void judge(const net::TlsSession& session);
  void fail(const base::Error& error);
  void end(model::Check check);

  const Surroundings around_;
  const ServerPlan plan_;
  Subject subject_;
  const std::string ca_file_;
  Each each_;
  Done done_;
  net::OneShot deadline_;
  net::OperationHandle pending_;
  std::unique_ptr<StartTls> clear_;
  base::UniqueFd socket_;
  std::string server_;
  bool direct_ = true;
};

void CertificateCheck::start() {
  subject_.host = plan_.certificate.domain;
  deadline_.arm(patience, [this] {
    fail({base::Code::deadline_exceeded, "PROBE_TIMEOUT", "the server takes too long", {}});
  });
  if (!plan_.secure_targets.empty()) return connect(plan_.secure_targets);
  if (plan_.secure.services.empty())
    return boost::asio::post(around_.context, [self = shared_from_this()] {
      if (self->done_) self->skip(self->plan_.not_secure);
    });
  pending_ =
      net::find_targets(around_.context, around_.resolver, plan_.secure, net::system_random(),
                        [this](const base::Result<net::FoundTargets>& found) { take(found); });
}

void CertificateCheck::cancel() {
  each_ = nullptr;
  done_ = nullptr;
  deadline_.cancel();
  pending_.reset();
  clear_.reset();
}

void CertificateCheck::skip(std::string why) {
  model::Check check;
  check.id = "tls.certificate";
  check.account = model::AccountId(subject_.account);
  check.result = model::CheckResult::skipped;
  check.found = std::move(why);
  end(std::move(check));
}

void CertificateCheck::take(const base::Result<net::FoundTargets>& found) {
  if (found) return connect(found->targets);
  // SIP without TLS, which is no failure of this check; the names have one of their own.
  if (found.error().reason == "SERVICE_NOT_OFFERED")
    return skip(plan_.host + " publishes no server with TLS");
  fail(found.error());
}

void CertificateCheck::connect(std::vector<net::Target> targets) {
  net::ConnectOptions options;
  options.deadline = step_patience;
  options.attempt_timeout = step_patience;
  pending_ = net::connect_any(around_.context, around_.resolver, std::move(targets), options,
                              [this](base::Result<net::Connected> made) {
                                if (!made) return fail(made.error());
                                connected(std::move(*made));
                              });
}

void CertificateCheck::connected(net::Connected made) {
  server_ = made.remote.text();
  direct_ = made.target.tag == static_cast<int>(ServerPlan::Tls::direct);
  if (direct_) return secure(std::move(made.socket));
  clear_ =
      std::make_unique<StartTls>(around_.context, std::move(made.socket), plan_.certificate.domain,
                                 [this](base::Result<base::UniqueFd> ready) {
                                   if (!ready) return fail(ready.error());
                                   secure(std::move(*ready));
                                 });
}

void CertificateCheck::secure(base::UniqueFd socket) {
  socket_ = std::move(socket);
  pending_ =
      around_.trust.get(ca_file_, [this](base::Result<std::shared_ptr<const net::TlsTrust>> trust) {
        if (!trust) return fail(trust.error());
        shake_hands(std::move(*trust));
      });
}

void CertificateCheck::shake_hands(std::shared_ptr<const net::TlsTrust> trust) {
  net::TlsClientOptions options;
  options.reference = plan_.certificate;
  if (direct_) options.alpn = plan_.alpn;
  options.timeout = step_patience;
  pending_ =
      net::start_tls(around_.context, std::move(socket_), std::move(trust), std::move(options),
                     [this](base::Result<std::unique_ptr<net::TlsStream>> up) {
                       if (!up) return fail(up.error());
                       const net::TlsSession session = (*up)->session();
                       up->reset();
                       judge(session);
                     });
}

void CertificateCheck::judge(const net::TlsSession& session) {
  const net::CertificateFacts& facts = session.certificate;
  const auto left = std::chrono::duration_cast<std::chrono::hours>(
      facts.not_after - std::chrono::system_clock::now());
  const long days = left.count() / 24;
  model::Check check;
  check.id = "tls.certificate";
  check.account = model::AccountId(subject_.account);
  check.found = "the certificate is for " + subject_.host + " and ends on " +
                day_of(facts.not_after) + ", in " + std::to_string(days) + " days; " +
                session.version + " with " + server_;
  check.addresses = {server_};
  check.facts = {{"version", session.version},
                 {"cipher", session.cipher},
                 {"issuer", facts.issuer},
                 {"not_after", day_of(facts.not_after)},
                 {"days_left", std::to_string(days)},
                 {"sha256", facts.sha256}};
  if (days < days_to_worry) {
    check.result = model::CheckResult::warning;
    check.reason = "TLS_EXPIRES_SOON";
    check.remedy = "who runs " + subject_.host + " must renew its certificate before that day";
  }
  end(std::move(check));
}

void CertificateCheck::fail(const base::Error& error) {
  model::Check check = failed_check("tls.certificate", subject_, error);
  if (!server_.empty()) check.addresses = {server_};
  end(std::move(check));
}

void CertificateCheck::end(model::Check check) {
  const auto self = shared_from_this();
  const Each each = std::move(each_);
  const Done done = std::move(done_);
  // What `each` does may cancel, and then nothing more is told.
  done_ = [] {};
  deadline_.cancel();
  each(std::move(check));
  if (done_) done();
}

}  // namespace

net::OperationHandle check_certificate(const Surroundings& around, const ServerPlan& plan,
                                       const Subject& subject, const std::string& ca_file,
                                       Each each, Done done) {
  auto check = std::make_shared<CertificateCheck>(around, plan, subject, ca_file, std::move(each),
                                                  std::move(done));
  check->start();
  return std::make_unique<net::SharedOperation<CertificateCheck>>(std::move(check));
}

}  // namespace commd::probe
