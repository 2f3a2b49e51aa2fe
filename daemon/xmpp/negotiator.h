// The login of an account at its server, whichever way that goes: bytes and facts in, actions
// out; no socket, no clock. One thread at a time.
#pragma once

#include <memory>
#include <string_view>
#include <vector>

#include "daemon/xmpp/login_action.h"
#include "daemon/xmpp/xml_reader.h"

namespace commd::xmpp {

class Negotiator {
 public:
  virtual ~Negotiator() = default;

  // The connection is there; with TlsMode::direct, so is TLS (tls_up follows at once).
  virtual void start() = 0;
  virtual void received(std::string_view bytes) = 0;
  virtual void tls_up(TlsFacts facts) = 0;
  virtual void keys_derived(ScramKeys keys) = 0;
  // The peer closed, or the owner's deadline passed.
  virtual void closed() = 0;
  virtual void timed_out() = 0;

  // What the input before led to; to be taken after each.
  virtual std::vector<LoginAction> take_actions() = 0;
  // Over, for good or ill.
  virtual bool finished() const = 0;
  // After Ready.
  virtual std::unique_ptr<XmlReader> take_reader() = 0;
};

}  // namespace commd::xmpp
