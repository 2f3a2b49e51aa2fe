// The login of a component at its server (XEP-0114 1.6). Pure; one thread at a time; what
// comes in is hostile. There is no TLS in it: the owner lets it run over loopback, or over
// TLS of its own, only.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "daemon/base/secret.h"
#include "daemon/xmpp/jid.h"
#include "daemon/xmpp/negotiator.h"
#include "daemon/xmpp/stream_management.h"
#include "daemon/xmpp/xml_reader.h"

namespace commd::xmpp {

class ComponentNegotiator final : public Negotiator {
 public:
  // `address`: the component's, a domain alone. `management` is the account's, and outlives this:
  // there is none on such a stream.
  ComponentNegotiator(Jid address, base::Secret secret, StreamManagement& management,
                      const XmlLimits& limits = {});

  void start() override;
  void received(std::string_view bytes) override;
  void tls_up(TlsFacts) override {}
  void keys_derived(ScramKeys) override {}
  void closed() override;
  void timed_out() override;
  std::vector<LoginAction> take_actions() override { return std::exchange(actions_, {}); }
  bool finished() const override { return stage_ == Stage::finished; }
  std::unique_ptr<XmlReader> take_reader() override { return std::move(reader_); }

 private:
  enum class Stage { idle, header, handshake, finished };

  void handle(XmlEvent event);
  void stream_opened(const StreamOpen& open);
  void stanza(const Stanza& stanza);
  void fail(base::Error error, Retry retry, std::string_view condition = {});

  Jid address_;
  base::Secret secret_;
  StreamManagement& management_;
  std::unique_ptr<XmlReader> reader_;
  std::vector<LoginAction> actions_;
  Stage stage_ = Stage::idle;
};

}  // namespace commd::xmpp
