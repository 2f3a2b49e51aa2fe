// Result<T>: a value or an Error. Rooms return it; constructors of handles may
// throw instead. Only and_then, or_else, value_or and `if (!result)` are used,
// so that std::expected can take its place.
#pragma once

#include <tl/expected.hpp>
#include <utility>

#include "daemon/base/error.h"

namespace commd::base {

template <class T>
using Result = tl::expected<T, Error>;

// `return fail(Code::unavailable, "REASON", "words for a person");`
inline tl::unexpected<Error> fail(Error error) { return tl::unexpected<Error>(std::move(error)); }
inline tl::unexpected<Error> fail(Code code, std::string reason, std::string message) {
  return tl::unexpected<Error>(Error{code, std::move(reason), std::move(message), {}});
}

}  // namespace commd::base
