#include "daemon/sip/registration.h"

#include <sofia-sip/nta.h>
#include <sofia-sip/nua_tag.h>
#include <sofia-sip/sip_header.h>
#include <sofia-sip/sip_tag.h>
#include <sofia-sip/url.h>
#include <strings.h>

#include <algorithm>
#include <charconv>
#include <cstring>
#include <string_view>
#include <utility>

#include "daemon/base/escape.h"
#include "daemon/base/random.h"
#include "daemon/sip/sip_uri.h"

namespace commd::sip {
namespace {

constexpr std::chrono::seconds longest_expiry{86'400};
constexpr size_t max_routes = 8;
constexpr size_t max_challenges = 16;
constexpr size_t max_text = 256;

// Somebody else's words, fit to be shown and to be put into a message again.
std::string clean(const char* text, size_t most = max_text) {
  if (text == nullptr) return {};
  std::string out;
  for (const char c : base::to_valid_utf8(std::string_view(text).substr(0, most)))
    if (static_cast<unsigned char>(c) >= 0x20 && c != 0x7F) out += c;
  return out;
}

std::string text_of_url(const url_t* url) {
  if (url->url_host == nullptr) return {};
  std::string out = clean(url->url_scheme) + ":";
  if (url->url_user != nullptr) out += clean(url->url_user) + "@";
  out += clean(url->url_host);
  if (url->url_port != nullptr) out += ":" + clean(url->url_port);
  if (url->url_params != nullptr) out += ";" + clean(url->url_params);
  // What could end the angle brackets it will stand in is no URI.
  return out.find_first_of("<>\" ") == std::string::npos ? out : std::string();
}

void collect(const msg_auth_t* header, ChallengeKind kind, std::vector<ChallengeHeader>& all) {
  for (; header != nullptr && all.size() < max_challenges; header = header->au_next) {
    if (header->au_scheme == nullptr) continue;
    std::string value = header->au_scheme;
    const char* separator = " ";
    for (const msg_param_t* each = header->au_params; each != nullptr && *each != nullptr; ++each) {
      value += separator;
      value += *each;
      separator = ", ";
    }
    all.push_back({kind, std::move(value)});
  }
}

std::vector<std::string> uris_of(const sip_route_t* route) {
  std::vector<std::string> uris;
  for (; route != nullptr && uris.size() < max_routes; route = route->r_next) {
    std::string uri = text_of_url(route->r_url);
    if (!uri.empty()) uris.push_back(std::move(uri));
  }
  return uris;
}

std::string words_of(const sip_t& sip) {
  if (sip.sip_warning != nullptr && sip.sip_warning->w_text != nullptr)
    return clean(sip.sip_warning->w_text);
  return sip.sip_reason == nullptr ? std::string() : clean(sip.sip_reason->re_text);
}

// The library counts from 1900.
std::optional<std::chrono::seconds> clock_ahead(const sip_t& sip) {
  constexpr int64_t unix_epoch = 2'208'988'800;
  constexpr int64_t most = int64_t{1} << 32;  // what makes sense of a clock
  if (sip.sip_date == nullptr) return std::nullopt;
  const auto said = static_cast<int64_t>(sip.sip_date->d_time) - unix_epoch;
  if (said < 0 || said > most) return std::nullopt;
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  return std::chrono::seconds(said) - std::chrono::duration_cast<std::chrono::seconds>(now);
}

uint16_t port_of(const char* text) {
  uint16_t port = 0;
  if (text != nullptr) std::from_chars(text, text + strlen(text), port);
  return port;
}

std::string unbracketed(std::string host) {
  if (host.size() > 1 && host.front() == '[' && host.back() == ']')
    return host.substr(1, host.size() - 2);
  return host;
}

const char* first_protocol(const Registration::Options& options) {
  if (options.endpoint->tls() != nullptr) return "tls";
  return options.transport == model::SipTransport::tcp ? "tcp" : "udp";
}

}  // namespace

std::vector<ChallengeHeader> challenges_of(const sip_t& sip) {
  std::vector<ChallengeHeader> all;
  collect(sip.sip_www_authenticate, ChallengeKind::server, all);
  collect(sip.sip_proxy_authenticate, ChallengeKind::proxy, all);
  return all;
}

Registration::Registration(Options options, std::shared_ptr<DigestClient> digest)
    : options_(std::move(options)),
      digest_(std::move(digest)),
      call_id_(base::random_token(24)),
      tag_(base::random_token(12)),
      cseq_(base::random_u32() >> 8),
      protocol_(first_protocol(options_)),
      ip_(options_.endpoint->options().bind_address),
      port_(options_.endpoint->port()),
      moves_(options_.endpoint->moves()) {}

std::string Registration::contact(bool secure) const {
  const std::string place = options_.token + "@" + bracketed(ip_) + ":" + std::to_string(port_);
  if (secure) return "<sips:" + place + ">";
  return "<sip:" + place + (protocol_ == "udp" ? "" : ";transport=" + protocol_) + ">";
}

// One address is left for another: until a server tells how it sees us, it is ours.
void Registration::follow_endpoint() {
  if (std::exchange(moves_, options_.endpoint->moves()) == options_.endpoint->moves()) return;
  // What was left before that has not been taken back yet.
  if (options_.old_contact.empty()) options_.old_contact = contact();
  ip_ = options_.endpoint->options().bind_address;
  port_ = options_.endpoint->port();
}

void Registration::send(std::chrono::seconds expiry, Done done) {
  done_ = std::move(done);
  follow_endpoint();
  // A request without an answer would hold the next one up.
  if (under_way_) handle_.reset();
  expiry_ = expiry;
  attempt_ = {RequestPath::registrar, RequestStage::fresh};
  lengthened_ = corrected_ = false;
  under_way_ = true;
  if (handle_ || make_handle()) return transmit();
  failure_ = options_.endpoint->thread().after(std::chrono::milliseconds(1), [this] {
    RegisterAnswer answer;
    answer.status = 900;
    finish(std::move(answer));
  });
}

bool Registration::make_handle() {
  const std::string who = "<" + options_.target.address + ">";
  handle_ = SipHandle(nua_handle(options_.endpoint->nua(), magic(),
                                 SIPTAG_FROM_STR((who + ";tag=" + tag_).c_str()),
                                 SIPTAG_TO_STR(who.c_str()), TAG_END()));
  return static_cast<bool>(handle_);
}

void Registration::transmit() {
  const RegistrarTarget& target = options_.target;
  sent_contact_ = contact();
  std::string contacts = sent_contact_;
  if (!options_.old_contact.empty() && options_.old_contact != sent_contact_)
    contacts += ", " + options_.old_contact + ";expires=0";
  const std::string cseq = std::to_string(++cseq_) + " REGISTER";
  const std::string expires = std::to_string(expiry_.count());
  // With a proxy the way is told to it in Route; else the request just goes there.
  const std::string proxy = hop_uri(target.first, options_.transport);
  std::string route;
  if (target.via_proxy) route = hop_route(target.first, options_.transport);
  if (!target.server_route.empty()) route += ", " + target.server_route;
  std::string own, proxys;
  for (const Credentials& each : digest_->credentials(attempt_, "REGISTER", target.request_uri))
    (each.kind == ChallengeKind::proxy ? proxys : own) = each.value;
  nua_method(
      handle_.get(), NUTAG_METHOD("REGISTER"), NUTAG_DIALOG(0),
      NUTAG_URL(target.request_uri.c_str()), TAG_IF(route.empty(), NUTAG_PROXY(proxy.c_str())),
      TAG_IF(!route.empty(), NUTAG_INITIAL_ROUTE_STR(route.c_str())),
      SIPTAG_CALL_ID_STR(call_id_.c_str()), SIPTAG_CSEQ_STR(cseq.c_str()),
      SIPTAG_CONTACT_STR(contacts.c_str()), SIPTAG_EXPIRES_STR(expires.c_str()),
      SIPTAG_SUPPORTED_STR("path"), TAG_IF(!own.empty(), SIPTAG_AUTHORIZATION_STR(own.c_str())),
      TAG_IF(!proxys.empty(), SIPTAG_PROXY_AUTHORIZATION_STR(proxys.c_str())), TAG_END());
}

void Registration::on_event(SipEndpoint& endpoint, const SipEvent& event) {
  if (event.event != nua_r_method || event.status < 200 || !under_way_) return;
  RegisterAnswer answer;
  answer.status = event.status;
  answer.phrase = clean(event.phrase);
  answer.protocol = protocol_;
  // The stack answers itself where nothing else does, most times with a message.
  if (event.sip == nullptr || nta_sip_is_internal(event.sip) != 0) return finish(std::move(answer));
  answer.by_server = true;
  answer.source = endpoint.source();
  answer.words = words_of(*event.sip);
  learn_contact(*event.sip);
  answer.protocol = protocol_;
  if (event.sip->sip_retry_after != nullptr)
    answer.retry_after =
        std::chrono::seconds(std::min<unsigned long>(event.sip->sip_retry_after->af_delta, 3'600));
  if (event.status >= 300) {
    if (!try_again(event, answer)) finish(std::move(answer));
    return;
  }
  digest_->accepted(attempt_);
  attempt_ = {RequestPath::registrar, RequestStage::fresh};
  answer.granted = granted(*event.sip);
  answer.clock_ahead = clock_ahead(*event.sip);
  answer.service_route = uris_of(event.sip->sip_service_route);
  options_.old_contact.clear();
  if (expiry_.count() > 0 && contact() != sent_contact_ && !std::exchange(corrected_, true)) {
    options_.old_contact = sent_contact_;
    return transmit();
  }
  finish(std::move(answer));
}

// The top Via says from where the server got the request (RFC 3581). A Contact of that
// address crosses a NAT, and over TCP and TLS it lets the server find the connection
// that is open.
void Registration::learn_contact(const sip_t& sip) {
  const sip_via_t* via = sip.sip_via;
  if (via == nullptr || via->v_protocol == nullptr || via->v_host == nullptr) return;
  const char* protocol = strrchr(via->v_protocol, '/');
  for (const char* known : {"udp", "tcp", "tls"})
    if (protocol != nullptr && strcasecmp(protocol + 1, known) == 0) protocol_ = known;
  const std::string ip = unbracketed(via->v_received != nullptr ? via->v_received : via->v_host);
  const uint16_t port = port_of(via->v_rport);
  if (port == 0 || !is_ip_literal(ip)) return;
  ip_ = ip;
  port_ = port;
}

// What is cured by sending the request once more.
bool Registration::try_again(const SipEvent& event, RegisterAnswer& answer) {
  const sip_t& sip = *event.sip;
  if (event.status == 401 || event.status == 407) return answer_challenge(sip, answer);
  if (event.status == 423 && sip.sip_min_expires != nullptr && expiry_.count() > 0) {
    const std::chrono::seconds wanted(sip.sip_min_expires->me_delta);
    if (wanted <= expiry_ || wanted > longest_expiry || std::exchange(lengthened_, true))
      return false;
    expiry_ = wanted;
    attempt_ = {RequestPath::registrar, RequestStage::fresh};
    transmit();
    return true;
  }
  if (event.status < 400 && sip.sip_contact != nullptr)
    answer.moved_to = text_of_url(sip.sip_contact->m_url);
  return false;
}

bool Registration::answer_challenge(const sip_t& sip, RegisterAnswer& answer) {
  answer.digest = digest_->challenged(attempt_, challenges_of(sip));
  if (answer.digest != DigestVerdict::answer) return false;
  transmit();
  return true;
}

std::chrono::seconds Registration::granted(const sip_t& sip) const {
  std::chrono::seconds granted = expiry_;
  if (sip.sip_expires != nullptr) granted = std::chrono::seconds(sip.sip_expires->ex_delta);
  for (const sip_contact_t* each = sip.sip_contact; each != nullptr; each = each->m_next) {
    const url_t* url = each->m_url;
    if (url->url_user == nullptr || options_.token != url->url_user || each->m_expires == nullptr)
      continue;
    const bool this_one = url->url_host != nullptr && unbracketed(url->url_host) == ip_ &&
                          port_of(url->url_port) == port_;
    unsigned seconds = 0;
    std::from_chars(each->m_expires, each->m_expires + strlen(each->m_expires), seconds);
    granted = std::chrono::seconds(seconds);
    if (this_one) break;
  }
  return std::clamp(granted, std::chrono::seconds(1), longest_expiry);
}

void Registration::finish(RegisterAnswer answer) {
  if (!std::exchange(under_way_, false)) return;
  const Done done = std::exchange(done_, nullptr);
  done(answer);
}

}  // namespace commd::sip
