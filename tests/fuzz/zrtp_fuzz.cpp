// ZRTP: bytes as datagrams and as messages with a right checksum into two ends, with real
// messages of theirs between them, some with an octet changed. Whatever comes, two ends that
// have keys have the same ones and the same words; and what the signalling says is a hash or none.
//
// The input is a list of steps: a kind, then for some two octets of length and that many octets.
#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "media/zrtp/messages.h"
#include "media/zrtp/zrtp_association.h"

namespace {

using namespace commd::zrtp;
using Time = commd::base::MonoTime;

struct Input {
  View left;

  uint8_t octet() {
    if (left.empty()) return 0;
    const uint8_t first = left[0];
    left = left.subspan(1);
    return first;
  }
  Bytes bytes() {
    const size_t wanted = static_cast<size_t>(octet()) << 8 | octet();
    const View taken = left.first(std::min(wanted, left.size()));
    left = left.subspan(taken.size());
    return {taken.begin(), taken.end()};
  }
};

Bytes with_checksum(const Bytes& bytes) {
  if (bytes.size() < packet_header) return bytes;
  return write_packet(1, 1, View(bytes).subspan(packet_header));
}

// What `from` has sent goes to `to`, where the input says so with an octet of the message changed.
void carry(ZrtpAssociation& from, ZrtpAssociation& to, Input& input, bool touched, Time now) {
  while (const auto datagram = from.take_datagram()) {
    const auto packet = read_packet(*datagram);
    if (!packet) abort();
    Bytes message(packet->message.begin(), packet->message.end());
    if (touched) {
      const size_t at = static_cast<size_t>(input.octet()) << 8 | input.octet();
      message[at % message.size()] ^= input.octet();
    }
    to.receive(write_packet(packet->sequence, packet->ssrc, message), now);
  }
}

void read_everything(const Bytes& bytes) {
  if (const auto packet = read_packet(bytes)) {
    if (packet->message.size() % 4 != 0 || wire_name(packet->type).size() != 8) abort();
    if (packet->type == MessageType::hello) read_hello(packet->message);
    if (packet->type == MessageType::commit) read_commit(packet->message);
    for (const auto agreement : {KeyAgreement::x25519, KeyAgreement::x448, KeyAgreement::dh3k})
      if (packet->type == MessageType::dh_part1) read_dh_part(packet->message, agreement);
  }
  read_confirm(bytes);
  read_signalled_hash({reinterpret_cast<const char*>(bytes.data()), bytes.size()});
}

void check(const ZrtpAssociation& one, const ZrtpAssociation& two) {
  for (const ZrtpAssociation* end : {&one, &two}) {
    if (end->keys().has_value() != (end->state() == ZrtpState::secured)) abort();
    if (end->state() == ZrtpState::failed && end->error().reason.empty()) abort();
  }
  if (!one.keys() || !two.keys()) return;
  if (!(one.keys()->outbound == two.keys()->inbound)) abort();
  if (!(one.keys()->inbound == two.keys()->outbound)) abort();
  if (one.outcome()->sas != two.outcome()->sas) abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  Input input{{data, size}};
  const Offered offered{{Cipher::aes3}, {AuthTag::hs80}, {KeyAgreement::x25519}};
  const OwnHello first(random_zid(), offered);
  const OwnHello second(random_zid(), offered);
  ZrtpOptions options;
  options.manner =
      (input.octet() & 1) == 0 ? ZrtpOptions::Manner::patient : ZrtpOptions::Manner::prompt;
  ZrtpAssociation one(first, *read_signalled_hash(second.signalled()), {});
  ZrtpAssociation two(second, *read_signalled_hash(first.signalled()), options);
  Time now{std::chrono::hours(1)};
  one.start(now);
  two.start(now);
  for (int step = 0; step < 64 && !input.left.empty(); ++step) {
    const uint8_t kind = input.octet();
    switch (kind % 8) {
      case 0:
      case 1:
        carry(one, two, input, kind % 8 == 1, now);
        break;
      case 2:
      case 3:
        carry(two, one, input, kind % 8 == 3, now);
        break;
      case 4:
        now += std::chrono::milliseconds(50 * (1 + kind / 8));
        one.tick(now);
        two.tick(now);
        break;
      default: {
        const Bytes bytes = input.bytes();
        read_everything(bytes);
        read_everything(with_checksum(bytes));
        (kind % 8 == 5 ? one : two).receive(kind % 8 == 7 ? bytes : with_checksum(bytes), now);
      }
    }
    check(one, two);
  }
  return 0;
}
