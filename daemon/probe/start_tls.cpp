#include "daemon/probe/start_tls.h"

#include <utility>

namespace commd::probe {
namespace {

constexpr size_t most_bytes = 16 * 1024;
constexpr std::string_view tls_namespace = "urn:ietf:params:xml:ns:xmpp-tls";

}  // namespace

StartTls::StartTls(boost::asio::io_context& context, base::UniqueFd socket,
                   const std::string& domain, Done done)
    : stream_(context, std::move(socket)), done_(std::move(done)) {
  // A domain in A-labels needs no escaping.
  write("<?xml version='1.0'?><stream:stream to='" + domain +
        "' version='1.0' xmlns='jabber:client' "
        "xmlns:stream='http://etherx.jabber.org/streams'>");
  read();
}

void StartTls::write(std::string text) {
  stream_.write(std::move(text), [this](const base::Result<void>& written) {
    if (!written) return finish(base::fail(written.error()));
    greeted_ = true;
  });
}

void StartTls::read() {
  stream_.read([this](const base::Result<std::string_view>& bytes) {
    if (!bytes) return finish(base::fail(bytes.error()));
    take(*bytes);
  });
}

void StartTls::take(std::string_view bytes) {
  heard_ += bytes;
  const auto not_offered = [this](const std::string& what) {
    finish(base::fail(base::Code::unavailable, "STARTTLS_NOT_OFFERED", what));
  };
  if (!greeted_) return not_offered("the server speaks before it is asked");
  if (bytes.empty() || heard_.size() > most_bytes || heard_.find("</stream:stream") != heard_.npos)
    return not_offered("the server ends the stream before TLS");
  if (asked_ && heard_.find("<proceed") != heard_.npos && heard_.ends_with(">"))
    return finish(stream_.release());
  if (asked_ && heard_.find("<failure") != heard_.npos)
    return not_offered("the server refuses STARTTLS");
  if (!asked_ && heard_.find("</stream:features>") != heard_.npos) {
    if (heard_.find(tls_namespace) == heard_.npos) return not_offered("the server offers no TLS");
    asked_ = true;
    heard_.clear();
    write("<starttls xmlns='" + std::string(tls_namespace) + "'/>");
  }
  read();
}

void StartTls::finish(base::Result<base::UniqueFd> result) {
  if (const Done done = std::exchange(done_, nullptr)) done(std::move(result));
}

}  // namespace commd::probe
