#include "daemon/net/tls_trust.h"

#include <openssl/err.h>
#include <openssl/x509.h>
#include <stdlib.h>
#include <unistd.h>

#include <map>
#include <new>
#include <utility>
#include <vector>

#include "daemon/loop/asio.h"
#include "daemon/net/config_file.h"
#include "daemon/net/tls_verify.h"

namespace commd::net {
namespace {

constexpr const char* system_bundle = "/etc/ssl/certs/ca-certificates.crt";
constexpr const char* ciphers =
    "ECDHE+AESGCM:ECDHE+CHACHA20:DHE+AESGCM:DHE+CHACHA20:!aNULL:!eNULL:!PSK:!SRP";

SSL_CTX* make_context() {
  SSL_CTX* context = SSL_CTX_new(TLS_client_method());
  if (context == nullptr) throw std::bad_alloc();
  SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION);
  SSL_CTX_set_cipher_list(context, ciphers);
  SSL_CTX_set_options(context, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION | SSL_OP_NO_TICKET);
  // No resumption: tls-unique would not be safe with it.
  SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
  SSL_CTX_set_mode(context, SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ENABLE_PARTIAL_WRITE |
                                SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER | SSL_MODE_AUTO_RETRY);
  SSL_CTX_set_verify_depth(context, 8);
  require_verification(context);
  return context;
}

base::Error unreadable(const std::string& file) {
  char words[256] = "unknown";
  if (const unsigned long error = ERR_peek_last_error(); error != 0)
    ERR_error_string_n(error, words, sizeof words);
  ERR_clear_error();
  return {base::Code::invalid_argument,
          "TLS_CA_UNREADABLE",
          "the trusted certificates cannot be read from " + file + " (" + words + ")",
          {{"file", file}, {"openssl", words}}};
}

struct Waiter {
  TlsTrustSets::Done done;  // empty: cancelled or told
  void cancel() { done = nullptr; }
};

}  // namespace

std::string TlsTrust::file_of(const std::string& ca_file) {
  if (!ca_file.empty()) return ca_file;
  const char* chosen = ::secure_getenv(X509_get_default_cert_file_env());
  return chosen != nullptr && *chosen != '\0' ? chosen : system_bundle;
}

base::Result<std::shared_ptr<const TlsTrust>> TlsTrust::load(const std::string& ca_file) {
  ERR_clear_error();
  std::shared_ptr<TlsTrust> trust(new TlsTrust(make_context()));
  const std::string file = file_of(ca_file);
  // A system without the bundle may have OpenSSL's own folder.
  if (ca_file.empty() && ::access(file.c_str(), R_OK) != 0) {
    SSL_CTX_set_default_verify_paths(trust->context());
    ERR_clear_error();
    return trust;
  }
  if (SSL_CTX_load_verify_file(trust->context(), file.c_str()) != 1)
    return base::fail(unreadable(file));
  if (!ca_file.empty())
    X509_VERIFY_PARAM_set_flags(SSL_CTX_get0_param(trust->context()), X509_V_FLAG_PARTIAL_CHAIN);
  return trust;
}

struct TlsTrustSets::State : std::enable_shared_from_this<State> {
  struct Set {
    explicit Set(const std::string& ca_file) : stamp(TlsTrust::file_of(ca_file)) {}
    FileStamp stamp;
    std::shared_ptr<const TlsTrust> trust;
    std::vector<std::shared_ptr<Waiter>> waiting;
    bool loading = false;
    bool outdated = false;  // it changed while it was parsed
  };

  State(boost::asio::io_context& io, loop::Pool& workers) : context(io), pool(workers) {}

  void load(const std::string& ca_file, Set& set) {
    set.loading = true;
    set.outdated = false;
    ++parsed;
    pool.post([ca_file, &io = context, self = weak_from_this()] {
      auto loaded = TlsTrust::load(ca_file);
      boost::asio::post(io, [ca_file, self, loaded = std::move(loaded)] {
        if (const auto state = self.lock()) state->on_loaded(ca_file, loaded);
      });
    });
  }

  void on_loaded(const std::string& ca_file,
                 const base::Result<std::shared_ptr<const TlsTrust>>& loaded) {
    Set& set = sets.at(ca_file);
    if (set.outdated) return load(ca_file, set);
    set.loading = false;
    if (loaded) set.trust = *loaded;
    // They may ask again, or end it all, inside.
    const auto waiting = std::exchange(set.waiting, {});
    for (const auto& waiter : waiting)
      if (const Done done = std::exchange(waiter->done, nullptr)) done(loaded);
  }

  boost::asio::io_context& context;
  loop::Pool& pool;
  std::map<std::string, Set> sets;
  size_t parsed = 0;
};

TlsTrustSets::TlsTrustSets(boost::asio::io_context& context, loop::Pool& pool)
    : state_(std::make_shared<State>(context, pool)) {}

TlsTrustSets::~TlsTrustSets() {
  for (auto& [file, set] : state_->sets)
    for (const auto& waiter : set.waiting) waiter->cancel();
}

OperationHandle TlsTrustSets::get(const std::string& ca_file, Done done) {
  auto& set = state_->sets.try_emplace(ca_file, ca_file).first->second;
  auto waiter = std::make_shared<Waiter>(Waiter{std::move(done)});
  if (set.stamp.changed()) {
    set.trust = nullptr;
    set.outdated = set.loading;
  }
  if (set.trust != nullptr) {
    boost::asio::post(state_->context, [waiter, trust = set.trust] {
      if (const Done tell = std::exchange(waiter->done, nullptr)) tell(trust);
    });
  } else {
    set.waiting.push_back(waiter);
    if (!set.loading) state_->load(ca_file, set);
  }
  return std::make_unique<SharedOperation<Waiter>>(std::move(waiter));
}

size_t TlsTrustSets::parsed() const { return state_->parsed; }

}  // namespace commd::net
