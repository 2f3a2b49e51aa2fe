#include "daemon/xmpp/socks5.h"

namespace commd::xmpp {
namespace {

constexpr size_t most_waiting = 1024;
constexpr char version = 5;
constexpr char domain_name = 3;

unsigned byte_at(const std::string& bytes, size_t at) {
  return static_cast<unsigned char>(bytes[at]);
}

// Bytes of a request or a reply; 0: it cannot be told yet, or it is none.
size_t message_size(const std::string& bytes) {
  if (bytes.size() < 5) return 0;
  switch (byte_at(bytes, 3)) {
    case 1:
      return 10;
    case domain_name:
      return 7 + byte_at(bytes, 4);
    case 4:
      return 22;
    default:
      return 0;
  }
}

std::string message(char code, const std::string& address) {
  std::string text{version, code, 0, domain_name, static_cast<char>(address.size())};
  return text + address + std::string(2, '\0');
}

}  // namespace

Socks5::Socks5(Side side, std::string address) : side_(side), address_(std::move(address)) {}

std::string Socks5::fail() {
  state_ = State::failed;
  return {};
}

std::string Socks5::take(std::string_view bytes) {
  if (state_ != State::going) return {};
  waiting_.append(bytes);
  const std::string reply = side_ == Side::client ? take_client() : take_server();
  if (state_ == State::going && waiting_.size() > most_waiting) return fail();
  return reply;
}

std::string Socks5::take_client() {
  if (step_ == 0) {
    ++step_;
    return {version, 1, 0};
  }
  if (!waiting_.empty() && waiting_[0] != version) return fail();
  if (step_ == 1) {
    if (waiting_.size() < 2) return {};
    if (waiting_[1] != 0) return fail();
    waiting_.erase(0, 2);
    ++step_;
    // Who does not wait for the request is heard all the same.
    take_client();
    return state_ == State::failed ? "" : message(1, address_);
  }
  if (waiting_.size() >= 2 && waiting_[1] != 0) return fail();
  const size_t size = message_size(waiting_);
  if (size == 0 && waiting_.size() >= 5) return fail();
  if (size == 0 || waiting_.size() < size) return {};
  waiting_.erase(0, size);
  state_ = State::done;
  return {};
}

std::string Socks5::take_server() {
  if (!waiting_.empty() && waiting_[0] != version) return fail();
  if (step_ == 0) {
    if (waiting_.size() < 2 || waiting_.size() < 2 + byte_at(waiting_, 1)) return {};
    const size_t methods = byte_at(waiting_, 1);
    if (waiting_.substr(2, methods).find('\0') == std::string::npos) return fail();
    waiting_.erase(0, 2 + methods);
    ++step_;
    // Who does not wait for the answer is served all the same.
    const std::string more = waiting_.empty() ? "" : take_server();
    return state_ == State::failed ? "" : std::string{version, 0} + more;
  }
  const size_t size = message_size(waiting_);
  if (size == 0 && waiting_.size() >= 5) return fail();
  if (size == 0 || waiting_.size() < size) return {};
  const std::string wanted = message(1, address_);
  if (waiting_.substr(0, wanted.size()) != wanted) return fail();
  waiting_.erase(0, size);
  state_ = State::done;
  return message(0, address_);
}

}  // namespace commd::xmpp
