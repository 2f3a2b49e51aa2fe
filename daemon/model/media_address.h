// The addresses media may be sent to. Pure; any thread.
#pragma once

#include <string>
#include <string_view>

namespace commd::model {

enum class AddressUse {
  usable,       // a unicast literal
  unspecified,  // 0.0.0.0 or :: (the hold of RFC 2543)
  forbidden,    // multicast, broadcast, reserved, or no literal at all
};

AddressUse address_use(std::string_view ip);
bool is_ipv6(std::string_view ip);

}  // namespace commd::model
