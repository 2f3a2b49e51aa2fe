#include "daemon/sip/sip_flow.h"

#include <sofia-sip/sip.h>
#include <sofia-sip/sip_header.h>
#include <sofia-sip/tport_tag.h>

#include <utility>

namespace commd::sip {

SipFlow::SipFlow(SipEndpoint& endpoint, FlowName name)
    : endpoint_(endpoint), name_(std::move(name)), port_text_(std::to_string(name_.port)) {
  endpoint_.add_flow(*this);
}

std::unique_ptr<SipFlow> SipFlow::take(SipEndpoint& endpoint, const FlowName& name,
                                       std::function<void()> lost) {
  std::unique_ptr<SipFlow> flow(new SipFlow(endpoint, name));
  flow->lost_ = std::move(lost);
  flow->hold(flow->send_blank_lines());
  return flow;
}

SipFlow::~SipFlow() {
  *alive_ = false;
  release();
  endpoint_.remove_flow(*this);
}

void SipFlow::keep_alive() { send_blank_lines(); }

// A message whose chain of fields is a body and nothing else: what the library then
// writes is that body. It goes the way a request to that address would go, so that it
// finds the connection that is open for that name.
tport_t* SipFlow::send_blank_lines() {
  msg_t* message = msg_create(sip_default_mclass(), 0);
  if (message == nullptr) return nullptr;
  auto* blank = reinterpret_cast<msg_header_t*>(sip_payload_make(msg_home(message), "\r\n\r\n"));
  *msg_chain_head(message) = blank;
  blank->sh_prev = msg_chain_head(message);
  tp_name_t to{};
  to.tpn_proto = name_.protocol.c_str();
  to.tpn_canon = name_.name.c_str();
  to.tpn_host = name_.ip.c_str();
  to.tpn_port = port_text_.c_str();
  tport_t* by = connection_;
  if (by == nullptr) by = tport_primary_by_name(endpoint_.transports(), &to);
  tport_t* used = by == nullptr ? nullptr : tport_tsend(by, message, &to, TAG_END());
  msg_destroy(message);
  return used;
}

void SipFlow::hold(tport_t* connection) {
  if (connection == nullptr || !tport_is_secondary(connection)) return;
  connection_ = tport_ref(connection);
  // A far end that closes its half is gone, too.
  tport_set_params(connection, TPTAG_SDWN_ERROR(1), TAG_END());
  pending_ =
      tport_pend(connection, nullptr, &SipFlow::on_closed, reinterpret_cast<tp_client_t*>(this));
}

void SipFlow::release() {
  if (connection_ == nullptr) return;
  if (pending_ > 0)
    tport_release(connection_, std::exchange(pending_, 0), nullptr, nullptr,
                  reinterpret_cast<tp_client_t*>(this), 0);
  tport_unref(std::exchange(connection_, nullptr));
}

void SipFlow::abandon() {
  tport_t* connection = connection_ == nullptr ? nullptr : tport_ref(connection_);
  release();
  if (connection == nullptr) return;
  tport_shutdown(connection, 2);
  tport_unref(connection);
}

void SipFlow::on_closed(tp_stack_t*, tp_client_t* client, tport_t*, msg_t*, int) noexcept {
  auto* self = reinterpret_cast<SipFlow*>(client);
  self->release();
  self->endpoint_.thread().post([self, alive = self->alive_] {
    if (*alive && self->lost_) self->lost_();
  });
}

}  // namespace commd::sip
