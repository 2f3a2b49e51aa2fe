#include "tests/support/dns_peer.h"

#include <arpa/inet.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>

#include <algorithm>
#include <cctype>
#include <stdexcept>
#include <utility>

namespace commd::test {
namespace {

constexpr int kTypeA = 1;
constexpr int kTypeCname = 5;
constexpr int kTypeTxt = 16;
constexpr int kTypeAaaa = 28;
constexpr int kTypeSrv = 33;
constexpr size_t kUdpSize = 1232;
const std::string kAsked = "\xc0\x0c";  // a pointer to the name in the question

std::string number32(uint32_t value) {
  return DnsPeer::number16(value >> 16) + DnsPeer::number16(value & 0xffff);
}

std::string address_bytes(int family, const std::string& text) {
  char bytes[16] = {};
  inet_pton(family, text.c_str(), bytes);
  return {bytes, family == AF_INET ? size_t{4} : size_t{16}};
}

sockaddr_in loopback(uint16_t port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(port);
  return address;
}

}  // namespace

std::string DnsPeer::number16(unsigned value) {
  return {static_cast<char>(value >> 8), static_cast<char>(value & 0xff)};
}

std::string DnsPeer::labels(const std::string& name) {
  std::string out;
  for (size_t at = 0; at < name.size();) {
    const size_t dot = std::min(name.find('.', at), name.size());
    out += static_cast<char>(dot - at);
    out += name.substr(at, dot - at);
    at = dot + 1;
  }
  return out + '\0';
}

std::string DnsPeer::record(const std::string& wire_name, int type, uint32_t ttl,
                            const std::string& data) {
  return wire_name + number16(type) + number16(1) + number32(ttl) + number16(data.size()) + data;
}

std::string DnsPeer::begin_answer(const Question& query, int answers, int rcode) {
  size_t end = 12;
  while (end < query.raw.size() && query.raw[end] != 0)
    end += 1 + static_cast<unsigned char>(query.raw[end]);
  return query.raw.substr(0, 2) + "\x84" + static_cast<char>(rcode) + number16(1) +
         number16(answers) + number16(0) + number16(0) + query.raw.substr(12, end + 5 - 12);
}

DnsPeer::DnsPeer(Zone zone)
    : zone_(std::move(zone)),
      socket_(socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0)),
      listener_(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)),
      stop_(eventfd(0, EFD_CLOEXEC)) {
  // The kernel chooses a port for UDP; the same must be free for TCP.
  for (int attempt = 0; attempt < 50 && port_ == 0; ++attempt) {
    if (attempt > 0) socket_.reset(socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
    sockaddr_in address = loopback(0);
    socklen_t length = sizeof address;
    bind(socket_.get(), reinterpret_cast<sockaddr*>(&address), length);
    getsockname(socket_.get(), reinterpret_cast<sockaddr*>(&address), &length);
    if (bind(listener_.get(), reinterpret_cast<sockaddr*>(&address), length) == 0)
      port_ = ntohs(address.sin_port);
  }
  if (port_ == 0 || listen(listener_.get(), 16) != 0) throw std::runtime_error("no port for DNS");
  thread_ = std::thread([this] { serve(); });
}

DnsPeer::~DnsPeer() {
  eventfd_write(stop_.get(), 1);
  thread_.join();
}

std::vector<DnsPeer::Question> DnsPeer::questions() const {
  const std::lock_guard lock(mutex_);
  return questions_;
}

size_t DnsPeer::asked(const std::string& name) const {
  const std::lock_guard lock(mutex_);
  return std::count_if(questions_.begin(), questions_.end(),
                       [&](const Question& each) { return each.name == name; });
}

void DnsPeer::serve() {
  pollfd waits[] = {
      {stop_.get(), POLLIN, 0}, {socket_.get(), POLLIN, 0}, {listener_.get(), POLLIN, 0}};
  for (;;) {
    poll(waits, std::size(waits), -1);
    if (waits[0].revents != 0) return;
    if (waits[1].revents != 0) serve_datagram();
    if (waits[2].revents != 0) serve_stream();
  }
}

void DnsPeer::serve_datagram() {
  char buffer[1500];
  sockaddr_in from{};
  socklen_t length = sizeof from;
  const ssize_t size = recvfrom(socket_.get(), buffer, sizeof buffer, MSG_DONTWAIT,
                                reinterpret_cast<sockaddr*>(&from), &length);
  if (size <= 0) return;
  const std::string reply = answer({buffer, static_cast<size_t>(size)}, false);
  if (!reply.empty())
    sendto(socket_.get(), reply.data(), reply.size(), 0, reinterpret_cast<sockaddr*>(&from),
           length);
}

// One question a connection.
void DnsPeer::serve_stream() {
  const base::UniqueFd peer(accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC));
  const timeval patience{5, 0};
  setsockopt(peer.get(), SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  unsigned char head[2];
  if (recv(peer.get(), head, sizeof head, MSG_WAITALL) != sizeof head) return;
  std::string query(head[0] << 8 | head[1], '\0');
  if (recv(peer.get(), query.data(), query.size(), MSG_WAITALL) !=
      static_cast<ssize_t>(query.size()))
    return;
  const std::string reply = answer(query, true);
  const std::string framed = number16(reply.size()) + reply;
  send(peer.get(), framed.data(), framed.size(), MSG_NOSIGNAL);
}

bool DnsPeer::knows(const std::string& name) const {
  return zone_.addresses.contains(name) || zone_.addresses6.contains(name) ||
         zone_.services.contains(name) || zone_.texts.contains(name) ||
         zone_.aliases.contains(name);
}

std::string DnsPeer::records_for(const std::string& name, int type, int& count) const {
  std::string records;
  const auto add = [&](int record_type, const std::string& data) {
    ++count;
    records += record(kAsked, record_type, zone_.ttl, data);
  };
  if (const auto alias = zone_.aliases.find(name); alias != zone_.aliases.end()) {
    add(kTypeCname, labels(alias->second));
    const auto target = zone_.addresses.find(alias->second);
    if (type == kTypeA && target != zone_.addresses.end()) {
      ++count;
      records +=
          record(labels(alias->second), kTypeA, zone_.ttl, address_bytes(AF_INET, target->second));
    }
    return records;
  }
  if (const auto at = zone_.addresses.find(name); type == kTypeA && at != zone_.addresses.end())
    add(type, address_bytes(AF_INET, at->second));
  if (const auto at = zone_.addresses6.find(name);
      type == kTypeAaaa && at != zone_.addresses6.end())
    add(type, address_bytes(AF_INET6, at->second));
  if (const auto at = zone_.texts.find(name); type == kTypeTxt && at != zone_.texts.end())
    add(type, static_cast<char>(at->second.size()) + at->second);
  if (const auto at = zone_.services.find(name); type == kTypeSrv && at != zone_.services.end())
    for (const Service& service : at->second)
      add(type, number16(service.priority < 0 ? count + 1 : service.priority) +
                    number16(service.weight) + number16(service.port) + labels(service.host));
  return records;
}

std::string DnsPeer::answer(const std::string& query, bool tcp) {
  Question question;
  question.raw = query;
  question.tcp = tcp;
  size_t at = 12;
  while (at < query.size() && query[at] != 0) {
    const auto size = static_cast<unsigned char>(query[at]);
    question.name += (question.name.empty() ? "" : ".") + query.substr(at + 1, size);
    at += 1 + size;
  }
  for (char& c : question.name) c = static_cast<char>(tolower(c));
  question.type = static_cast<unsigned char>(query.at(at + 2));
  {
    const std::lock_guard lock(mutex_);
    questions_.push_back(question);
  }
  if (zone_.hook)
    if (auto made_up = zone_.hook(question)) return *made_up;
  if (const auto error = zone_.errors.find(question.name); error != zone_.errors.end())
    return begin_answer(question, 0, error->second);
  int count = 0;
  const std::string records = records_for(question.name, question.type, count);
  std::string reply = begin_answer(question, count, knows(question.name) ? 0 : 3) + records;
  if (!tcp && reply.size() > kUdpSize) {
    reply = begin_answer(question, 0);
    reply[2] = static_cast<char>(reply[2] | 0x02);  // TC: ask by TCP
  }
  return reply;
}

}  // namespace commd::test
