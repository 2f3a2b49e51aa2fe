#include "media/zrtp/zrtp_association.h"

#include <utility>

#include "media/zrtp/zrtp_machine.h"

namespace commd::zrtp {

const char* to_string(ZrtpState state) {
  switch (state) {
    case ZrtpState::idle:
      return "idle";
    case ZrtpState::looking:
      return "looking";
    case ZrtpState::agreeing:
      return "agreeing";
    case ZrtpState::secured:
      return "secured";
    case ZrtpState::failed:
      return "failed";
  }
  return "";
}

ZrtpAssociation::ZrtpAssociation(OwnHello own, const HashImage& peer_hello, ZrtpOptions options)
    : machine_(std::make_unique<Machine>(std::move(own), peer_hello, std::move(options))) {}
ZrtpAssociation::ZrtpAssociation(ZrtpAssociation&&) noexcept = default;
ZrtpAssociation& ZrtpAssociation::operator=(ZrtpAssociation&&) noexcept = default;
ZrtpAssociation::~ZrtpAssociation() = default;

void ZrtpAssociation::start(base::MonoTime now) { machine_->start(now); }

void ZrtpAssociation::receive(View datagram, base::MonoTime now) {
  machine_->receive(datagram, now);
}

bool ZrtpAssociation::is_announced(View datagram) const { return machine_->is_announced(datagram); }

void ZrtpAssociation::tick(base::MonoTime now) { machine_->tick(now); }

void ZrtpAssociation::wait_longer(base::MonoTime now) { machine_->wait_longer(now); }

std::optional<base::MonoTime> ZrtpAssociation::deadline() const { return machine_->deadline(); }

std::optional<Bytes> ZrtpAssociation::take_datagram() { return machine_->take_datagram(); }

ZrtpState ZrtpAssociation::state() const { return machine_->state; }

const base::Error& ZrtpAssociation::error() const { return machine_->error; }

const std::optional<SrtpKeys>& ZrtpAssociation::keys() const { return machine_->keys; }

const std::optional<Outcome>& ZrtpAssociation::outcome() const { return machine_->outcome; }

size_t ZrtpAssociation::ignored() const { return machine_->ignored; }

}  // namespace commd::zrtp
