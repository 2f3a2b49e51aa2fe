// Big-endian integers in packets. The caller has checked the bounds. Any thread.
#pragma once

#include <cstdint>

namespace commd::rtp {

inline uint16_t read_u16(const uint8_t* p) { return static_cast<uint16_t>(p[0] << 8 | p[1]); }

inline uint32_t read_u24(const uint8_t* p) {
  return static_cast<uint32_t>(p[0]) << 16 | static_cast<uint32_t>(p[1]) << 8 | p[2];
}

inline uint32_t read_u32(const uint8_t* p) {
  return static_cast<uint32_t>(p[0]) << 24 | read_u24(p + 1);
}

inline void write_u16(uint8_t* p, uint16_t value) {
  p[0] = static_cast<uint8_t>(value >> 8);
  p[1] = static_cast<uint8_t>(value);
}

inline void write_u24(uint8_t* p, uint32_t value) {
  p[0] = static_cast<uint8_t>(value >> 16);
  write_u16(p + 1, static_cast<uint16_t>(value));
}

inline void write_u32(uint8_t* p, uint32_t value) {
  p[0] = static_cast<uint8_t>(value >> 24);
  write_u24(p + 1, value);
}

// How far `to` is ahead of `from` on a counter that wraps (RFC 1982).
inline int32_t serial_distance(uint32_t from, uint32_t to) {
  return static_cast<int32_t>(to - from);
}
inline int16_t serial_distance16(uint16_t from, uint16_t to) {
  return static_cast<int16_t>(static_cast<uint16_t>(to - from));
}

}  // namespace commd::rtp
