// What ZRTP costs: handshakes of two associations, by key agreement; prints one JSON object for
// each, with the processor time of one end.
//
//   bench_zrtp [HANDSHAKES]
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <ctime>

#include "media/zrtp/zrtp_association.h"

namespace commd::zrtp {
namespace {

double cpu_ms() { return 1e3 * static_cast<double>(std::clock()) / CLOCKS_PER_SEC; }

// The datagrams that it took.
int handshake(const Zid& first, const Zid& second, const Offered& offered) {
  const OwnHello mine(first, offered);
  const OwnHello theirs(second, offered);
  ZrtpOptions patient;
  patient.manner = ZrtpOptions::Manner::patient;
  ZrtpAssociation one(mine, *read_signalled_hash(theirs.signalled()), {});
  ZrtpAssociation two(theirs, *read_signalled_hash(mine.signalled()), patient);
  const base::MonoTime now{std::chrono::hours(1)};
  one.start(now);
  two.start(now);
  int datagrams = 0;
  for (bool busy = true; busy;) {
    busy = false;
    const auto carry = [&](ZrtpAssociation& from, ZrtpAssociation& to) {
      while (const auto datagram = from.take_datagram()) {
        busy = true;
        ++datagrams;
        to.receive(*datagram, now);
      }
    };
    carry(one, two);
    carry(two, one);
  }
  if (!one.keys() || !two.keys()) std::abort();
  return datagrams;
}

void measure(KeyAgreement agreement, int rounds) {
  const Offered offered{{Cipher::aes3}, {AuthTag::hs80}, {agreement}};
  const Zid first = random_zid();
  const Zid second = random_zid();
  handshake(first, second, offered);
  int datagrams = 0;
  const double begin = cpu_ms();
  for (int i = 0; i < rounds; ++i) datagrams += handshake(first, second, offered);
  const std::string name(wire_name(agreement));
  std::printf("{\"agreement\":\"%s\",\"cpu_ms_per_end\":%.4f,\"datagrams\":%.1f}\n", name.c_str(),
              (cpu_ms() - begin) / rounds / 2, static_cast<double>(datagrams) / rounds);
}

}  // namespace
}  // namespace commd::zrtp

int main(int count, char** arguments) {
  using namespace commd::zrtp;
  const int rounds = count > 1 ? std::max(1, std::atoi(arguments[1])) : 200;
  for (const KeyAgreement agreement :
       {KeyAgreement::x25519, KeyAgreement::x448, KeyAgreement::dh3k})
    measure(agreement, rounds);
  return 0;
}
