#include "media/dtls/dtls_association.h"

#include <utility>

#include "media/dtls/dtls_machine.h"
#include "media/dtls/srtp_export.h"

namespace commd::dtls {

namespace {

constexpr size_t smallest_mtu = 296;
constexpr size_t largest_mtu = 16384;

}  // namespace

const char* to_string(DtlsState state) {
  switch (state) {
    case DtlsState::idle:
      return "idle";
    case DtlsState::connecting:
      return "connecting";
    case DtlsState::connected:
      return "connected";
    case DtlsState::failed:
      return "failed";
    case DtlsState::closed:
      return "closed";
  }
  return "";
}

base::Result<DtlsAssociation> DtlsAssociation::create(const DtlsIdentity& identity,
                                                      DtlsOptions options) {
  std::string names = profile_list(options.profiles);
  if (names.empty() || options.mtu < smallest_mtu || options.mtu > largest_mtu ||
      options.patience <= options.patience.zero()) {
    return base::fail(base::Code::invalid_argument, "DTLS_OPTIONS_INVALID",
                      "DTLS needs SRTP profiles that it has numbers for, an MTU of 296 to 16384 "
                      "octets and some time");
  }
  auto machine = std::make_unique<Machine>(identity, std::move(options), std::move(names));
  if (!machine->prepare()) {
    return base::fail(base::Code::internal, "DTLS_SETUP_FAILED",
                      "OpenSSL: making a DTLS association failed");
  }
  return DtlsAssociation(std::move(machine));
}

DtlsAssociation::DtlsAssociation(std::unique_ptr<Machine> machine) : machine_(std::move(machine)) {}
DtlsAssociation::DtlsAssociation(DtlsAssociation&&) noexcept = default;
DtlsAssociation& DtlsAssociation::operator=(DtlsAssociation&&) noexcept = default;
DtlsAssociation::~DtlsAssociation() = default;

void DtlsAssociation::expect(std::vector<Fingerprint> fingerprints, base::MonoTime now) {
  machine_->expect(std::move(fingerprints), now);
}

void DtlsAssociation::start(base::MonoTime now) { machine_->start(now); }

void DtlsAssociation::receive(std::span<const uint8_t> datagram, base::MonoTime now) {
  machine_->receive(datagram, now);
}

void DtlsAssociation::tick(base::MonoTime now) { machine_->tick(now); }

void DtlsAssociation::wait_longer(base::MonoTime now) { machine_->wait_longer(now); }

std::optional<base::MonoTime> DtlsAssociation::deadline() const { return machine_->deadline(); }

std::optional<std::vector<uint8_t>> DtlsAssociation::take_datagram() {
  return machine_->take_datagram();
}

void DtlsAssociation::close() { machine_->close(); }

DtlsState DtlsAssociation::state() const { return machine_->state; }

const base::Error& DtlsAssociation::error() const { return machine_->error; }

const std::optional<SrtpKeys>& DtlsAssociation::keys() const { return machine_->keys; }

std::optional<srtp::SrtpProfile> DtlsAssociation::profile() const {
  if (!machine_->keys) return std::nullopt;
  return machine_->keys->outbound.profile();
}

std::optional<Fingerprint> DtlsAssociation::peer_fingerprint() const { return machine_->peer; }

size_t DtlsAssociation::ignored() const { return machine_->ignored; }

size_t DtlsAssociation::restarts() const { return machine_->restarts; }

}  // namespace commd::dtls
