#include "media/engine/dtls_callers.h"

#include <algorithm>
#include <utility>

#include "media/dtls/hello.h"

namespace commd::engine {

using dtls::DtlsAssociation;
using dtls::DtlsState;

namespace {

void send_all(DtlsAssociation& association, const SocketAddress& target, HandshakeSink& sink) {
  while (const auto datagram = association.take_datagram())
    sink.send_handshake_to(*datagram, target);
}

}  // namespace

void DtlsCallers::clear() {
  for (const Caller& caller : callers_) refused_ += caller.datagrams;
  callers_.clear();
  left_ = most_ever;
}

bool DtlsCallers::knows(const SocketAddress& source) const {
  return std::any_of(callers_.begin(), callers_.end(),
                     [&](const Caller& caller) { return caller.source == source; });
}

DtlsCallers::Caller* DtlsCallers::find(const SocketAddress& source) {
  const auto found = std::find_if(callers_.begin(), callers_.end(),
                                  [&](const Caller& caller) { return caller.source == source; });
  return found == callers_.end() ? nullptr : &*found;
}

DtlsCallers::Caller* DtlsCallers::add(const SocketAddress& source, base::MonoTime now,
                                      const dtls::DtlsIdentity& identity,
                                      const dtls::Fingerprint& expected) {
  if (callers_.size() >= most || left_ == 0) return nullptr;
  dtls::DtlsOptions options;
  options.role = dtls::DtlsRole::passive;
  options.patience = patience;
  auto association = DtlsAssociation::create(identity, std::move(options));
  if (!association) return nullptr;
  --left_;
  association->expect({expected}, now);
  association->start(now);
  callers_.push_back({source, std::move(*association)});
  return &callers_.back();
}

std::optional<DtlsAssociation> DtlsCallers::receive(std::span<const uint8_t> datagram,
                                                    const SocketAddress& source, base::MonoTime now,
                                                    const dtls::DtlsIdentity& identity,
                                                    const dtls::Fingerprint& expected,
                                                    HandshakeSink& sink) {
  Caller* caller = find(source);
  if (caller == nullptr && dtls::glance(datagram).random)
    caller = add(source, now, identity, expected);
  if (caller == nullptr) {
    ++refused_;
    return std::nullopt;
  }
  ++caller->datagrams;
  caller->association.receive(datagram, now);
  send_all(caller->association, source, sink);
  if (caller->association.state() != DtlsState::connected) {
    drop_failed();
    return std::nullopt;
  }
  caller->datagrams = 0;
  std::optional<DtlsAssociation> proven = std::move(caller->association);
  clear();
  return proven;
}

void DtlsCallers::tick(base::MonoTime now, HandshakeSink& sink) {
  for (Caller& caller : callers_) {
    const auto due = caller.association.deadline();
    if (!due || *due > now) continue;
    caller.association.tick(now);
    send_all(caller.association, caller.source, sink);
  }
  drop_failed();
}

void DtlsCallers::drop_failed() {
  std::erase_if(callers_, [this](const Caller& caller) {
    const DtlsState state = caller.association.state();
    if (state == DtlsState::connecting) return false;
    refused_ += caller.datagrams;
    return true;
  });
}

}  // namespace commd::engine
