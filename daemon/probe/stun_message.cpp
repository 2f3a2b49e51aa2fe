#include "daemon/probe/stun_message.h"

#include <algorithm>
#include <cstring>

#include "daemon/base/random.h"
#include "daemon/probe/stun_proof.h"

namespace commd::probe {
namespace {

constexpr uint32_t magic_cookie = 0x2112A442;
constexpr size_t most_attributes = 64;
constexpr uint8_t family_v4 = 1;
constexpr uint8_t family_v6 = 2;

uint16_t u16(std::string_view bytes, size_t at) {
  return static_cast<uint16_t>(static_cast<uint8_t>(bytes[at]) << 8 |
                               static_cast<uint8_t>(bytes[at + 1]));
}

uint32_t u32(std::string_view bytes, size_t at) {
  return static_cast<uint32_t>(u16(bytes, at)) << 16 | u16(bytes, at + 2);
}

void put16(std::string& out, uint32_t value) {
  out += static_cast<char>(value >> 8 & 0xFF);
  out += static_cast<char>(value & 0xFF);
}

void put32(std::string& out, uint32_t value) {
  put16(out, value >> 16);
  put16(out, value & 0xFFFF);
}

size_t padded(size_t length) { return (length + 3) & ~size_t{3}; }

// The cookie and the transaction id: what addresses are masked with (section 14.2).
std::array<uint8_t, 16> mask_of(const TransactionId& transaction) {
  std::array<uint8_t, 16> mask{0x21, 0x12, 0xA4, 0x42};
  std::copy(transaction.begin(), transaction.end(), mask.begin() + 4);
  return mask;
}

std::optional<net::Endpoint> endpoint_of(std::string_view value,
                                         const std::array<uint8_t, 16>& mask) {
  if (value.size() != 8 && value.size() != 20) return std::nullopt;
  const auto family = static_cast<uint8_t>(value[1]);
  const size_t length = value.size() - 4;
  if (family != (length == 4 ? family_v4 : family_v6)) return std::nullopt;
  std::array<uint8_t, 16> bytes{};
  for (size_t i = 0; i < length; ++i)
    bytes[i] = static_cast<uint8_t>(static_cast<uint8_t>(value[4 + i]) ^ mask[i]);
  const auto ip = net::IpAddress::of_bytes({bytes.data(), length});
  if (!ip) return std::nullopt;
  const int port_mask = mask[0] << 8 | mask[1];
  return net::Endpoint{*ip, static_cast<uint16_t>(u16(value, 2) ^ port_mask)};
}

std::string bytes_of(const net::Endpoint& endpoint, const std::array<uint8_t, 16>& mask) {
  std::string out(1, '\0');
  out += static_cast<char>(endpoint.ip.family() == net::Family::v4 ? family_v4 : family_v6);
  put16(out, static_cast<uint32_t>(endpoint.port ^ (mask[0] << 8 | mask[1])));
  size_t i = 0;
  for (const uint8_t byte : endpoint.ip.bytes()) out += static_cast<char>(byte ^ mask[i++]);
  return out;
}

}  // namespace

TransactionId new_transaction() {
  TransactionId id{};
  base::random_bytes(id);
  return id;
}

// ---- reading --------------------------------------------------------------------------

std::optional<StunMessage> StunMessage::parse(std::string_view bytes) {
  StunMessage message;
  if (bytes.size() > most_stun_bytes) return std::nullopt;
  message.bytes_ = bytes;
  if (!message.read_header() || !message.read_attributes()) return std::nullopt;
  return message;
}

bool StunMessage::read_header() {
  if (bytes_.size() < stun_header_bytes || u32(bytes_, 4) != magic_cookie) return false;
  const uint16_t type = u16(bytes_, 0);
  if ((type & 0xC000) != 0 || bytes_.size() != stun_header_bytes + u16(bytes_, 2) ||
      bytes_.size() % 4 != 0)
    return false;
  kind_ = static_cast<StunClass>(type & 0x110);
  method_ = static_cast<uint16_t>((type & 0x000F) | (type & 0x00E0) >> 1 | (type & 0x3E00) >> 2);
  std::memcpy(transaction_.data(), bytes_.data() + 8, transaction_.size());
  return true;
}

bool StunMessage::read_attributes() {
  size_t at = stun_header_bytes;
  size_t seen = 0;
  while (at < bytes_.size()) {
    if (bytes_.size() - at < 4 || ++seen > most_attributes) return false;
    const uint16_t type = u16(bytes_, at);
    const size_t length = u16(bytes_, at + 2);
    if (padded(length) > bytes_.size() - at - 4) return false;
    const bool last = at + 4 + padded(length) == bytes_.size();
    if (type == static_cast<uint16_t>(StunAttribute::fingerprint)) {
      // Always the last one.
      if (length != 4 || !last) return false;
      if (u32(bytes_, at + 4) != fingerprint_of({bytes_.data(), at})) return false;
    } else if (type == static_cast<uint16_t>(StunAttribute::message_integrity)) {
      if (length != proof_bytes) return false;
      if (integrity_at_ == 0) integrity_at_ = at;
    } else if (integrity_at_ == 0) {
      attributes_.push_back({type, at + 4, length});
    }
    at += 4 + padded(length);
  }
  return true;
}

std::optional<std::string_view> StunMessage::text(StunAttribute type) const {
  for (const Attribute& each : attributes_)
    if (each.type == static_cast<uint16_t>(type))
      return std::string_view(bytes_).substr(each.at, each.length);
  return std::nullopt;
}

std::optional<net::Endpoint> StunMessage::address(StunAttribute plain) const {
  const auto value = text(plain);
  return value ? endpoint_of(*value, {}) : std::nullopt;
}

std::optional<net::Endpoint> StunMessage::xor_address(StunAttribute type) const {
  const auto value = text(type);
  return value ? endpoint_of(*value, mask_of(transaction_)) : std::nullopt;
}

std::optional<net::Endpoint> StunMessage::mapped() const {
  if (const auto masked = xor_address(StunAttribute::xor_mapped_address)) return masked;
  return address(StunAttribute::mapped_address);
}

std::optional<StunError> StunMessage::error() const {
  const auto value = text(StunAttribute::error_code);
  if (!value || value->size() < 4) return std::nullopt;
  const int hundreds = (*value)[2] & 7;
  const int rest = static_cast<uint8_t>((*value)[3]);
  if (hundreds < 3 || hundreds > 6 || rest > 99) return std::nullopt;
  return StunError{hundreds * 100 + rest, std::string(value->substr(4, 256))};
}

std::optional<uint32_t> StunMessage::number(StunAttribute type) const {
  const auto value = text(type);
  if (!value || value->size() != 4) return std::nullopt;
  return u32(*value, 0);
}

bool StunMessage::proven_by(const base::Secret& key) const {
  if (integrity_at_ == 0) return false;
  // The length counts up to and with the proof, whatever comes behind it (section 14.5).
  std::string proven = bytes_.substr(0, integrity_at_);
  const size_t length = integrity_at_ + 4 + proof_bytes - stun_header_bytes;
  proven[2] = static_cast<char>(length >> 8 & 0xFF);
  proven[3] = static_cast<char>(length & 0xFF);
  return same_bytes(proof_of(proven, key),
                    std::string_view(bytes_).substr(integrity_at_ + 4, proof_bytes));
}

// ---- writing --------------------------------------------------------------------------

StunWriter::StunWriter(StunMethod method, StunClass kind, const TransactionId& transaction)
    : transaction_(transaction) {
  const auto m = static_cast<uint32_t>(method);
  put16(bytes_, (m & 0x00F) | (m & 0x070) << 1 | (m & 0xF80) << 2 | static_cast<uint32_t>(kind));
  put16(bytes_, 0);
  put32(bytes_, magic_cookie);
  bytes_.append(transaction.begin(), transaction.end());
}

StunWriter& StunWriter::add(StunAttribute type, std::string_view value) {
  put16(bytes_, static_cast<uint32_t>(type));
  put16(bytes_, static_cast<uint32_t>(value.size()));
  bytes_ += value;
  bytes_.resize(padded(bytes_.size()));
  return *this;
}

StunWriter& StunWriter::add(StunAttribute type, uint32_t number) {
  std::string value;
  put32(value, number);
  return add(type, value);
}

StunWriter& StunWriter::add_xor_address(StunAttribute type, const net::Endpoint& endpoint) {
  return add(type, bytes_of(endpoint, mask_of(transaction_)));
}

StunWriter& StunWriter::add_address(StunAttribute type, const net::Endpoint& endpoint) {
  return add(type, bytes_of(endpoint, {}));
}

StunWriter& StunWriter::add_error(int code, std::string_view phrase) {
  std::string value(2, '\0');
  value += static_cast<char>(code / 100);
  value += static_cast<char>(code % 100);
  return add(StunAttribute::error_code, value.append(phrase));
}

void StunWriter::set_length(size_t further) {
  const size_t length = bytes_.size() + further - stun_header_bytes;
  bytes_[2] = static_cast<char>(length >> 8 & 0xFF);
  bytes_[3] = static_cast<char>(length & 0xFF);
}

StunWriter& StunWriter::prove(const base::Secret& key) {
  set_length(4 + proof_bytes);
  return add(StunAttribute::message_integrity, proof_of(bytes_, key));
}

std::string StunWriter::finish() {
  set_length(8);
  add(StunAttribute::fingerprint, fingerprint_of(bytes_));
  return std::move(bytes_);
}

// ---- a stream -------------------------------------------------------------------------

void StunStream::feed(std::string_view bytes) {
  if (!broken_) waiting_ += bytes;
}

std::optional<std::string> StunStream::next() {
  if (broken_ || waiting_.size() < stun_header_bytes) return std::nullopt;
  const size_t length = stun_header_bytes + u16(waiting_, 2);
  if (u32(waiting_, 4) != magic_cookie || length > most_stun_bytes) {
    broken_ = true;
    waiting_.clear();
    return std::nullopt;
  }
  if (waiting_.size() < length) return std::nullopt;
  std::string message = waiting_.substr(0, length);
  waiting_.erase(0, length);
  return message;
}

}  // namespace commd::probe
