// STUN messages (RFC 8489, section 5 and 14), with the attributes of TURN (RFC 8656, section 18):
// read and written. What is read is hostile: every length is checked.
//
// Pure; any thread.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/base/secret.h"
#include "daemon/net/address.h"

namespace commd::probe {

enum class StunClass : uint16_t {
  request = 0x000,
  indication = 0x010,
  success = 0x100,
  error = 0x110
};

enum class StunMethod : uint16_t {
  binding = 0x001,
  allocate = 0x003,
  refresh = 0x004,
  send = 0x006,
  data = 0x007,
  create_permission = 0x008,
};

enum class StunAttribute : uint16_t {
  mapped_address = 0x0001,
  username = 0x0006,
  message_integrity = 0x0008,
  error_code = 0x0009,
  lifetime = 0x000D,
  xor_peer_address = 0x0012,
  data = 0x0013,
  realm = 0x0014,
  nonce = 0x0015,
  xor_relayed_address = 0x0016,
  requested_transport = 0x0019,
  xor_mapped_address = 0x0020,
  software = 0x8022,
  fingerprint = 0x8028,
  other_address = 0x802C,  // RFC 5780, section 7.4
};

using TransactionId = std::array<uint8_t, 12>;
TransactionId new_transaction();

inline constexpr size_t stun_header_bytes = 20;
// More than any message that we send or wait for.
inline constexpr size_t most_stun_bytes = 2048;

struct StunError {
  int code = 0;  // 300 to 699
  std::string phrase;
};

class StunMessage {
 public:
  // One whole message, and nothing behind it; nothing: it is none, or broken. With a
  // FINGERPRINT that does not fit it is none.
  static std::optional<StunMessage> parse(std::string_view bytes);

  uint16_t method() const { return method_; }
  bool is(StunMethod method) const { return method_ == static_cast<uint16_t>(method); }
  StunClass kind() const { return kind_; }
  const TransactionId& transaction() const { return transaction_; }

  // The first of its kind; what stands behind MESSAGE-INTEGRITY does not count (section 14.5).
  std::optional<std::string_view> text(StunAttribute type) const;
  // Nothing: absent or broken.
  std::optional<net::Endpoint> address(StunAttribute plain) const;
  std::optional<net::Endpoint> xor_address(StunAttribute type) const;
  std::optional<StunError> error() const;
  std::optional<uint32_t> number(StunAttribute type) const;
  // XOR-MAPPED-ADDRESS, or MAPPED-ADDRESS of old servers.
  std::optional<net::Endpoint> mapped() const;

  bool has_integrity() const { return integrity_at_ != 0; }
  // Whether who made it knows the key.
  bool proven_by(const base::Secret& key) const;

 private:
  struct Attribute {
    uint16_t type;
    size_t at;  // of its value
    size_t length;
  };
  bool read_header();
  bool read_attributes();

  std::string bytes_;
  uint16_t method_ = 0;
  StunClass kind_ = StunClass::request;
  TransactionId transaction_{};
  std::vector<Attribute> attributes_;
  size_t integrity_at_ = 0;  // where the attribute begins; 0: there is none
};

// A message as it is built up.
class StunWriter {
 public:
  StunWriter(StunMethod method, StunClass kind, const TransactionId& transaction);

  StunWriter& add(StunAttribute type, std::string_view value);
  StunWriter& add(StunAttribute type, uint32_t number);
  StunWriter& add_xor_address(StunAttribute type, const net::Endpoint& endpoint);
  StunWriter& add_address(StunAttribute type, const net::Endpoint& endpoint);
  StunWriter& add_error(int code, std::string_view phrase);
  // MESSAGE-INTEGRITY over all that was added; nothing but the fingerprint comes after it.
  StunWriter& prove(const base::Secret& key);
  // With the FINGERPRINT at the end.
  std::string finish();

 private:
  void set_length(size_t further);

  std::string bytes_;
  TransactionId transaction_;
};

// The key of long-term credentials: MD5 of "user:realm:password" (section 9.2.2).
base::Secret long_term_key(std::string_view user, std::string_view realm,
                           const base::Secret& password);

// Messages one behind the other, as TCP carries them (RFC 8489, section 6.2.2).
class StunStream {
 public:
  void feed(std::string_view bytes);
  // The next whole one, as it came.
  std::optional<std::string> next();
  // This is no STUN, and nothing that follows can be read.
  bool broken() const { return broken_; }

 private:
  std::string waiting_;
  bool broken_ = false;
};

}  // namespace commd::probe
