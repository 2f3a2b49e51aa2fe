// The login of a component at its server (XEP-0114 1.6). Pure; one thread at a time; what
// comes in is hostile. There is no TLS in it: the owner lets it run over loopback, or over
// TLS of its own, only.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "daemon/base/secret.h"
#include "daemon/xmpp/jid.h"
#include "daemon/xmpp/stream_negotiator.h"
#include "daemon/xmpp/xml_reader.h"

namespace commd::xmpp {

struct ComponentReady {};
using ComponentAction = std::variant<SendBytes, ComponentReady, Failed>;

class ComponentNegotiator {
 public:
  // `address`: the component's, a domain alone.
  ComponentNegotiator(Jid address, base::Secret secret, const XmlLimits& limits = {});

  void start();
  void received(std::string_view bytes);
  void closed();
  void timed_out();

  std::vector<ComponentAction> take_actions() { return std::exchange(actions_, {}); }
  bool finished() const { return stage_ == Stage::finished; }
  std::unique_ptr<XmlReader> take_reader() { return std::move(reader_); }

 private:
  enum class Stage { idle, header, handshake, finished };

  void handle(XmlEvent event);
  void stream_opened(const StreamOpen& open);
  void stanza(const Stanza& stanza);
  void fail(base::Error error, Retry retry, std::string_view condition = {});

  Jid address_;
  base::Secret secret_;
  std::unique_ptr<XmlReader> reader_;
  std::vector<ComponentAction> actions_;
  Stage stage_ = Stage::idle;
};

}  // namespace commd::xmpp
