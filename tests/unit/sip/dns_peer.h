// The name server that all tests share, by the name it has here.
#pragma once

#include "tests/support/dns_peer.h"

namespace commd::sip::test {

using namespace commd::test;

}  // namespace commd::sip::test
