#include "tests/unit/sip/dns_peer.h"

#include <arpa/inet.h>
#include <sys/socket.h>

#include <cctype>
#include <utility>

namespace commd::sip::test {
namespace {

constexpr int kTypeA = 1;
constexpr int kTypeSrv = 33;

std::string number16(unsigned value) {
  return {static_cast<char>(value >> 8), static_cast<char>(value & 0xff)};
}

std::string labels(const std::string& name) {
  std::string out;
  for (size_t at = 0; at < name.size();) {
    const size_t dot = std::min(name.find('.', at), name.size());
    out += static_cast<char>(dot - at);
    out += name.substr(at, dot - at);
    at = dot + 1;
  }
  return out + '\0';
}

std::string record(int type, const std::string& data) {
  // A pointer to the name in the question, class IN, 60 s.
  return "\xc0\x0c" + number16(type) + number16(1) + number16(0) + number16(60) +
         number16(data.size()) + data;
}

}  // namespace

DnsPeer::DnsPeer(Zone zone)
    : zone_(std::move(zone)), socket_(socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0)) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t length = sizeof address;
  bind(socket_.get(), reinterpret_cast<sockaddr*>(&address), length);
  getsockname(socket_.get(), reinterpret_cast<sockaddr*>(&address), &length);
  port_ = ntohs(address.sin_port);
  thread_ = std::thread([this] { serve(); });
}

DnsPeer::~DnsPeer() {
  shutdown(socket_.get(), SHUT_RDWR);  // wakes recvfrom()
  thread_.join();
}

void DnsPeer::serve() {
  char buffer[1500];
  sockaddr_in from{};
  for (;;) {
    socklen_t length = sizeof from;
    const ssize_t size = recvfrom(socket_.get(), buffer, sizeof buffer, 0,
                                  reinterpret_cast<sockaddr*>(&from), &length);
    if (size <= 0) return;
    const std::string reply = answer({buffer, static_cast<size_t>(size)});
    sendto(socket_.get(), reply.data(), reply.size(), 0, reinterpret_cast<sockaddr*>(&from),
           length);
  }
}

std::string DnsPeer::answer(const std::string& query) const {
  std::string name;
  size_t at = 12;
  while (at < query.size() && query[at] != 0) {
    const auto size = static_cast<unsigned char>(query[at]);
    name += (name.empty() ? "" : ".") + query.substr(at + 1, size);
    at += 1 + size;
  }
  for (char& c : name) c = static_cast<char>(tolower(c));
  const int type = static_cast<unsigned char>(query[at + 2]);
  const std::string question = query.substr(12, at + 5 - 12);
  std::string records;
  int count = 0;
  const auto address = zone_.addresses.find(name);
  const auto services = zone_.services.find(name);
  if (type == kTypeA && address != zone_.addresses.end()) {
    in_addr bytes{};
    inet_pton(AF_INET, address->second.c_str(), &bytes);
    records = record(kTypeA, {reinterpret_cast<char*>(&bytes), sizeof bytes});
    count = 1;
  } else if (type == kTypeSrv && services != zone_.services.end()) {
    for (const Service& service : services->second) {
      records += record(kTypeSrv, number16(++count) + number16(1) + number16(service.port) +
                                      labels(service.host));
    }
  }
  const bool known = address != zone_.addresses.end() || services != zone_.services.end();
  return query.substr(0, 2) + "\x84" + (known ? '\0' : '\3') + number16(1) + number16(count) +
         number16(0) + number16(0) + question + records;
}

}  // namespace commd::sip::test
