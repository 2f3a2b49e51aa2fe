#include "daemon/sip/sip_endpoint.h"

#include <arpa/inet.h>
#include <sofia-sip/msg_addr.h>
#include <sofia-sip/nta.h>
#include <sofia-sip/nua_tag.h>
#include <sofia-sip/sip_tag.h>
#include <sofia-sip/sresolv.h>
#include <sofia-sip/su_localinfo.h>
#include <sofia-sip/tport_tag.h>

#include <algorithm>
#include <cassert>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <utility>

#include "daemon/base/unique_fd.h"
#include "daemon/sip/sip_flow.h"
#include "daemon/sip/sofia_hooks.h"
#include "daemon/sip/sofia_network.h"
#include "daemon/sip/tls_self_test.h"

namespace commd::sip {
namespace {

constexpr size_t kMaxMessage = 64 * 1024;
// Requests being answered at a time; more get 503 from the library.
constexpr size_t kMaxProceeding = 4096;

std::string bind_url(const EndpointOptions& options) {
  // No transport parameter: with one, sofia reads a list that is gone (nta.c).
  const bool ip6 = options.bind_address.find(':') != std::string::npos;
  return std::string(options.transport == TransportClass::tls ? "sips:" : "sip:") +
         (ip6 ? "[" + options.bind_address + "]" : options.bind_address) + ":" +
         (options.port == 0 ? "*" : std::to_string(options.port));
}

socklen_t make_address(const std::string& ip, uint16_t port, sockaddr_storage& address) {
  auto& four = reinterpret_cast<sockaddr_in&>(address);
  auto& six = reinterpret_cast<sockaddr_in6&>(address);
  if (inet_pton(AF_INET, ip.c_str(), &four.sin_addr) == 1) {
    four.sin_family = AF_INET;
    four.sin_port = htons(port);
    return sizeof four;
  }
  if (inet_pton(AF_INET6, ip.c_str(), &six.sin6_addr) == 1) {
    six.sin6_family = AF_INET6;
    six.sin6_port = htons(port);
    return sizeof six;
  }
  return 0;
}

// The library does not say why it could not bind, and loses memory when it could
// not: so it is tried before, bare. 0: the address and port are free.
int bind_error(const EndpointOptions& options, int type) {
  sockaddr_storage address{};
  const socklen_t length = make_address(options.bind_address, options.port, address);
  const base::UniqueFd fd(socket(address.ss_family, type | SOCK_CLOEXEC, 0));
  if (length == 0 || !fd) return EINVAL;
  const int on = 1;
  if (type == SOCK_STREAM) setsockopt(fd.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  if (address.ss_family == AF_INET6)
    setsockopt(fd.get(), IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof on);
  return bind(fd.get(), reinterpret_cast<sockaddr*>(&address), length) == 0 ? 0 : errno;
}

int bind_error(const EndpointOptions& options) {
  const int error = bind_error(options, SOCK_STREAM);
  if (error != 0 || options.transport == TransportClass::tls) return error;
  return bind_error(options, SOCK_DGRAM);
}

base::Error why_not(const EndpointOptions& options, int error) {
  const std::string where = options.bind_address + " port " + std::to_string(options.port);
  base::Error result{
      base::Code::internal, "SIP_STACK_FAILED", "the SIP stack could not start on " + where, {}};
  if (error == EADDRINUSE) {
    result = {base::Code::unavailable, "PORT_IN_USE", where + " is in use by another program", {}};
  } else if (error == EADDRNOTAVAIL || error == EINVAL) {
    result = {base::Code::unavailable,
              "ADDRESS_NOT_LOCAL",
              options.bind_address + " is not an address of this machine",
              {}};
  } else if (error != 0) {
    result.message += std::string(": ") + strerror(error);
  }
  result.details["address"] = options.bind_address;
  result.details["port"] = std::to_string(options.port);
  return result;
}

std::string host_port(const tp_name_t& name) {
  const bool ip6 = strchr(name.tpn_host, ':') != nullptr && name.tpn_host[0] != '[';
  const std::string host = ip6 ? "[" + std::string(name.tpn_host) + "]" : name.tpn_host;
  return host + ":" + name.tpn_port;
}

}  // namespace

SipEndpoint::SipEndpoint(SipThread& thread, EndpointOptions options, EndpointEvents& events)
    : thread_(thread), options_(std::move(options)), events_(events) {
  check_.bind();
}

base::Result<std::unique_ptr<SipEndpoint>> SipEndpoint::create(SipThread& thread,
                                                               EndpointOptions options,
                                                               EndpointEvents& events) {
  assert(thread.here());
  if (options.transport == TransportClass::tls) {
    if (!options.tls)
      return base::fail(base::Code::internal, "SIP_STACK_FAILED", "TLS without a TLS context");
    if (const base::Result<void> safe = tls_self_test(); !safe) return base::fail(safe.error());
  }
  if (const int error = bind_error(options); error != 0) return base::fail(why_not(options, error));
  std::unique_ptr<SipEndpoint> endpoint(new SipEndpoint(thread, std::move(options), events));
  const SofiaBirth birth(endpoint->tls());
  endpoint->nua_ = endpoint->make_nua();
  if (endpoint->nua_ == nullptr) return base::fail(why_not(endpoint->options_, 0));
  endpoint->transports_ = birth.transports();
  endpoint->agent_ = birth.agent();
  endpoint->note_addresses();
  return endpoint;
}

nua_t* SipEndpoint::make_nua() {
  const std::string url = bind_url(options_);
  const char* resolv_conf = options_.resolv_conf.empty() ? nullptr : options_.resolv_conf.c_str();
  return nua_create(
      thread_.root(), &SipEndpoint::callback, reinterpret_cast<nua_magic_t*>(this),
      NUTAG_URL(url.c_str()),
      // Offer and answer, alerting and acknowledging are the core's.
      NUTAG_MEDIA_ENABLE(0), NUTAG_AUTOACK(0), NUTAG_AUTOANSWER(0), NUTAG_AUTOALERT(0),
      // INVITE, REGISTER, PUBLISH and SUBSCRIBE are there by themselves: to name one again makes
      // the library read beyond the end of its list.
      NUTAG_APPL_METHOD("PRACK,UPDATE,REFER,NOTIFY,INFO,MESSAGE,OPTIONS"),
      // So are retries with credentials and redirections.
      NUTAG_RETRY_COUNT(0), NUTAG_AUTO302(0), NUTAG_AUTO305(0), NUTAG_SESSION_TIMER(0),
      NUTAG_MIN_SE(90),
      // Contact and Via are ours: nothing is guessed from what a server saw.
      NUTAG_OUTBOUND("no-outbound no-options-keepalive no-validate no-natify"),
      NUTAG_DETECT_NETWORK_UPDATES(NUA_NW_DETECT_NOTHING), NUTAG_DEFERRABLE_TIMERS(1),
      SIPTAG_ALLOW_STR(options_.allow.c_str()), NUTAG_ALLOW("NOTIFY"),
      SIPTAG_ALLOW_EVENTS_STR("presence"), SIPTAG_SUPPORTED_STR("100rel, timer, replaces"),
      TAG_IF(!options_.user_agent.empty(), NUTAG_USER_AGENT(options_.user_agent.c_str())),
      NTATAG_MAXSIZE(kMaxMessage), NTATAG_MAX_PROCEEDING(kMaxProceeding),
      // A server tells which address and port it sees a connection come from, too.
      NTATAG_TCP_RPORT(1), NTATAG_TLS_RPORT(1), TPTAG_UDP_RMEM(options_.udp_receive_buffer),
      TPTAG_STUN_SERVER(0), TPTAG_LOG(0),
      // The TlsContext has everything; sofia is not to look for files of its own.
      TPTAG_CERTIFICATE("/dev/null"), TPTAG_TLS_VERIFY_POLICY(TPTLS_VERIFY_OUT),
      TAG_IF(resolv_conf != nullptr, SRESTAG_RESOLV_CONF(resolv_conf)), TAG_END());
}

SipEndpoint::~SipEndpoint() {
  COMMD_ASSERT_THREAD(check_);
  if (nua_ == nullptr) return;
  if (ended_) {
    nua_destroy(nua_);
  } else {
    thread_.log()->warn("event: sip_endpoint_abandoned, port: {}", port_);
  }
}

base::Result<void> SipEndpoint::move_to(const std::string& bind_address) {
  COMMD_ASSERT_THREAD(check_);
  EndpointOptions next = options_;
  next.bind_address = bind_address;
  next.port = port_;
  int error = bind_error(next);
  if (error == EADDRINUSE) {
    next.port = options_.port;
    error = bind_error(next);
  }
  if (error != 0) return base::fail(why_not(next, error));
  for (SipFlow* flow : std::set<SipFlow*>(flows_)) flow->abandon();
  const SofiaBirth birth(tls());
  const bool listens = replace_transports(nua_, agent_, transports_, bind_url(next));
  ++moves_;
  transports_ = birth.transports();
  note_addresses();
  if (!listens) return base::fail(why_not(next, 0));
  options_.bind_address = bind_address;
  return {};
}

void SipEndpoint::note_addresses() {
  listening_.clear();
  port_ = 0;
  for (const tport_t* each = transports_; each != nullptr; each = tport_next(each)) {
    const tp_name_t* name = tport_name(each);
    if (port_ == 0) {
      const char* text = name->tpn_port;
      std::from_chars(text, text + strlen(text), port_);
    }
    listening_.push_back(std::string(name->tpn_proto) + " " + host_port(*name));
  }
}

MessageSource SipEndpoint::source() const {
  COMMD_ASSERT_THREAD(check_);
  MessageSource source;
  const msg_t* message = nua_current_request(nua_);
  su_sockaddr_t* from = message == nullptr ? nullptr : msg_addr(const_cast<msg_t*>(message));
  if (from == nullptr) return source;
  char text[INET6_ADDRSTRLEN] = "";
  if (from->su_family == AF_INET) {
    inet_ntop(AF_INET, &from->su_sin.sin_addr, text, sizeof text);
    memcpy(&source.address, &from->su_sin, sizeof from->su_sin);
  } else if (from->su_family == AF_INET6) {
    inet_ntop(AF_INET6, &from->su_sin6.sin6_addr, text, sizeof text);
    memcpy(&source.address, &from->su_sin6, sizeof from->su_sin6);
  }
  source.ip = text;
  source.port = ntohs(from->su_port);
  if (options_.tls) source.verified_name = options_.tls->verified_name(source.address);
  return source;
}

void SipEndpoint::shut_down(std::function<void()> done) {
  COMMD_ASSERT_THREAD(check_);
  on_shut_down_ = std::move(done);
  nua_shutdown(nua_);
}

void SipEndpoint::callback(nua_event_t event, int status, char const* phrase, nua_t*,
                           nua_magic_t* self, nua_handle_t* handle, nua_hmagic_t* magic,
                           sip_t const* sip, tagi_t tags[]) noexcept {
  reinterpret_cast<SipEndpoint*>(self)->dispatch(
      {event, status, phrase == nullptr ? "" : phrase, handle, magic, sip, tags});
}

void SipEndpoint::dispatch(const SipEvent& event) {
  if (event.event != nua_r_shutdown) {
    events_.on_sip_event(*this, event);
    return;
  }
  if (event.status < 200 || ended_) return;
  ended_ = true;
  // The nua may not be destroyed from its own callback.
  if (on_shut_down_) thread_.post(std::exchange(on_shut_down_, nullptr));
}

}  // namespace commd::sip
