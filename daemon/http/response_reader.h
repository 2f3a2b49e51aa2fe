// One HTTP/1.1 response (RFC 9112), read as its bytes come. Hostile bytes in. Pure; one
// thread at a time.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "daemon/base/result.h"

namespace commd::http {

struct ResponseHead {
  unsigned status = 0;
  std::map<std::string, std::string> fields;  // by name in lower case; of several the first
  std::optional<uint64_t> length;             // of the body, where it is told

  // Empty where there is none.
  std::string field(const std::string& name) const;
};

class ResponseReader {
 public:
  static constexpr size_t most_head_bytes = 16 * 1024;

  // `most_body`: a body that is longer, or says that it is, is HTTP_TOO_LARGE.
  explicit ResponseReader(uint64_t most_body);
  ~ResponseReader();
  ResponseReader(const ResponseReader&) = delete;
  ResponseReader& operator=(const ResponseReader&) = delete;

  // What the body has of it is appended. Interim responses (1xx) are passed over. Errors:
  // HTTP_TOO_LARGE (resource_exhausted), HTTP_BAD_ANSWER (unavailable).
  base::Result<void> take(std::string_view bytes, std::string& body);
  // The connection's end. HTTP_CUT (unavailable) where something is missing.
  base::Result<void> end();
  // None before it is whole.
  const ResponseHead* head() const;
  bool complete() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace commd::http
