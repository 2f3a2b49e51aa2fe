// Any thread.
#pragma once

#include <string>

namespace commd::commctl {

// 128 random bits in hexadecimal: a repeated request is known by it.
std::string random_request_id();

}  // namespace commd::commctl
