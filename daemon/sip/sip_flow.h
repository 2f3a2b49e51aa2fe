// The way a registration took (RFC 5626 calls it a flow): for TCP and TLS the very
// connection, for UDP the pair of ports that a NAT on the way keeps open. Sends
// keep-alives on it and tells when the connection is lost.
//
// SIP thread only. Must go before its endpoint.
#pragma once

#include <sofia-sip/tport.h>

#include <functional>
#include <memory>
#include <string>

#include "daemon/sip/sip_endpoint.h"

namespace commd::sip {

struct FlowName {
  std::string protocol;  // "udp", "tcp", "tls"
  std::string name;      // TLS: what the certificate was checked for
  std::string ip;        // of the server; literal
  uint16_t port = 0;

  friend bool operator==(const FlowName&, const FlowName&) = default;
};

class SipFlow {
 public:
  // Takes hold of the connection there is, and sends a first keep-alive on it.
  // `lost` is called once, from the loop, when it is closed by anybody but us.
  static std::unique_ptr<SipFlow> take(SipEndpoint& endpoint, const FlowName& name,
                                       std::function<void()> lost);
  ~SipFlow();
  SipFlow(const SipFlow&) = delete;
  SipFlow& operator=(const SipFlow&) = delete;

  const FlowName& name() const { return name_; }
  bool open() const { return name_.protocol == "udp" || connection_ != nullptr; }
  // Two line ends, which every server ignores or answers with one (RFC 5626 section
  // 3.5.1).
  void keep_alive();
  // Closes a connection that no longer answers, so that the next request makes a new
  // one. Nothing for UDP.
  void abandon();

 private:
  SipFlow(SipEndpoint& endpoint, FlowName name);
  tport_t* send_blank_lines();
  void hold(tport_t* connection);
  void release();
  static void on_closed(tp_stack_t*, tp_client_t* self, tport_t* connection, msg_t*,
                        int error) noexcept;

  SipEndpoint& endpoint_;
  const FlowName name_;
  std::string port_text_;
  std::function<void()> lost_;
  tport_t* connection_ = nullptr;  // referenced; null for UDP
  int pending_ = 0;
  // Outlived by what was posted.
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

}  // namespace commd::sip
