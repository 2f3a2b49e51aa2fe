// The certificates that all tests share, by the name they have here.
#pragma once

#include "tests/support/certificates.h"

namespace commd::sip::test {

using namespace commd::test;

}  // namespace commd::sip::test
