#include "daemon/sip/tls_self_test.h"

#include <netinet/in.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/x509v3.h>
#include <sofia-sip/msg.h>
#include <sofia-sip/msg_addr.h>
#include <sofia-sip/sip_protos.h>
#include <sofia-sip/su_wait.h>
#include <sofia-sip/tport.h>
#include <sofia-sip/tport_tag.h>
#include <sys/socket.h>

#include <chrono>
#include <memory>
#include <string>
#include <string_view>

#include "daemon/base/unique_fd.h"
#include "daemon/sip/sofia_hooks.h"

namespace commd::sip {
namespace {

constexpr const char* kRightName = "right.self-test.invalid";
constexpr const char* kWrongName = "wrong.self-test.invalid";
constexpr auto kDeadline = std::chrono::seconds(2);

using Key = std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)>;
using Certificate = std::unique_ptr<X509, decltype(&X509_free)>;
using Context = std::unique_ptr<SSL_CTX, decltype(&SSL_CTX_free)>;
using Connection = std::unique_ptr<SSL, decltype(&SSL_free)>;

Certificate certificate_for(const char* name, EVP_PKEY* key) {
  Certificate made(X509_new(), &X509_free);
  X509* certificate = made.get();
  X509_set_version(certificate, X509_VERSION_3);
  ASN1_INTEGER_set(X509_get_serialNumber(certificate), 1);
  X509_gmtime_adj(X509_getm_notBefore(certificate), -60);
  X509_gmtime_adj(X509_getm_notAfter(certificate), 60);
  X509_set_pubkey(certificate, key);
  X509_NAME* subject = X509_get_subject_name(certificate);
  X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_ASC,
                             reinterpret_cast<const unsigned char*>("self-test"), -1, -1, 0);
  X509_set_issuer_name(certificate, subject);
  X509_EXTENSION* names = X509V3_EXT_conf_nid(nullptr, nullptr, NID_subject_alt_name,
                                              (std::string("DNS:") + name).c_str());
  X509_add_ext(certificate, names, -1);
  X509_EXTENSION_free(names);
  X509_sign(certificate, key, EVP_sha256());
  return made;
}

// Answers one handshake on the loopback interface, without ever blocking.
class Server {
 public:
  Server(X509* certificate, EVP_PKEY* key)
      : context_(SSL_CTX_new(TLS_server_method()), &SSL_CTX_free),
        listener_(socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0)) {
    SSL_CTX_use_certificate(context_.get(), certificate);
    SSL_CTX_use_PrivateKey(context_.get(), key);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t length = sizeof address;
    auto* plain = reinterpret_cast<sockaddr*>(&address);
    if (bind(listener_.get(), plain, length) == 0 && listen(listener_.get(), 1) == 0 &&
        getsockname(listener_.get(), plain, &length) == 0)
      port_ = ntohs(address.sin_port);
  }

  uint16_t port() const { return port_; }

  void step() {
    ERR_clear_error();
    if (connection_) {
      SSL_accept(connection_.get());
    } else if ((accepted_ = base::UniqueFd(
                    accept4(listener_.get(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC)))) {
      connection_.reset(SSL_new(context_.get()));
      SSL_set_fd(connection_.get(), accepted_.get());
    }
    ERR_clear_error();
  }

 private:
  Context context_;
  base::UniqueFd listener_;
  base::UniqueFd accepted_;
  Connection connection_{nullptr, &SSL_free};
  uint16_t port_ = 0;
};

void ignore_message(tp_stack_t*, tport_t*, msg_t* message, tp_magic_t*, su_time_t) {
  msg_destroy(message);
}
void ignore_error(tp_stack_t*, tport_t*, int, char const*) {}
msg_t* allocate(tp_stack_t*, int flags, char const[], usize_t, tport_t const*, tp_client_t*) {
  return msg_create(sip_default_mclass(), flags);
}

// A transport of sofia-sip on a loop of its own.
class Client {
 public:
  explicit Client(TlsContext& tls) : root_(su_root_create(nullptr)) {
    static const tp_stack_class_t stack = {sizeof stack, &ignore_message, &ignore_error, &allocate,
                                           nullptr};
    static char const* const transports[] = {"tls", nullptr};
    const SofiaBirth birth(&tls);
    master_ = tport_tcreate(reinterpret_cast<tp_stack_t*>(this), &stack, root_, TAG_END());
    tp_name_t any{};
    any.tpn_proto = "tls";
    any.tpn_canon = any.tpn_port = "*";
    any.tpn_host = "127.0.0.1";
    bound_ = master_ != nullptr &&
             tport_tbind(master_, &any, transports, TPTAG_SERVER(0), TPTAG_CERTIFICATE("/dev/null"),
                         TPTAG_TLS_VERIFY_POLICY(TPTLS_VERIFY_OUT), TAG_END()) == 0;
  }
  ~Client() {
    tport_destroy(master_);
    su_root_destroy(root_);
  }

  bool send(const char* name, uint16_t port) {
    if (!bound_) return false;
    static constexpr std::string_view text =
        "OPTIONS sip:self-test.invalid SIP/2.0\r\nContent-Length: 0\r\n\r\n";
    msg_t* message = msg_make(sip_default_mclass(), 0, text.data(), text.size());
    const std::string number = std::to_string(port);
    tp_name_t to{};
    to.tpn_proto = "tls";
    to.tpn_canon = name;
    to.tpn_host = "127.0.0.1";
    to.tpn_port = number.c_str();
    const bool sent = tport_tsend(master_, message, &to, TAG_END()) != nullptr;
    msg_destroy(message);
    return sent;
  }

  void step() { su_root_step(root_, 1); }

 private:
  su_root_t* root_;
  tport_t* master_ = nullptr;
  bool bound_ = false;
};

enum class Outcome { verified, refused, neither };

Outcome connect(const char* name, X509* certificate, EVP_PKEY* key) {
  const std::shared_ptr<TlsContext> tls = TlsContext::trusting(certificate);
  Server server(certificate, key);
  Client client(*tls);
  if (!client.send(name, server.port())) return Outcome::neither;
  sockaddr_storage address{};
  auto& four = reinterpret_cast<sockaddr_in&>(address);
  four.sin_family = AF_INET;
  four.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  four.sin_port = htons(server.port());
  const auto end = std::chrono::steady_clock::now() + kDeadline;
  while (std::chrono::steady_clock::now() < end) {
    server.step();
    client.step();
    const std::optional<TlsFailure> failure = tls->failure(name, server.port());
    if (failure && failure->kind == TlsFailureKind::wrong_name) return Outcome::refused;
    if (failure) return Outcome::neither;
    if (tls->verified_name(address) == name) return Outcome::verified;
  }
  return Outcome::neither;
}

base::Result<void> run() {
  const Key key(EVP_EC_gen("P-256"), &EVP_PKEY_free);
  const Certificate certificate = certificate_for(kRightName, key.get());
  if (connect(kWrongName, certificate.get(), key.get()) == Outcome::refused &&
      connect(kRightName, certificate.get(), key.get()) == Outcome::verified)
    return {};
  return base::fail(base::Code::internal, "TLS_UNSAFE",
                    "the self-test of TLS failed: certificates would not be checked as they must; "
                    "TLS is not used");
}

}  // namespace

base::Result<void> tls_self_test() {
  static const base::Result<void> result = run();
  return result;
}

}  // namespace commd::sip
