// Random text from the kernel (getrandom). Any thread.
#pragma once

#include <cstdint>
#include <span>
#include <string>

namespace commd::base {

void random_bytes(std::span<uint8_t> out);
uint32_t random_u32();
// `length` characters of a-z2-7: fit for ids, tags, tokens (5 bits each).
std::string random_token(size_t length);

}  // namespace commd::base
