// The wire of one SSL object: a BIO that keeps datagrams apart, which none of
// OpenSSL 3.0 does in memory. One datagram at a time goes in, those that come out
// wait to be taken. Belongs to its association's thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <span>
#include <vector>

#include "media/dtls/handles.h"

namespace commd::dtls {

class DatagramWire {
 public:
  // A flight is three or four datagrams; what nobody takes is not kept for ever.
  static constexpr size_t outgoing_most = 32;

  explicit DatagramWire(size_t mtu) : mtu_(mtu) {}
  DatagramWire(const DatagramWire&) = delete;
  DatagramWire& operator=(const DatagramWire&) = delete;

  // A BIO on this wire, null if memory is short. The wire outlives it.
  Bio make_bio();

  // Makes `datagram` what OpenSSL reads next, in place of what it has not read.
  // Borrowed until no_more().
  void feed(std::span<const uint8_t> datagram) { incoming_ = datagram; }
  void no_more() { incoming_ = {}; }

  std::deque<std::vector<uint8_t>>& outgoing() { return outgoing_; }
  const std::deque<std::vector<uint8_t>>& outgoing() const { return outgoing_; }

 private:
  static int on_write(BIO* bio, const char* data, int size) noexcept;
  static int on_read(BIO* bio, char* data, int size) noexcept;
  static long on_control(BIO* bio, int command, long number, void* data) noexcept;

  size_t mtu_;
  std::span<const uint8_t> incoming_;
  std::deque<std::vector<uint8_t>> outgoing_;
};

}  // namespace commd::dtls
