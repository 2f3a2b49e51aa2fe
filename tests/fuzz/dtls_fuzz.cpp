// DTLS: bytes as datagrams into an association of each role, with real messages of a
// handshake between them. Whatever comes, nobody gets keys who has not the right
// certificate, and no datagram is longer than the MTU.
//
// The input is a list of steps: a kind, then for some two octets of length and that
// many octets.
#include <cstdint>
#include <cstdlib>
#include <span>
#include <vector>

#include "media/dtls/dtls_association.h"

namespace {

using namespace commd::dtls;
using Time = commd::base::MonoTime;

constexpr size_t mtu = 1200;

struct Input {
  std::span<const uint8_t> left;

  uint8_t octet() {
    if (left.empty()) return 0;
    const uint8_t first = left[0];
    left = left.subspan(1);
    return first;
  }
  std::vector<uint8_t> bytes() {
    const size_t wanted = static_cast<size_t>(octet()) << 8 | octet();
    const auto taken = left.first(std::min(wanted, left.size()));
    left = left.subspan(taken.size());
    return {taken.begin(), taken.end()};
  }
};

const DtlsIdentity& identity() {
  static const DtlsIdentity one = *DtlsIdentity::generate();
  return one;
}

// What `from` has sent goes to `to`, where the input says so with an octet changed.
void carry(DtlsAssociation& from, DtlsAssociation& to, Input& input, bool touched, Time now) {
  while (auto datagram = from.take_datagram()) {
    if (datagram->empty() || datagram->size() > mtu) abort();
    if (touched) {
      const size_t at = static_cast<size_t>(input.octet()) << 8 | input.octet();
      (*datagram)[at % datagram->size()] ^= input.octet();
    }
    to.receive(*datagram, now);
  }
}

void check(const DtlsAssociation& end) {
  const bool known = end.state() == DtlsState::connected || end.state() == DtlsState::closed;
  if (end.keys() && (!known || end.peer_fingerprint() != identity().fingerprint())) abort();
  if (end.state() == DtlsState::failed && end.error().reason.empty()) abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  Input input{{data, size}};
  Time now{std::chrono::seconds(1000)};
  DtlsAssociation ends[] = {*DtlsAssociation::create(identity(), {.role = DtlsRole::active}),
                            *DtlsAssociation::create(identity(), {.role = DtlsRole::passive})};
  for (DtlsAssociation& end : ends) {
    end.expect({identity().fingerprint()}, now);
    end.start(now);
  }
  for (int steps = 0; steps < 64 && !input.left.empty(); ++steps) {
    const uint8_t kind = input.octet();
    DtlsAssociation& one = ends[kind & 1];
    DtlsAssociation& other = ends[1 - (kind & 1)];
    switch (kind >> 1 & 3) {
      case 0:
        one.receive(input.bytes(), now);
        break;
      case 1:
        carry(one, other, input, false, now);
        break;
      case 2:
        carry(one, other, input, true, now);
        break;
      default:
        now += std::chrono::milliseconds(input.octet() * 10);
        one.tick(now);
        break;
    }
    for (const DtlsAssociation& end : ends) check(end);
  }
  return 0;
}
