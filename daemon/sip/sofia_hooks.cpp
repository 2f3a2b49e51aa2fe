#include "daemon/sip/sofia_hooks.h"

#include <arpa/inet.h>
#include <openssl/err.h>
#include <openssl/x509v3.h>
#include <sofia-sip/msg_header.h>
#include <sofia-sip/msg_mclass.h>
#include <sofia-sip/msg_parser.h>
#include <sofia-sip/sip.h>
#include <sofia-sip/sip_header.h>
#include <sofia-sip/sip_util.h>
#include <sofia-sip/su_string.h>
#include <sys/resource.h>
#include <sys/socket.h>

#include <cerrno>
#include <charconv>
#include <cstring>
#include <memory>
#include <new>
#include <optional>
#include <string>
#include <utility>

#include "daemon/sip/accepted_invites.h"
#include "daemon/sip/sofia_network.h"

extern "C" {
// Exported by the library, but in none of its public headers.
void tport_close(tport_t* self);
void tport_error_report(tport_t* self, int errcode, su_sockaddr_t const* address);
int tport_setname(tport_t* self, char const* protoname, su_addrinfo_t const* address,
                  char const* canon);
}

namespace commd::sip {
namespace {

// The name given to a connection that came in, so that no address ever equals it.
constexpr const char* kIncoming = "incoming.invalid";

// What we expect of an outgoing connection and what became of it; lives and dies
// with its SSL.
struct TlsPeer {
  TlsPeer(TlsContext& tls, TlsConnection fresh)
      : context(tls), connection(tls.opened(std::move(fresh))) {}
  ~TlsPeer() { context.closed(connection); }

