// HMAC-SHA1 (RFC 2104) for libsrtp2 on OpenSSL, with the keyed inner and outer
// states computed once per key.
//
// Internal to this room: only srtp_library.cpp and the tests include it. The
// table is a constant; an authenticator made from it belongs to one thread at a time.
#pragma once

#include <srtp2/auth.h>
#include <srtp2/srtp.h>

namespace commd::srtp {

extern const srtp_auth_type_t openssl_hmac_sha1;

}  // namespace commd::srtp