  TlsContext& context;
  const TlsContext::Connection connection;
  long verify_error = X509_V_OK;  // the first one met
  std::optional<CertificateFacts> certificate;
  bool reported = false;
};

thread_local SofiaBirth* current_birth = nullptr;
// The SSL of the connection being set up: made before its name is known.
thread_local SSL* unnamed_ssl = nullptr;

int peer_index() {
  static const int index = SSL_get_ex_new_index(
      0, nullptr, nullptr, nullptr, [](void*, void* peer, CRYPTO_EX_DATA*, int, long, void*) {
        delete static_cast<TlsPeer*>(peer);
      });
  return index;
}

TlsPeer* peer_of(const SSL* ssl) {
  return static_cast<TlsPeer*>(SSL_get_ex_data(ssl, peer_index()));
}

// The first fault ends the handshake; its certificate is kept for the words.
int verify_callback(int ok, X509_STORE_CTX* store) {
  if (ok == 1) return 1;
  const auto* ssl =
      static_cast<SSL*>(X509_STORE_CTX_get_ex_data(store, SSL_get_ex_data_X509_STORE_CTX_idx()));
  TlsPeer* peer = ssl == nullptr ? nullptr : peer_of(ssl);
  if (peer != nullptr && !peer->certificate) {
    peer->verify_error = X509_STORE_CTX_get_error(store);
    if (X509* leaf = X509_STORE_CTX_get0_cert(store)) peer->certificate = describe(leaf);
  }
  return 0;
}

// A host as in a URI, without brackets and final dot.
std::string plain_host(std::string_view host) {
  if (host.size() > 2 && host.front() == '[' && host.back() == ']')
    host = host.substr(1, host.size() - 2);
  if (host.size() > 1 && host.back() == '.') host.remove_suffix(1);
  return std::string(host);
}

bool is_ip_address(const std::string& host) {
  unsigned char bytes[16];
  return inet_pton(AF_INET, host.c_str(), bytes) == 1 ||
         inet_pton(AF_INET6, host.c_str(), bytes) == 1;
}

// Tells OpenSSL whom to expect. False: this is no name to be verified.
bool expect_name(SSL* ssl, const std::string& host) {
  X509_VERIFY_PARAM* param = SSL_get0_param(ssl);
  X509_VERIFY_PARAM_set_hostflags(param, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
  if (host.empty() || host == "*") return false;
  if (is_ip_address(host)) return X509_VERIFY_PARAM_set1_ip_asc(param, host.c_str()) == 1;
  return SSL_set_tlsext_host_name(ssl, host.c_str()) == 1 &&
         X509_VERIFY_PARAM_set1_host(param, host.c_str(), host.size()) == 1;
}

void name_connection(SSL* ssl, const char* canon, tport_t* transport) {
  TlsContext* context = tls_context_of(SSL_get_SSL_CTX(ssl));
  // Without a name or a context it stays without a TlsPeer, and is refused.
  if (context == nullptr || !expect_name(ssl, plain_host(canon))) return;
  TlsConnection connection;
  connection.name = canon;
  const std::string_view port = tport_name(transport)->tpn_port;
  std::from_chars(port.data(), port.data() + port.size(), connection.port);
  const su_addrinfo_t* address = tport_get_address(transport);
  if (address != nullptr && address->ai_addrlen <= sizeof connection.peer)
    memcpy(&connection.peer, address->ai_addr, address->ai_addrlen);
  auto peer = std::make_unique<TlsPeer>(*context, std::move(connection));
  SSL_set_verify(ssl, SSL_VERIFY_PEER, &verify_callback);
  if (SSL_set_ex_data(ssl, peer_index(), peer.get()) == 1) peer.release();
}

void report(SSL* ssl, TlsFailureKind kind, std::string words) {
  TlsPeer* peer = peer_of(ssl);
  if (peer == nullptr || std::exchange(peer->reported, true)) return;
  TlsFailure failure;
  failure.name = peer->connection->name;
  failure.port = peer->connection->port;
  failure.kind = kind;
  failure.openssl = std::move(words);
  failure.has_certificate = peer->certificate.has_value();
  if (failure.has_certificate) failure.certificate = *peer->certificate;
  peer->context.failed(std::move(failure));
}

// After a call has failed for good: what OpenSSL says of it. The error queue is
// left as it is, for sofia looks at it next.
void report_handshake(SSL* ssl) {
  const TlsPeer* peer = peer_of(ssl);
  const unsigned long error = ERR_peek_error();
  if (peer != nullptr && peer->verify_error != X509_V_OK) {
    report(ssl, kind_of_verify_error(peer->verify_error),
           X509_verify_cert_error_string(peer->verify_error));
  } else if (error != 0) {
    const char* words = ERR_reason_error_string(error);
    report(ssl, kind_of_error(error), words == nullptr ? "unknown" : words);
  } else {
    report(ssl, TlsFailureKind::closed, {});
  }
}

bool wants_more(const SSL* ssl, int result) {
  const int error = SSL_get_error(ssl, result);
  return error == SSL_ERROR_WANT_READ || error == SSL_ERROR_WANT_WRITE;
}

// What the far end thinks of our certificate comes after the handshake in TLS 1.3.
void report_late_alert(SSL* ssl, int result) {
  if (result > 0 || SSL_get_error(ssl, result) != SSL_ERROR_SSL) return;
  const unsigned long error = ERR_peek_error();
  if (kind_of_error(error) == TlsFailureKind::client_certificate) report_handshake(ssl);
}

// The library does not read any more from a connection that was reset, though the
// alert that says why may have come.
void look_for_last_alert(SSL* ssl) {
  char next = 0;
  if (peer_of(ssl) != nullptr && SSL_is_init_finished(ssl) == 1)
    report_late_alert(ssl, SSL_peek(ssl, &next, 1));
  ERR_clear_error();
}

constexpr int kMaxFields = 256;
constexpr size_t kMaxFieldSize = 8 * 1024;
constexpr int kMaxCommas = 100;
constexpr int kMaxSemicolons = 200;

// Header fields the message now being parsed may still have; negative: none is.
thread_local int fields_left = -1;

int fields_so_far(const msg_t* message) {
  int count = 0;
  const auto* head = reinterpret_cast<msg_header_t* const*>(msg_chain_head(message));
  for (const msg_header_t* each = head == nullptr ? nullptr : *head;
       each != nullptr && count < kMaxFields; each = each->sh_succ)
    ++count;
  return count;
}

// Whether the header field that starts here may be parsed: scans to its end, which
// is a line end not followed by a blank, or the end of what was received.
bool field_is_bounded(const char* field) {
  int commas = 0;
  int semicolons = 0;
  for (size_t at = 0; at < kMaxFieldSize; ++at) {
    const char c = field[at];
    if (c == '\0' || (c == '\n' && field[at + 1] != ' ' && field[at + 1] != '\t')) return true;
    commas += c == ',' ? 1 : 0;
    semicolons += c == ';' ? 1 : 0;
    if (commas > kMaxCommas || semicolons > kMaxSemicolons) return false;
  }
  return false;
}

// Requests that there are in dialogs alone (RFC 3262, 3311, 6086, 6665).
bool needs_dialog(sip_method_t method) {
  return method == sip_method_bye || method == sip_method_notify || method == sip_method_prack ||
         method == sip_method_update || method == sip_method_info;
}

bool comes_too_late(sip_t const* sip) {
  static thread_local AcceptedInvites invites;
  if (!sip->sip_status || !sip->sip_cseq || sip->sip_cseq->cs_method != sip_method_invite)
    return false;
  const char* branch = sip->sip_via ? sip->sip_via->v_branch : nullptr;
  return branch && !invites.counts(branch, sip->sip_status->st_status);
}

bool is_summary(sip_t const* sip) {
  return sip->sip_request->rq_method == sip_method_notify && sip->sip_event != nullptr &&
         sip->sip_event->o_type != nullptr &&
         strcmp(sip->sip_event->o_type, "message-summary") == 0;
}

// Half of the descriptors stay free for everything else, and accept() can never
// run out of them (then the library's loop would spin).
bool too_many_descriptors(int fd) {
  rlimit limit{};
  return getrlimit(RLIMIT_NOFILE, &limit) == 0 && static_cast<rlim_t>(fd) >= limit.rlim_cur / 2;
}

}  // namespace

SofiaBirth::SofiaBirth(TlsContext* tls) : tls_(tls), outer_(current_birth) { current_birth = this; }
SofiaBirth::~SofiaBirth() { current_birth = outer_; }
SofiaBirth* SofiaBirth::current() { return current_birth; }

}  // namespace commd::sip

using namespace commd::sip;  // NOLINT: the hooks are C functions, outside of any namespace

extern "C" {

// ---- tport_tls.o: making the context ----------------------------------------

SSL_CTX* commd_sofia_SSL_CTX_new(const SSL_METHOD*) {
  SofiaBirth* birth = SofiaBirth::current();
  if (birth == nullptr || birth->tls() == nullptr) return nullptr;  // TLS is refused
  SSL_CTX* ctx = birth->tls()->ctx();
  SSL_CTX_up_ref(ctx);
  return ctx;
}

int commd_sofia_SSL_CTX_use_certificate_file(SSL_CTX*, const char*, int) { return 1; }
int commd_sofia_SSL_CTX_use_PrivateKey_file(SSL_CTX*, const char*, int) { return 1; }
int commd_sofia_SSL_CTX_check_private_key(const SSL_CTX*) { return 1; }
int commd_sofia_SSL_CTX_load_verify_locations(SSL_CTX*, const char*, const char*) { return 1; }
int commd_sofia_SSL_CTX_set_cipher_list(SSL_CTX*, const char*) { return 1; }
void commd_sofia_SSL_CTX_set_verify(SSL_CTX*, int, SSL_verify_cb) {}
void commd_sofia_SSL_CTX_set_verify_depth(SSL_CTX*, int) {}

// ---- tport_tls.o: one connection --------------------------------------------

SSL* commd_sofia_SSL_new(SSL_CTX* ctx) {
  ERR_clear_error();
  // tls_free() drops a reference of the context for each connection, as if
  // SSL_free() did not; now it does.
  SSL_CTX_up_ref(ctx);
  unnamed_ssl = SSL_new(ctx);
  return unnamed_ssl;
}

int commd_sofia_SSL_connect(SSL* ssl) {
  ERR_clear_error();
  const TlsPeer* peer = peer_of(ssl);
  if (peer == nullptr) {  // no name, no connection
    ERR_raise(ERR_LIB_SSL, SSL_R_CERTIFICATE_VERIFY_FAILED);
    return -1;
  }
  const int result = SSL_connect(ssl);
  if (result == 1) {
    peer->context.verified(peer->connection);
  } else if (!wants_more(ssl, result)) {
    report_handshake(ssl);
  }
  return result;
}

int commd_sofia_SSL_accept(SSL* ssl) {
  ERR_clear_error();
  return SSL_accept(ssl);
}

int commd_sofia_SSL_read(SSL* ssl, void* buffer, int size) {
  ERR_clear_error();
  const int result = SSL_read(ssl, buffer, size);
  report_late_alert(ssl, result);
  return result;
}

int commd_sofia_SSL_write(SSL* ssl, const void* buffer, int size) {
  ERR_clear_error();
  const int result = SSL_write(ssl, buffer, size);
  report_late_alert(ssl, result);
  return result;
}

// Called by tls_free() only, which then frees the BIO but never the SSL.
int commd_sofia_SSL_shutdown(SSL* ssl) {
  ERR_clear_error();
  if (unnamed_ssl == ssl) unnamed_ssl = nullptr;
  look_for_last_alert(ssl);
  const int result = SSL_shutdown(ssl);
  BIO* bio = SSL_get_rbio(ssl);
  if (bio != nullptr) BIO_up_ref(bio);  // SSL_free() takes one, tls_free() the other
  SSL_free(ssl);
  ERR_clear_error();
  return result;
}

// sofia collects the subjects of a verified certificate, to use the connection for
// each of them: it is to find none.
int commd_sofia_X509_get_ext_count(const X509*) { return 0; }
int commd_sofia_X509_NAME_get_text_by_NID(const X509_NAME*, int, char*, int) { return -1; }

// Called where a handshake has failed: the requests that wait for this connection
// are told before it is gone, or they would wait for 32 s.
void commd_sofia_tport_close(tport_t* self) {
  if (strcmp(tport_name(self)->tpn_canon, kIncoming) != 0)
    tport_error_report(self, EPROTO, nullptr);
  tport_close(self);
}

// ---- tport_type_tls.o -------------------------------------------------------

int commd_sofia_tport_setname(tport_t* self, char const* protoname, su_addrinfo_t const* address,
                              char const* canon) {
  SSL* ssl = std::exchange(unnamed_ssl, nullptr);
  const int result = tport_setname(self, protoname, address, canon == nullptr ? kIncoming : canon);
  if (result == 0 && ssl != nullptr && canon != nullptr) name_connection(ssl, canon, self);
  return result;
}

// ---- tport.o, tport_type_tls.o ----------------------------------------------

int commd_sofia_accept(int listener, sockaddr* address, socklen_t* length) {
  const int fd = accept4(listener, address, length, SOCK_CLOEXEC);
  if (fd >= 0 && too_many_descriptors(fd)) {
    close(fd);
    errno = ECONNABORTED;
    return -1;
  }
  return fd;
}

int commd_sofia_msg_extract(msg_t* message) {
  fields_left = kMaxFields - fields_so_far(message);
  const int result = msg_extract(message);
  fields_left = -1;
  return result;
}

// ---- msg_parser.o: before each header field ----------------------------------

msg_href_t const* commd_sofia_msg_find_hclass(msg_mclass_t const* mclass, char const* field,
                                              isize_t* end) {
  if (fields_left >= 0 && (fields_left-- == 0 || !field_is_bounded(field))) {
    fields_left = 0;
    return nullptr;  // the message is in error
  }
  return msg_find_hclass(mclass, field, end);
}

// ---- tport_type_udp.o -------------------------------------------------------

int commd_sofia_tport_recv_stun_dgram(tport_t const*, msg_t** message, su_sockaddr_t*, socklen_t) {
  msg_destroy(*message);
  *message = nullptr;
  return 0;
}

// ---- nta.o ------------------------------------------------------------------

tport_t* commd_sofia_tport_by_name(tport_t const* self, tp_name_t const* wanted) {
  if (self == nullptr) return found_for_answer(nullptr);  // none could be made for a new address
  tport_t* found = tport_by_name(self, wanted);
  // The library compares addresses only. With the primary it makes a connection of
  // that name, or finds the one there is.
  if (found != nullptr && tport_is_secondary(found) && tport_has_tls(found) &&
      !su_casematch(wanted->tpn_canon, tport_name(found)->tpn_canon))
    found = tport_parent(found);
  return found_for_answer(found);
}

tport_t* commd_sofia_tport_primaries(tport_t const* self) {
  tport_t* primaries = tport_primaries(self);
  if (SofiaBirth* birth = SofiaBirth::current()) birth->found(primaries);
  return primaries;
}

sip_request_t* commd_sofia_sip_request_create(su_home_t* home, sip_method_t method,
                                              char const* name, url_string_t const* url,
                                              char const* version) {
  sip_request_t* made = sip_request_create(home, method, name, url, version);
  // A method that the library knows is not copied, even when it was told by name.
  if (made != nullptr && made->rq_method != sip_method_unknown)
    made->rq_method_name = sip_method_name(made->rq_method, nullptr);
  return made;
}

// nua answers BYE and NOTIFY by itself, so this is the last place to look at their tags. What
// a mailbox tells unasked (RFC 3842) is in no dialog: it comes to us as a MESSAGE would, which
// begins none, for nua takes the second NOTIFY of an event that nobody subscribed to with a 200.
// On the wire it keeps its name.
int commd_sofia_sip_sanity_check(sip_t const* sip) {
  if (comes_too_late(sip)) return -1;
  const bool untagged = sip->sip_request && (!sip->sip_to || !sip->sip_to->a_tag);
  const bool unasked = untagged && is_summary(sip);
  if (untagged && !unasked && needs_dialog(sip->sip_request->rq_method)) return -1;
  const int sane = sip_sanity_check(sip);
  if (sane >= 0 && unasked)
    sip->sip_request->rq_method = sip->sip_cseq->cs_method = sip_method_message;
  return sane;
}

}  // extern "C"
